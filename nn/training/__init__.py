"""Training: ``fit``, the history that it returns, and the callbacks that it takes."""

from nn.diagnosis import IdleParameterWarning, NonFiniteError
from nn.evaluation import evaluate, predict
from nn.history import History
from nn.training.callbacks import EarlyStopping, SmallChange, StoppingRule
from nn.training.checkpoint import Checkpoint, CheckpointError
from nn.training.fit import fit
from nn.training.recording import CSVLog, LayerSpread, TensorBoard, WeightAverage
from nn.training.run import Callback, Run

__all__ = [
    "CSVLog",
    "Callback",
    "Checkpoint",
    "CheckpointError",
    "EarlyStopping",
    "History",
    "IdleParameterWarning",
    "LayerSpread",
    "NonFiniteError",
    "Run",
    "SmallChange",
    "StoppingRule",
    "TensorBoard",
    "WeightAverage",
    "evaluate",
    "fit",
    "predict",
]
