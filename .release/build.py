"""What the wheel of the engine has beside `autograd`."""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class InPlaceOfNetworks(BuildHookInterface):
    """Adds the module that says how to get `nn`, but where this folder itself is on the path."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "editable":
            build_data["force_include"][".release/nn.py"] = "nn.py"
