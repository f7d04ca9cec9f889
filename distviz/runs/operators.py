"""What operators did, and why: an audit table that is only ever appended to, and outlives the runs that it tells of.

Nothing that is everybody's is written here: a withdrawal, its repetition and a competing one say themselves whose they
are (`runs.client`, `runs.network`), and as many as one likes would push the record of operators out of the table.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from uuid import UUID

from django.db import DatabaseError
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from distviz.codes import Reason
from distviz.errors import BadRequest, DistvizError
from distviz.runs import lookup
from distviz.story.words.sentences import english
from distviz.story.words.wording import ANONYMOUS
from distviz.trace.models import OperatorAction

DONE, BEGUN = Reason("done"), Reason("begun")
REASON_MAX = _OUTCOME_MAX = 500
KEPT = 100_000  # the database refuses to remove a newer one (migration 0011)
_CLEAN_EACH = 1_000
_UNNAMED = Q(actor__startswith=ANONYMOUS)


def actor(request: HttpRequest) -> str:
    """Who is asking: the name of who has signed in, else the address, and what tells one client there from another
    (distviz/web/identity.py). It is never empty."""
    known = getattr(request, "client_known", "")
    where = f"{request.META.get('REMOTE_ADDR') or '?'}{f' ({known[:8]})' if known else ''}"
    return request.user.get_username() or f"{ANONYMOUS}{where}"


def begin(
    who: str, what: str, *, run: UUID | str | None = None, target: Reason | None = None, reason: str = ""
) -> OperatorAction:
    """`who` is about to do `what` (a verb, such as "retry") to `target` (such as "outbox row 7"), of this run if there
    is one; `reason` is the operator's own text. The newest KEPT are kept of those who have a name, and as many of those
    who have none: in an open lab these cannot push out the others."""
    made: OperatorAction = OperatorAction.objects.create(
        actor=who[:150],
        what=what[:40],
        run_id=run,
        target=english(target)[:200],
        reason=reason,
        outcome=english(BEGUN),
        codes={"target": target and target.as_json(), "outcome": BEGUN.as_json()},
    )
    if made.pk % _CLEAN_EACH == 0:
        for kind in (_UNNAMED, ~_UNNAMED):
            _clean(OperatorAction.objects.filter(kind), made.pk)
    return made


def _clean(found: "QuerySet[OperatorAction]", newest: int) -> None:
    beyond = found.order_by("-pk").values_list("pk", flat=True)[KEPT : KEPT + 1]
    for last in beyond:
        found.filter(pk__lte=min(last, newest - KEPT)).delete()


def end(action: OperatorAction, outcome: Reason) -> None:
    """What came of it: written once, and the only thing that the database lets anybody add."""
    codes = {**(action.codes or {}), "outcome": outcome.as_json()}
    sentence = english(outcome)[:_OUTCOME_MAX]
    OperatorAction.objects.filter(pk=action.pk).update(outcome=sentence, codes=codes)


@dataclass
class ActionResult:
    """What came of it, where that is more than "done"."""

    outcome: Reason = DONE


@contextmanager
def recording(
    who: str, what: str, *, run: UUID | str | None = None, target: Reason | None = None, reason: str = ""
) -> Iterator[ActionResult]:
    """First the record, then the act, then its result: what cannot be written down is not done, and what is cut short
    stays on record as begun. Raises BadRequest for a reason that cannot be kept and NotFound for a run that does not
    exist, before anything is written."""
    if len(reason) > REASON_MAX or not reason.isprintable():
        raise BadRequest("reason", "reason_too_long", most=REASON_MAX)
    action = begin(who, what, run=lookup.get(run).pk if run else None, target=target, reason=reason)
    result = ActionResult()
    try:
        yield result
    except DistvizError as error:
        end(action, Reason.of("refused", why=error.reason))
        raise
    except Exception as error:
        with suppress(DatabaseError):  # then it stays as begun
            end(action, Reason.of("not_finished", type=type(error).__name__))
        raise
    end(action, result.outcome)
