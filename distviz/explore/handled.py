"""What can be seen of a protocol without breaking it: messages that nobody handles, read off the loaded code, and steps
of one handling that committed apart from each other, read off the log of a run."""

import inspect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from distviz.codes import Reason
from distviz.stack import outside
from distviz.trace.handlers import ROUTES, STARTS
from distviz.trace.messages import TYPES, Message
from distviz.trace.models import Event

INBOX = "INSERT INTO inbox "
EFFECTS = ("INSERT INTO ledger ", "INSERT INTO payments ")


@dataclass(frozen=True)
class Unhandled:
    """A message that nobody handles, and where its class is: "mine/withdraw.py:24"."""

    message: str
    where: str


def messages(protocol: str) -> list[type[Message]]:
    """Those that can be sent: a class that others are made from and that nobody handles is none."""
    own = [kind for kind in TYPES.values() if kind.protocol == protocol]
    bases = {base for kind in own for base in kind.__mro__[1:]}
    return [kind for kind in own if _is_handled(kind) or kind not in bases]


def unhandled(protocol: str) -> list[Unhandled]:
    return [Unhandled(kind.__name__, _where(kind)) for kind in messages(protocol) if not _is_handled(kind)]


def _is_handled(kind: type[Message]) -> bool:
    return bool(ROUTES.get(kind)) or kind in STARTS


def _where(kind: type[Message]) -> str:
    try:
        file, line = inspect.getfile(kind), inspect.getsourcelines(kind)[1]
    except (OSError, TypeError):  # made by a program
        return kind.__module__
    return outside.shown(Path(file), settings.OUTSIDE.loaded, line)


def apart(run_id: UUID) -> list[Reason]:
    """Of each handling that did so: which step committed the row of the inbox, and which one the money after it."""
    steps = Event.objects.filter(run=run_id, kind="step", phase="commit").order_by("seq")
    return list(_apart(steps.values("span_id", "lane", "name", "statements", "data")))


def _apart(steps: Iterable[Mapping[str, Any]]) -> Iterator[Reason]:
    guards: dict[str, str] = {}
    for one in steps:
        moved = bool((one["data"] or {}).get("money")) and _runs(one, *EFFECTS)
        if _runs(one, INBOX):
            if not moved:
                guards[one["span_id"]] = one["name"]
        elif moved and one["span_id"] in guards:
            names = {"guard": guards[one["span_id"]], "effect": one["name"]}
            yield Reason.of("checklist_apart", who=one["lane"], **names)


def _runs(step: Mapping[str, Any], *beginnings: str) -> bool:
    """Whether one of these statements ran in this step. One may have others before it, in a WITH."""
    return any(beginning in text for text in step["statements"] or () for beginning in beginnings)
