"""What people do with a run: ask for one, start it, release it, retry it, fork it. What they do with its messages is in
network.py."""

import hashlib
import logging
import uuid
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from kombu.exceptions import KombuError

from distviz import money
from distviz.errors import BadRequest, Conflict, Forbidden, NotFound, NotNow, TooMany
from distviz.trace import bus, context, log, sweeps, tracing
from distviz.trace.faults import FaultSpec
from distviz.trace.messages import TYPES, Message
from distviz.trace.models import DeadLetter, Fault, Run

_log = logging.getLogger(__name__)
NOTE_MAX = 200

# Filled by protocols.registry: does this protocol's books know that account?
HAS_ACCOUNT: dict[str, Callable[[str], bool]] = {}


def create_run(
    *,
    protocol: str,
    account: str,
    amount: Decimal,
    note: str = "",
    faults: Sequence[FaultSpec] = (),
    mode: str = "run",
    key: str = "",
    scope: str = "",
    forked_from: uuid.UUID | None = None,
    rival_of: uuid.UUID | None = None,
) -> tuple[Run, bool]:
    """Write the request down. Returns (run, whether it is new): the same key and body find the first run again.

    Raises BadRequest naming the field, Conflict for the same key with another body, Forbidden where faults are
    switched off, TooMany when too many runs are open.
    """
    _check(protocol, account, note, faults, mode)
    body = [protocol, account, money.text(amount), note, mode, [[f.at, f.do, f.times, f.ms] for f in faults]]
    digest = hashlib.sha256(log.dumps(body).encode()).hexdigest()
    if key and (first := _same_request(scope, key, digest)):
        return first, False
    if Run.objects.filter(finished_at=None).exclude(status="needs_attention").count() >= settings.MAX_OPEN_RUNS:
        raise TooMany(retry_after=2)
    trace_id, span_id = tracing.new_trace()
    try:
        with transaction.atomic(using="default"):
            run = Run.objects.create(
                protocol=protocol,
                account=account,
                amount=amount,
                note=note,
                mode=mode,
                trace_id=trace_id,
                span_id=span_id,
                key=key,
                scope=scope,
                body_hash=digest,
                forked_from_id=forked_from,
                faulty=bool(faults),
            )
            Fault.objects.bulk_create(Fault(run=run, at=f.at, do=f.do, times=f.times, ms=f.ms) for f in faults)
    except IntegrityError:  # the same key at the same time: the other request was quicker
        first = _same_request(scope, key, digest)
        if first is None:
            raise
        return first, False
    log.append(
        run.pk,
        lane="client",
        to="api",
        kind="request",
        phase="made",
        name="withdraw",
        span_id=span_id,
        data={
            "amount": money.text(amount),
            "account": account,
            "mode": mode,
            "note": note,
            "faults": [{"at": f.at, "do": f.do, "times": f.times, "ms": f.ms} for f in faults],
            "forked_from": str(forked_from) if forked_from else None,
            **({"rival_of": str(rival_of)} if rival_of else {}),
        },
    )
    return run, True


def _check(protocol: str, account: str, note: str, faults: Sequence[FaultSpec], mode: str) -> None:
    if protocol not in HAS_ACCOUNT:
        raise BadRequest("protocol", f"No such protocol; there are {', '.join(HAS_ACCOUNT)}.")
    if mode not in ("run", "step"):
        raise BadRequest("mode", 'The mode is "run" or "step".')
    if len(note) > NOTE_MAX or not note.isprintable():
        raise BadRequest("note", f"A note is one line of at most {NOTE_MAX} printable characters.")
    if faults and not settings.FAULTS_ENABLED:
        raise Forbidden("Failures are switched off on this server (FAULTS_ENABLED). No run was made.")
    if not account.isprintable() or len(account) > 40 or not HAS_ACCOUNT[protocol](account):
        raise BadRequest("account", f"No such account under {protocol}; GET /api/accounts lists them.")


