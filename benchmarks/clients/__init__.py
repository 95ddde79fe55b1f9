"""What libraries written for HIPS autograd compute: simulations, and whole fits of two of them.

A program has an `objective` and where it `start`s, as in `benchmarks.programs`. A library has
`fits`, functions without arguments that give what is found, and `expected`, which gives what is
right. A library that is not installed is left out.
"""

PROGRAMS = ("grassmann", "photonics", "wave")
LIBRARIES = ("lifelines", "pymanopt")
