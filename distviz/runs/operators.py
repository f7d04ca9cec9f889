"""What people did, and why: an audit table that is only ever appended to, and outlives the runs that it tells of."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from distviz.codes import Reason
from distviz.errors import DistvizError, NotFound
from distviz.story.words.sentences import english
from distviz.trace.models import OperatorAction

DONE = Reason("done")
ANONYMOUS = "anonymous at "  # and an address
_OUTCOME_MAX = 500


def actor(request: HttpRequest) -> str:
    """Who is asking: the name of who has signed in, else the address. It is never empty."""
    return request.user.get_username() or f"{ANONYMOUS}{request.META.get('REMOTE_ADDR') or '?'}"


def record(
    who: str,
    what: str,
    *,
    run: UUID | str | None = None,
    target: Reason | None = None,
    reason: str = "",
    outcome: Reason = DONE,
) -> OperatorAction:
    """`who` did `what` (a verb, such as "retry") to `target` (such as "outbox row 7"), of this run if there is one;
    `reason` is the operator's own text."""
    return OperatorAction.objects.create(
        actor=who[:150],
        what=what[:40],
        run_id=run,
        target=english(target)[:200],
        reason=reason[:500],
        outcome=english(outcome)[:_OUTCOME_MAX],
        codes={"target": target and target.as_json(), "outcome": outcome.as_json()},
    )


@dataclass
class Result:
    """What came of it, where that is more than "done"."""

    outcome: Reason = DONE


@contextmanager
def recording(
    who: str, what: str, *, run: UUID | str | None = None, target: Reason | None = None, reason: str = ""
) -> Iterator[Result]:
    """Record an action with its outcome, also one that was refused. What does not exist was not acted upon."""
    result = Result()
    told: dict[str, Any] = {"run": run, "target": target, "reason": reason}
    try:
        yield result
    except NotFound:
        raise
    except DistvizError as error:
        record(who, what, **told, outcome=Reason.of("refused", why=error.reason))
        raise
    record(who, what, **told, outcome=result.outcome)