def _same_request(scope: str, key: str, digest: str) -> Run | None:
    run = Run.objects.filter(scope=scope, key=key).first() if key else None
    if run is not None and run.body_hash != digest:
        raise Conflict("Idempotency-Key", "This key was used for another request. No second run was made.")
    return run


def _request_of(run: Run) -> Message:
    kind = TYPES[f"{run.protocol}.WithdrawalRequested"]
    return kind(tx_id=str(run.pk), user_id=run.account, amount=run.amount)


def start(run: Run) -> None:
    """Publish the request. If the broker does not answer, the sweep starts the run later: it is in the database."""
    _publish_request(run, bus.delivery_of(str(run.pk)))


def request_again(run: Run) -> None:
    """What a client would do: the same request with the same id. Every handler recognises it."""
    delivery = sweeps.note_redriven(str(run.pk), "api", "WithdrawalRequested", "runs")
    if delivery:
        _publish_request(run, delivery)


def _publish_request(run: Run, delivery: context.Delivery) -> None:
    token = context.enter(delivery)
    try:
        bus.send(_request_of(run))
    except (KombuError, OSError) as error:
        _log.warning("run %s: the broker does not answer (%s); the sweep will start it", run.pk, error)
    finally:
        context.leave(token)


def get(run_id: str | uuid.UUID) -> Run:
    """The run, or NotFound for anything that is not the id of one."""
    try:
        return Run.objects.get(pk=uuid.UUID(str(run_id)))
    except (ValueError, Run.DoesNotExist):
        raise NotFound("No such run.") from None


def release(run_id: str | uuid.UUID) -> Run:
    """Let a held step go on."""
    run = get(run_id)
    if not run.holding:
        raise NotNow("No step of this run is held. Nothing was changed.")
    _operator(run, "released", {"at": run.holding["at"], "pid": run.holding["pid"]})
    Run.objects.filter(pk=run.pk).update(holding=None)
    return get(run_id)


def retry(run_id: str | uuid.UUID) -> Run:
    """The operator's retry: the message that nobody could handle goes out again, with fresh attempts."""
    run = get(run_id)
    if run.finished_at is not None:
        raise NotNow(f"This run is over: {run.status}. Start it again as a new run, or fork it.")
    letters = [
        letter
        for letter in DeadLetter.objects.filter(run=run, state="dead")
        if DeadLetter.objects.filter(pk=letter.pk, state="dead").update(state="requeued")
    ]
    # Who presses twice, or at the same time as somebody else, finds nothing left to claim.
    claimed = Run.objects.filter(pk=run.pk, status="needs_attention").update(status="running")
    if not claimed and not letters:
        raise NotNow("Nothing of this run waits for a person. Nothing was changed.")
    Run.objects.filter(pk=run.pk).update(tries={}, wake_at=None)
    _operator(run, "retried", {"messages": [letter.name for letter in letters]}, status="running")
    delivery = bus.delivery_of(str(run.pk))
    for letter in letters:
        Run.objects.filter(pk=run.pk).update(open=F("open") + 1)
        bus.publish(bus.handler_named(letter.name), letter.payload, delivery, cause=None)
    if not letters:
        request_again(run)
    return get(run_id)


def fork(
    run_id: str | uuid.UUID,
    faults: Sequence[FaultSpec],
    publish: Callable[[Run], object] = start,
    key: str = "",
    scope: str = "",
) -> Run:
    """The same request again with other faults; the two are linked."""
    old = get(run_id)
    new, made = create_run(
        protocol=old.protocol,
        account=old.account,
        amount=old.amount,
        note=old.note,
        faults=faults,
        mode=old.mode,
        forked_from=old.pk,
        key=key,
        scope=scope,
    )
    if made:
        publish(new)
    return new


def _operator(run: Run, verb: str, data: dict[str, Any], status: str | None = None) -> None:
    log.append(run.pk, lane="client", kind="operator", phase=verb, name=verb, data=data, status=status)
