"""Networks as scikit-learn's estimators, for its pipelines, searches and scores. Only names are
here; ``import nn.sklearn`` asks for it, since it needs scikit-learn.
"""

try:
    from nn.sklearn.classifier import NetworkClassifier
    from nn.sklearn.regressor import NetworkRegressor
except ModuleNotFoundError as _error:
    raise ImportError('nn.sklearn needs scikit-learn: pip install "wengert[sklearn]"') from _error

__all__ = ["NetworkClassifier", "NetworkRegressor"]
