"""Networks as estimators of scikit-learn, for its pipelines, searches and scores.

It needs scikit-learn, so ``import nn`` does not import it; use ``import nn.sklearn``.
"""

try:
    from nn.sklearn.classifier import NetworkClassifier
    from nn.sklearn.regressor import NetworkRegressor
except ModuleNotFoundError as _error:
    raise ImportError('nn.sklearn needs scikit-learn: pip install "wengert[sklearn]"') from _error

__all__ = ["NetworkClassifier", "NetworkRegressor"]
