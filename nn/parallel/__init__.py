"""Training by several processes, on one machine or many."""

from nn.parallel.launch import launched
from nn.parallel.sums import Sum, add_up, cut
from nn.parallel.team import Communicator, RankError, Team

__all__ = ["Communicator", "RankError", "Sum", "Team", "add_up", "cut", "launched"]
