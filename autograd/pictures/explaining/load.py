"""The formulas, which need SymPy, loaded when they are first wanted."""

from __future__ import annotations

from types import ModuleType

GET_SYMPY = 'explain: formulas need SymPy: pip install "wengert[explain]"'


def load_formulas() -> ModuleType:
    """The module that imports SymPy; ImportError with what to install where it is missing."""
    try:
        from autograd.pictures.explaining import formulas
    except ModuleNotFoundError as error:
        if error.name != "sympy":
            raise
        raise ImportError(GET_SYMPY, name="sympy") from error
    return formulas
