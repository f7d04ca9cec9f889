"""Words in a picture: in styles, broken into lines by an estimate of their width, for SVG does not break them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from distviz.export.svg_elements import tag

_NARROW, _WIDE = frozenset("ijlt.,:;'|!()[]f "), frozenset("mwMWOQ@%—…→")


@dataclass(frozen=True, slots=True)
class StyledText:
    """Some words in one style."""

    text: str
    fill: str
    size: float = 12.5
    weight: int = 400
    strike: bool = False

    @property
    def width(self) -> float:
        return sum(map(_em, self.text)) * self.size * (1.13 if self.weight > 500 else 1.03)


def _em(letter: str) -> float:
    """The width of a letter in most fonts: an estimate, since the file is shown with the fonts of the reader's
    machine."""
    if letter in _NARROW:
        return 0.31
    if letter in _WIDE:
        return 0.86
    if letter.isdigit():
        return 0.58
    return 0.69 if letter.isupper() else 0.545 if letter.isascii() else 0.7


def wrap(runs: Iterable[StyledText], width: float) -> list[list[StyledText]]:
    """The words in lines; a word that is too long for any line is cut."""
    lines: list[list[StyledText]] = [[]]
    used = 0.0
    for run in runs:
        for word in run.text.split():
            for piece in _pieces(word, run, width):
                space = 0.31 * run.size if lines[-1] else 0
                if lines[-1] and used + space + piece.width > width:
                    lines.append([])
                    used = space = 0
                lines[-1].append(piece)
                used += space + piece.width
    return lines


def _pieces(word: str, run: StyledText, width: float) -> list[StyledText]:
    most = max(int(width / (0.62 * run.size)), 4)
    return [
        StyledText(word[at : at + most], run.fill, run.size, run.weight, run.strike) for at in range(0, len(word), most)
    ]


def measured(line: Sequence[StyledText]) -> float:
    return sum(run.width for run in line) + sum(0.33 * run.size for run in line[1:])


def text(line: Sequence[StyledText], x: float, y: float, anchor: str = "start") -> Element:
    """One line, words of equal style together."""
    spans: list[tuple[StyledText, list[str]]] = []
    for run in line:
        style = StyledText("", run.fill, run.size, run.weight, run.strike)
        if spans and spans[-1][0] == style:
            spans[-1][1].append(run.text)
        else:
            spans.append((style, [run.text]))
    made = [
        tag(
            "tspan",
            (" " if number else "") + " ".join(words),
            fill=style.fill,
            font_size=style.size,
            font_weight=style.weight if style.weight != 400 else None,
            text_decoration="line-through" if style.strike else None,
        )
        for number, (style, words) in enumerate(spans)
    ]
    placed = {"x": x, "y": y, "text_anchor": None if anchor == "start" else anchor}
    return tag("text", *made, **placed, **{"xml:space": "preserve"})
