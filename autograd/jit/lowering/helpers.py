"""Functions that generated source may carry with it: each is complete in itself but for NumPy."""

from __future__ import annotations
