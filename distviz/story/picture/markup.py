"""The HTML that goes over the socket: new rows appended to the list, everything else replaced by its id.

htmx' ws extension swaps each top-level element by its `hx-swap-oob`. A row that is already there is replaced by
static/js/run/socket.js, so sending one twice does no harm.
"""

from collections.abc import Iterable
from typing import Any

from django.template.loader import render_to_string

from distviz.story.picture.picture import Picture
from distviz.story.picture.rows import Row


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
