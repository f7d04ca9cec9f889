"""States, kinds and verbs, which the databases and the API keep as codes, in words."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Text = str | _StrPromise

# Of messages, rows and operators' letters.
STATES: "dict[str, Text]" = {
    "pending": _("pending"),
    "publishing": _("publishing"),
    "sent": _("sent"),
    "acknowledged": _("acknowledged"),
    "dead": _("dead"),
    "parked": _("parked"),
    "delivered": _("delivered"),
    "dropped": _("dropped"),
    "requeued": _("sent again"),
    "discarded": _("discarded"),
    "completed": _("completed"),
    "compensated": _("compensated"),
    "declined": _("declined"),
    "succeeded": _("succeeded"),
    "failed": _("failed"),
    "COMPLETED": _("completed"),
    "FAILED": _("failed"),
    "PENDING": _("pending"),
    "COMMIT": "COMMIT",
    "ABORT": "ABORT",
    "YES": _("yes"),
    "NO": _("no"),
}
# Of the events of the run log, and of ledger entries.
KINDS: "dict[str, Text]" = {
    "request": _("request"),
    "message": _("message"),
    "step": _("step"),
    "decision": _("decision"),
    "fault": _("fault"),
    "hold": _("hold"),
    "lock": _("lock"),
    "retry": _("retry"),
    "sweep": _("sweep"),
    "relay": _("outbox relay"),
    "projection": _("projection"),
    "operator": _("operator"),
    "attention": _("manual action"),
    "finished": _("end"),
    "withdrawal": _("withdrawal"),
    "deduct": _("deduction"),
    "refund": _("refund"),
    "run": _("full speed"),
    "withdraw": _("withdrawal"),
}
# What an operator does; a desk's action stands behind the desk's name.
VERBS: "dict[str, Text]" = {
    "commit": _("commit"),
    "deliver": _("deliver"),
    "drop": _("drop"),
    "duplicate": _("duplicate"),
    "fork": _("run again"),
    "nudge": _("re-drive"),
    "project": _("catch up"),
    "publish": _("publish"),
    "rebuild": _("rebuild"),
    "redeliver": _("deliver again"),
    "release": _("release"),
    "reorder": _("reorder"),
    "requeue": _("requeue"),
    "retry": _("retry"),
    "rewrite": _("try to rewrite history"),
    "rival": _("competing withdrawal"),
    "rollback": _("roll back"),
    "set aside": _("set aside"),
    "start": _("start"),
    "stop": _("stop"),
}


def register(states: "Mapping[str, Text]") -> None:
    """The states of a protocol's own rows; see its words.py. One that has a word here keeps it."""
    for key, its in states.items():
        STATES.setdefault(key, its)


def state(key: str) -> str:
    return str(STATES.get(key, key.replace("_", " ")))


def kind(key: str) -> str:
    return str(KINDS.get(key, key))


def verb(what: str) -> str:
    """ "outbox: stop" → "stop"."""
    return str(VERBS.get(what.rpartition(": ")[2], what))
