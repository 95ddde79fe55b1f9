"""Training: `fit`, what it keeps, when it stops, and how it goes on. Only names are here."""

from nn.evaluation import evaluate, predict
from nn.training.checkpoint import Checkpoint, CheckpointError
from nn.training.fit import fit
from nn.training.history import History
from nn.training.idle import IdleParameterWarning
from nn.training.nonfinite import NonFiniteError
from nn.training.stopping import EarlyStopping, SmallChange, StoppingRule

__all__ = [
    "Checkpoint",
    "CheckpointError",
    "EarlyStopping",
    "History",
    "IdleParameterWarning",
    "NonFiniteError",
    "SmallChange",
    "StoppingRule",
    "evaluate",
    "fit",
    "predict",
]
