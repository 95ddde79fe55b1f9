"""The types shared by the problems and the systems; no data."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
Labels = NDArray[np.int64]
Answer = Mapping[str, Array]
