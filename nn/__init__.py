"""Neural networks on ``autograd``."""
