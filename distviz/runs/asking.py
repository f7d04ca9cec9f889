"""What people do with a run: ask for one, start it, release it, retry it, fork it. What they do with its messages is in
network.py."""

import hashlib
import uuid
from collections.abc import Callable, Sequence
from decimal import Decimal

from django.conf import settings
from django.db import IntegrityError, transaction

from distviz import money
from distviz.errors import BadRequest, Conflict, Forbidden, TooMany
from distviz.trace import log, tracing
from distviz.trace.faults import FaultSpec
from distviz.trace.models import Fault, Run

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
