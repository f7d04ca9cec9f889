"""The operator's desk of the event store: the actions on the read models, and the attempt to rewrite history."""

import time
from collections.abc import Mapping
from typing import Any

from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from distviz.codes import Reason
from distviz.errors import BadRequest, NotNow, Transient
from distviz.story.words.sentences import say
from protocols.catalogue import Desk
from protocols.event_sourcing.account import EVENTS, PREFIX
from protocols.event_sourcing.desk import overview, projector
from protocols.event_sourcing.recovery import following

# Attempts to rewrite history.
REWRITES = {
    "update": """UPDATE events SET data = jsonb_set(data, '{amount}', '"1.00"')
WHERE aggregate = %(aggregate)s AND version = %(version)s""",
    "delete": "DELETE FROM events WHERE aggregate = %(aggregate)s AND version = %(version)s",
}
_WHO = """
SELECT current_user AS name, pg_has_role(relowner, 'USAGE') AS owner FROM pg_class WHERE oid = 'events'::regclass
"""


class _Accepted(Exception):
    """The database did not refuse; what was done is rolled back."""


def stop(form: Mapping[str, str]) -> Reason:
    projector.stop()
    return Reason("projector_stopped")


def start(form: Mapping[str, str]) -> Reason:
    projector.start()
    return Reason("projector_started")


def catch_up(form: Mapping[str, str]) -> Reason:
    """One pass by hand, also while the projector is stopped."""
    try:
        return Reason.of("events_projected", n=following.catch_up())
    except Transient as error:
        raise NotNow(error.reason) from None


def rebuild(form: Mapping[str, str]) -> Reason:
    began = time.perf_counter()
    count = projector.rebuild()
    took = time.perf_counter() - began
    return Reason.of("views_rebuilt", n=count, seconds=f"{took:.2f}")


def rewrite(form: Mapping[str, str]) -> Reason:
    """Execute it, and report the database's answer. If it is not refused, it is rolled back and reported as an
    error."""
    how, account, version = form.get("how", ""), form.get("account", "")[:60], form.get("version", "")
    if how not in REWRITES:
        raise BadRequest("how", "rewrite_one_of", known=", ".join(REWRITES))
    if not (version.isascii() and version.isdecimal() and len(version) < 10) or "\x00" in account:
        raise BadRequest("version", "which_event")
    which = {"aggregate": PREFIX + account, "version": int(version)}
    statement = REWRITES[how] % {"aggregate": f"'{which['aggregate']}'", "version": version}
    who = EVENTS.ask(_WHO)[0]
    role = Reason.of("role_of_owner" if who["owner"] else "role_of_another", name=who["name"])
    try:
        with transaction.atomic(using=EVENTS.alias):
            EVENTS.ask(REWRITES[how], which)
            raise _Accepted
    except _Accepted:
        raise NotNow("guard_is_gone") from None
    except DatabaseError as error:
        answer = _words(error)
    return Reason.of("rewrite_refused", sql=statement, role=role, answer="\n".join(answer))


def _words(error: DatabaseError) -> list[str]:
    diag: Any = getattr(error.__cause__, "diag", None)
    if diag is None or not diag.sqlstate:
        raise error
    hint = [f"HINT:  {diag.message_hint}"] if diag.message_hint else []
    return [f"ERROR {diag.sqlstate}:  {diag.message_primary}", *hint]


def warning() -> str | None:
    """Why the read models do not advance, while the projector is stopped."""
    try:
        lag = projector.lag()
    except DatabaseError:
        return None
    if lag["ahead"]:
        return say(Reason.of("checkpoint_ahead", position=lag["projected"], newest=lag["committed"]))
    if not lag["stopped"]:
        return None
    return _("The projector is stopped: the read models are %(n)s events behind the store.") % {"n": lag["events"]}


DESK = Desk(
    page="events",
    title=gettext_lazy("Event store"),
    read=overview.read,
    actions={"stop": stop, "start": start, "project": catch_up, "rebuild": rebuild, "rewrite": rewrite},
    warning=warning,
    order=20,
    costs={"verify": 20},  # all read models are made anew beside the real ones
)
