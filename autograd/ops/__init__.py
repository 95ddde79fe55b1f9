"""The table of derivatives, by kind of operation."""

from autograd.ops.elementwise import *
from autograd.ops.products import *
from autograd.ops.structural import *
