"""How a run ends: once, when its end is decided and nothing of it is in flight any more."""

import logging
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from django.utils import timezone

from distviz.codes import Reason
from distviz.trace import context, guards, log, outages, unguarded
from distviz.trace.log_events import Completion, RunStanding
from distviz.trace.models import Run
from distviz.trace.outcomes import Outcome
from distviz.trace.registering import ABANDONED, MOVED, SETTLERS, Settle

T = TypeVar("T")
_log = logging.getLogger(__name__)


def close(delivery: context.Delivery, outcome: Outcome | None) -> None:
    """The message is dealt with. The run ends here if its end is decided and nothing is in flight any more."""
    go_on(delivery, conclude(delivery, outcome))


def conclude(delivery: context.Delivery, outcome: Outcome | None) -> RunStanding | None:
    """The first half: write what was told with the end of this delivery, and let its messages leave. How the run stands
    then. Raises what publishing raises; then the message is not dealt with."""
    status, reason = (outcome.status, outcome.reason) if outcome else (None, None)
    # An end that nothing guarantees is verified first.
    alone = delivery.protocol not in SETTLERS and not guards.is_without(delivery)
    end = Completion(who=delivery.who, status=status, reason=reason, may_end=alone)
    return delivery.complete(end, delivery.attempt)


def go_on(delivery: context.Delivery, left: RunStanding | None) -> None:
    """The second half, for an end that the log alone does not give."""
    if left is None or left.open > 0 or left.over:
        return
    if left.ending:
        finish(delivery.run_id)
    elif delivery.protocol in SETTLERS:  # no message will ever reach this run again
        settle(delivery.run_id)


def settle(run_id: str) -> None:
    """Close a run that nothing drives any more, from its databases, once they allow a verdict."""
    run = Run.objects.get(pk=run_id)
    _settle(run, SETTLERS[run.protocol])


def abandon(run_id: str) -> None:
    """The same of a run without guards, whose protocol would have driven it on."""
    for settler in ABANDONED:
        _settle(Run.objects.get(pk=run_id), settler)


def _settle(run: Run, settler: Settle) -> None:
    outcome = _found_out(run, settler)
    if outcome:
        finish(str(run.pk), outcome, as_of=run.updated_at)  # a late message that was taken meanwhile goes first


def _found_out(run: Run, settler: Callable[[Run], T]) -> T | None:
    """None: it cannot be known now. A server is away, or a session may still write; the sweep comes again."""
    try:
        return settler(run)
    except Exception as error:
        if not outages.passes(error):
            raise
        _log.info("run %s is not over yet: %s", run.pk, error)
        Run.objects.filter(pk=run.pk, finished_at=None).update(wake_at=timezone.now())
        return None


def finish(run_id: str, outcome: Outcome | None = None, *, as_of: datetime | None = None) -> None:
    """Append the last event, with the verdict that the committed rows give."""
    run = Run.objects.get(pk=run_id)
    asked = outcome if outcome and outcome.taken is not None else None  # of the databases
    if asked is None and (settler := _verifier(run)):
        asked = _found_out(run, settler)
        if asked is None:
            return
        told = outcome or Outcome(run.ending, _decided(run))
        outcome = told if told.is_borne_out_by(asked) else asked
    run.status = outcome.status if outcome else run.ending
    reason = outcome.reason if outcome else _decided(run)
    account, paid = run.moved("account"), run.moved("paid")
    if asked and asked.taken is not None and asked.paid is not None:
        account, paid = -asked.taken, asked.paid  # who has taken or paid may not have lived to tell the log
    elif account + paid or (run.status == "succeeded") != bool(account):
        moved = _found_out(run, MOVED[0])
        if moved is None:
            return
        account, paid = -moved[0], moved[1]
    gap = -account - paid
    verdict = run.verdict_of(gap)
    missing = max(gap, Decimal(0)) if verdict == "money_lost" else Decimal(0)
    amounts = {
        "account": account,
        "paid": paid,
        "in_flight": max(gap, Decimal(0)) - missing,
        "missing": missing,
        "overpaid": max(-gap, Decimal(0)),
    }
    money = {name: f"{amount:.2f}" for name, amount in amounts.items()}
    log.finish(run_id, status=run.status, reason=reason, verdict=verdict, as_of=as_of, money=money)


def _verifier(run: Run) -> Settle | None:
    """Who asks the databases before a run ends as its protocol says, where the protocol does not guarantee it."""
    if unguarded.is_own(run.account):
        return ABANDONED[0]
    return SETTLERS.get(run.protocol)


def _decided(run: Run) -> Reason:
    """The reason of an end that was decided while messages were still in flight."""
    return run.outcome_reason or Reason.prose(run.outcome)
