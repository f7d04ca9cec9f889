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
from distviz.story.picture.bars import LaneCell
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
        "now_open": any(cell.down for cell in now),
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


def parts(picture: Picture) -> dict[str, str]:
    """What stands around the rows, by its name. Equal to what it was before if it looks the same: a run that goes on
    has another state only if it says something else, whatever its last event is."""
    shown = state(picture, oob=True)
    language = translation.get_language() or ""
    return {
        "next": _next(language, tuple(shown["now"]), tuple(shown["ghosts"])),
        "sums": _sums(language, picture.run.amount, picture.money),
        "state": _state(language, _facts(picture), shown["retry"]),
        "by_hand": render_to_string("picture/by_hand.html", shown),
        "act": render_to_string("picture/act.html", shown),
    }


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
def _next(language: str, now: tuple[LaneCell, ...], ghosts: tuple[Ghost, ...]) -> str:
    shown = {"now": now, "now_open": any(cell.down for cell in now), "ghosts": ghosts, "oob": True}
    return render_to_string("picture/next.html", shown)


@lru_cache(maxsize=300)
def _sums(language: str, amount: Decimal, money: Money) -> str:
    return render_to_string("picture/sums.html", {"amount": amount, "money": money, "oob": True})


@lru_cache(maxsize=300)
def _state(language: str, picture: _Facts, retry: Retry | None) -> str:
    return render_to_string("picture/state.html", {"picture": picture, "retry": retry, "oob": True})
