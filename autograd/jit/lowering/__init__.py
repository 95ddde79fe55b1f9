"""From terms to Python source: floats for numbers, NumPy with buffers made once for arrays."""
