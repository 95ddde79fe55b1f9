"""Guards: what a function reads besides its arguments, and whether it is still the same.

A compiled program is valid as long as the variables, attributes, items and arrays that the function
read while it was recorded still are what they were. Two classes see to that:

- `Capture` stands around the recording. It finds every place the function can read from, notes
  which of them the running code names, refuses what a program could not repeat (random draws,
  writes into outside objects), and turns outside arrays and nodes into inputs of the program.
- `Guard` is what the capture leaves behind. Before each run `fetch` gets the data from outside and
  raises `GuardFailure` where a place holds something else.

`places` follows functions and objects to what they refer to. All that depends on how CPython works
inside (bytecode, frames, closure cells) is in `interpreter`.
"""

from autograd.jit.guards.capture import Capture as Capture
from autograd.jit.guards.guard import Guard as Guard
from autograd.jit.guards.guard import Outside as Outside
from autograd.jit.guards.interpreter import IS_TRIED as IS_TRIED
from autograd.jit.guards.interpreter import is_of_library as is_of_library
from autograd.jit.guards.places import Place as Place
from autograd.jit.guards.places import changed as changed
