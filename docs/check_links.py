"""`python docs/check_links.py docs/_build/html`: everything that the site points to inside itself.

Each link, picture, script and style sheet has to be a file of the site, and what follows a `#` has
to be an id in it. Links to other sites are counted and not followed.
"""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """The ids of a page, and what it points to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.targets: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" or (name == "name" and tag == "a"):
                self.ids.add(value or "")
            elif name in ("href", "src") and value is not None:
                self.targets.append(value)


def main(folder: str) -> int:
    """Print what points nowhere; the status is 1 where anything does."""
    site = Path(folder).resolve()
    pages = {path: Page(path.read_text("utf-8")) for path in site.rglob("*.html")}
    inside = outside = 0
    broken = []
    for path, page in pages.items():
        for target in page.targets:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                outside += 1
                continue
            inside += 1
            file = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            place = unquote(parts.fragment)
            if not file.is_file() or not file.is_relative_to(site):
                broken.append(f"{path.relative_to(site)}: {target}: there is no such file")
            elif place and file in pages and place not in pages[file].ids:
                broken.append(f"{path.relative_to(site)}: {target}: there is no such place")
    print(*broken, sep="\n", end="\n" * bool(broken))
    print(f"{len(pages)} pages, {inside:,} links inside, {outside} to others, {len(broken)} broken")
    return 1 if broken or not pages else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
