"""What stands in a page of a drawing or a walk, packed as it is."""

from __future__ import annotations

import gzip
import json
import re
from base64 import b64decode
from typing import Any


def graph_in(html: str) -> Any:
    """The graph that the page's script reads."""
    found = re.search(r' data-graph="([^"]*)"', html)
    assert found
    return json.loads(gzip.decompress(b64decode(found[1])))


def scripts_in(html: str) -> str:
    """The scripts and the style."""
    found = re.search(r' data-scripts="([^"]*)"', html)
    assert found
    return gzip.decompress(b64decode(found[1])).decode()
