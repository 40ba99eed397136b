"""Arrays of floating-point numbers, by their precision."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
"""What is reckoned with."""
Singles = NDArray[np.float32]
"""What is read off a model, and kept."""
