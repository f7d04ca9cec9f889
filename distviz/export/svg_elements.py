"""The elements of an SVG file, and the colours of the page."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import TypeAlias
from xml.etree.ElementTree import Element

from django.contrib.staticfiles import finders

# One element, or several, in the order in which they are drawn.
Shapes: TypeAlias = "Element | Iterable[Shapes]"

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML has no word for them


def tag(name: str, *inside: "Shapes | str", **attributes: object) -> Element:
    """`tag("line", x1=0, stroke_width=2)`; an attribute that is None is left out."""
    made = Element(name)
    for key, value in attributes.items():
        if value is not None:
            made.set(key.rstrip("_").replace("_", "-"), _ILLEGAL.sub("", _number(value)))
    for part in inside:
        if isinstance(part, str):
            made.text = _ILLEGAL.sub("\ufffd", part)
        else:
            made.extend(flat(part))
    return made


def flat(shapes: Shapes) -> Iterator[Element]:
    if isinstance(shapes, Element):
        yield shapes
    else:
        for shape in shapes:
            yield from flat(shape)


def _number(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


@cache
def ink() -> dict[str, str]:
    """The light colours of static/css/tokens.css: one place says what colours there are."""
    css = Path(str(finders.find("css/tokens.css"))).read_text()
    return dict(re.findall(r"--([\w-]+): light-dark\(\s*(#[0-9a-f]{6}),", css))
