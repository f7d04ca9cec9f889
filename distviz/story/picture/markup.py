"""The HTML that goes over the socket: new rows appended to the list, everything else replaced by its id.

htmx' ws extension swaps each top-level element by its `hx-swap-oob`. A row that is already there is replaced by
static/js/run/socket.js, so sending one twice does no harm.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation

from distviz.story.money_strip import Money
from distviz.story.picture.cells import LaneCell
from distviz.story.picture.ghosts import Ghost
from distviz.story.picture.picture import Picture
from distviz.story.picture.rows import Retry, Row


def state(picture: Picture, *, oob: bool = False) -> dict[str, Any]:
    """What the templates around the rows show, as of the last event fed."""
    now = picture.now()
    return {
        "picture": picture,
        "money": picture.money,
        "amount": picture.run.amount,
        "now": now,
        "now_open": any(cell.goes_on for cell in now),
        "ghosts": picture.ghosts(),
        "parked": picture.progress.parked,
        "by_hand": picture.progress.by_hand,
        "held": picture.progress.held,
        "retry": picture.progress.retry,
        "needs_person": picture.status == "needs_attention" and not picture.finished,
        "run_id": getattr(picture.run, "pk", ""),
        "oob": oob,
    }


def draw(picture: Picture, rows: Iterable[Row], *, lanes: bool = True) -> str:
    """These rows, and the state after them; without `lanes` for a view that has none."""
    return render_to_string("picture/frame.html", {**state(picture, oob=True), "rows": list(rows), "lanes": lanes})


def appended(rows: Iterable[str]) -> str:
    """Rows that have been drawn, for the end of the list."""
    return f'<ol id="lanes" hx-swap-oob="beforeend">{"".join(rows)}</ol>'


@dataclass(frozen=True)
class Part:
    """Something that stands around the rows. Equal to what it was before if it looks the same."""

    html: str

    def __hash__(self) -> int:
        return hash(self.html)

    def since(self, before: "Part | None") -> str:
        """What is to be sent to who has it as it was before; nothing if that is the same."""
        return "" if before == self else self.html


@dataclass(frozen=True, eq=False)
class Next(Part):
    """What is still to come. Usually a step less than before: then the steps that are left are named, not drawn."""

    ghosts: tuple[Ghost, ...]
    now: Part
    left: Part

    def since(self, before: "Part | None") -> str:
        if not isinstance(before, Next):
            return self.html
        rest = iter(before.ghosts)
        if not all(ghost in rest for ghost in self.ghosts):
            return self.html
        return self.now.since(before.now) + self.left.since(before.left)


def parts(picture: Picture) -> tuple[Part, ...]:
    """What stands around the rows. A run that goes on has another state only if it says something else, whatever its
    last event is."""
    shown = state(picture, oob=True)
    language = translation.get_language() or ""
    return (
        _next(language, tuple(shown["now"]), tuple(shown["ghosts"])),
        _sums(language, picture.run.amount, picture.money),
        _state(language, _facts(picture), shown["retry"]),
        Part(render_to_string("picture/todo.html", shown)),
        Part(render_to_string("picture/by_hand.html", shown)),
        Part(render_to_string("picture/act.html", shown)),
    )


@dataclass(frozen=True)
class _Doing:
    doing: str


@dataclass(frozen=True)
class _Facts:
    """What state.html says of a picture."""

    status: str
    status_words: str
    headline: str
    tab_icon: str
    verdict: str
    finished: bool
    last_seq: int | None
    locked: tuple[str, ...]
    progress: _Doing


def _facts(picture: Picture) -> _Facts:
    return _Facts(
        picture.status,
        picture.status_words,
        picture.headline,
        picture.tab_icon,
        picture.verdict,
        picture.finished,
        picture.last_seq if picture.finished else None,
        tuple(picture.locked),
        _Doing(str(picture.progress.doing)),
    )


# Most events change one of these or none; a picture that looks the same is the same text.


@lru_cache(maxsize=300)
def _next(language: str, now: tuple[LaneCell, ...], ghosts: tuple[Ghost, ...]) -> Next:
    shown = {"now": now, "now_open": any(cell.goes_on for cell in now), "ghosts": ghosts, "oob": True}
    html, *alone = (render_to_string(f"picture/{name}.html", shown) for name in ("next", "now", "left"))
    return Next(html, ghosts, *map(Part, alone))


@lru_cache(maxsize=300)
def _sums(language: str, amount: Decimal, money: Money) -> Part:
    return Part(render_to_string("picture/sums.html", {"amount": amount, "money": money, "oob": True}))


@lru_cache(maxsize=300)
def _state(language: str, picture: _Facts, retry: Retry | None) -> Part:
    return Part(render_to_string("picture/state.html", {"picture": picture, "retry": retry, "oob": True}))
