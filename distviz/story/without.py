"""Which guards are out in a run: its first event says so."""

from collections.abc import Sequence

from distviz.story.shapes import EventLike


def guards_off(log: Sequence[EventLike]) -> list[str]:
    """By their keys. An imported log may have anything there."""
    data = log[0].data if log and isinstance(log[0].data, dict) else {}
    found = data.get("guards_off")
    return [str(key)[:40] for key in found] if isinstance(found, list) else []
