"""How rules were stated before HIPS autograd 1.2: by methods of the primitive, with a warning."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from autograd.hips.spaces import vspace


class OldRules:
    """The methods `defvjp`, `defgrad` and `defvjp_is_zero`."""

    vjps: Any
    _old: dict[int, Any] | None = None

    def defvjp(self, vjpmaker: Callable[..., Any], argnum: int = 0) -> None:
        """Deprecated: `vjpmaker(g, ans, vs, gvs, *args, **kwargs)` returns the cotangent of an
        argument, whose space is vs; that of the result is gvs.
        """

        def staged(ans: Any, *args: Any, **kwargs: Any) -> Callable[[Any], Any]:
            space = vspace(args[argnum])
            return lambda g: vjpmaker(g, ans, space, vspace(g), *args, **kwargs)

        self._state("defvjp", {argnum: staged})

    def defgrad(self, gradfun: Callable[..., Any], argnum: int = 0) -> None:
        """Deprecated: `gradfun(ans, *args, **kwargs)` is what `autograd.extend.defvjp` takes."""
        self._state("defgrad", {argnum: gradfun})

    def defvjp_is_zero(self, argnums: Iterable[int] = (0,)) -> None:
        """Deprecated: the derivative with respect to these arguments is zero."""
        self._state("defvjp_is_zero", dict.fromkeys(argnums))

    def _state(self, name: str, makers: dict[int, Any]) -> None:
        warnings.warn(f"use autograd.extend.defvjp in place of the method {name}", stacklevel=3)
        by_number = self._old = {**(self._old or {}), **makers}

        def vjps(argnums: Sequence[int], ans: Any, args: Any, kwargs: Any) -> Callable[[Any], Any]:
            chosen = [by_number[argnum] for argnum in argnums]
            pulls = [None if maker is None else maker(ans, *args, **kwargs) for maker in chosen]
            return lambda g: [None if pull is None else pull(g) for pull in pulls]

        self.vjps = vjps
