"""From terms to Python source: plain floats for numbers, NumPy with buffers made once for arrays."""
