"""Which of a service's two queues a message goes into. What is plain is handled by a thread, beside others; a run of
which something special is asked (failures, step mode, a copy on purpose, a drive after a loss) gets a process of its
own, which may be killed, held or stopped and takes no other run along."""

from collections.abc import Mapping
from typing import Any

from distviz.stack.layout import PLAIN

_AT_REST: Mapping[str, Any] = {"mode": "run", "faults": []}  # in the note beside a message
_SPECIAL = ("again", "on_purpose")


def queue_for(queue: str, note: Mapping[str, Any]) -> str:
    """Of a service with this queue, by the note beside the message."""
    plain = may_be_plain(note) and not any(note.get(name) for name in _SPECIAL)
    return PLAIN.get(queue, queue) if plain else queue


def may_be_plain(note: Mapping[str, Any]) -> bool:
    """Whether a thread may handle it: it is neither killed nor held."""
    return all(note.get(name) == rest for name, rest in _AT_REST.items())


def takes(queue: str, own: str | None, args: Any) -> bool:
    """Whether a task with these arguments may stand in this queue. `own` is that of its handler's service; None: it is
    no handler's."""
    if queue not in PLAIN.values():
        return own in (None, queue)
    if own is None or PLAIN[own] != queue:
        return False
    note = args[-1] if isinstance(args, list) and args else None
    return isinstance(note, dict) and may_be_plain(note)
