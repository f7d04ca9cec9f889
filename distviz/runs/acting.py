"""What people do with a run: release it, retry it, fork it. What they do with its messages is in network.py."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.db.models import F
from django.utils import timezone

from distviz.errors import NotNow
from distviz.runs.asking import Withdrawal
from distviz.runs.lookup import get
from distviz.trace import context, handlers, sending
from distviz.trace.canvas import Canvas
from distviz.trace.faults import FaultSpec
from distviz.trace.letters import IS_GARBAGE
from distviz.trace.models import DeadLetter, Fault, Run
from distviz.trace.requests import request_again
from distviz.trace.watching import WITHOUT


def release(run_id: str | uuid.UUID) -> Run:
    """Let a held step go on."""
    run = get(run_id)
    if not run.holding:
        raise NotNow("nothing_held")
    _operator(run, "released", {"at": run.holding["at"], "pid": run.holding["pid"]})
    Run.objects.filter(pk=run.pk).update(holding=None)
    return get(run_id)


def retry(run_id: str | uuid.UUID) -> Run:
    """The operator's retry: the message that could not be handled is sent again, with new attempts."""
    run = get(run_id)
    if run.finished_at is not None:
        raise NotNow("run_is_over", status=run.status)
    letters = [
        letter
        for letter in DeadLetter.objects.filter(run=run, state="dead").exclude(IS_GARBAGE)
        if DeadLetter.objects.filter(pk=letter.pk, state="dead").update(state="requeued")
    ]
    # A second request, or one at the same time, finds nothing left to claim.
    waits = Run.objects.filter(pk=run.pk, status="needs_attention")
    claimed = waits.update(status="running", updated_at=timezone.now())  # not quiet: it is about to go on
    if not claimed and not letters:
        raise NotNow("nothing_to_retry")
    fresh = {who: [0, counted[1]] for who, counted in run.deliveries.items() if isinstance(counted, list)}
    Run.objects.filter(pk=run.pk).update(deliveries=fresh, wake_at=None)
    _operator(run, "retried", {"messages": [letter.name for letter in letters]}, status="running")
    delivery = sending.delivery_of(str(run.pk))
    for letter in letters:
        Run.objects.filter(pk=run.pk).update(open=F("open") + 1)
        handler, canvas = handlers.handler_named(letter.name), Canvas.stored(letter.payload)
        sending.publish(handler, letter.payload, delivery, cause=None, canvas=canvas)
    if not letters:
        request_again(run)
    return get(run_id)


def without(run: Run) -> list[str]:
    """The guards that are out in this run."""
    return list(Fault.every.filter(run=run, do=WITHOUT).values_list("at", flat=True)) if run.faulty else []


def fork(run_id: str | uuid.UUID, faults: Sequence[FaultSpec]) -> Withdrawal:
    """What to ask for: the same request again with other faults; the two are linked."""
    old = get(run_id)
    return Withdrawal(
        protocol=old.protocol,
        account=old.account,
        amount=old.amount,
        note=old.note,
        faults=faults,
        mode=old.mode,
        guards_off=without(old),
        forked_from=old.pk,
    )


def _operator(run: Run, verb: str, data: dict[str, Any], status: str | None = None) -> None:
    context.Delivery(str(run.pk), lane="client").tell("operator", verb, status=status, **data)
