"""What remains of a page's HTML in a file that has no server: words and shapes, and links that stay inside the file."""

from html import escape
from html.parser import HTMLParser

_GONE = {"button", "form", "input", "select", "textarea", "script", "style", "link", "iframe", "object", "template"}
_VOID = {"br", "hr", "img", "wbr", "col", "input", "link"}
_STAYS = ("#", "?step=")


class _Keep(HTMLParser):
    """Copies what it reads, except for what sends requests to a server. Of a <details> only the summary is copied:
    what one opens there is asked of the lab, or put there by `inside`."""

    def __init__(self, inside: str) -> None:
        super().__init__(convert_charrefs=True)
        self.kept: list[str] = []
        self._inside = inside
        self._open: list[tuple[str, bool]] = []  # every open element, and whether it is copied

    def _copies(self, tag: str) -> bool:
        if not self._open:
            return tag not in _GONE
        parent, copied = self._open[-1]
        return copied and tag not in _GONE and (parent != "details" or tag == "summary")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        copied = self._copies(tag)
        leaves = tag == "a" and not given.get("href", "").startswith(_STAYS)
        tag = "span" if leaves else tag  # its words stay, the link does not
        if copied:
            self.kept.append(f"<{tag}{_attributes(given)}>")
        if tag not in _VOID:
            self._open.append((tag, copied))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._copies(tag):
            self.kept.append(f"<{tag}{_attributes({name: value or '' for name, value in attrs})}/>")

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID or not self._open:
            return
        name, copied = self._open.pop()
        if copied:
            self.kept.append(f"{self._inside if name == 'details' else ''}</{name}>")

    def handle_data(self, data: str) -> None:
        if not self._open or (self._open[-1][1] and self._open[-1][0] != "details"):
            self.kept.append(escape(data, quote=False))


def _attributes(given: dict[str, str]) -> str:
    kept = {name: value for name, value in given.items() if not name.startswith(("hx-", "on", "ws-")) and name != "src"}
    if not kept.get("href", "#").startswith(_STAYS):
        del kept["href"]
    return "".join(f' {name}="{escape(value)}"' for name, value in kept.items())


def offline(html: str, inside: str = "") -> str:
    """The same without a server; `inside` is what its <details> show when they are opened."""
    keep = _Keep(inside)
    keep.feed(html)
    keep.close()
    return "".join(keep.kept)
