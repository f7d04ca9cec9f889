"""Asking for a run: checked, written down once, published."""

import hashlib
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from distviz import money
from distviz.errors import BadRequest, Conflict, Forbidden, TooMany
from distviz.runs import room
from distviz.runs.room import Client
from distviz.trace import context, log, requests, tracing
from distviz.trace.faults import FaultSpec
from distviz.trace.known import KNOWN
from distviz.trace.log_events import PendingEvent
from distviz.trace.models import Fault, Run
from distviz.trace.requests import Leave

NOTE_MAX = 200
NOBODY = Client()  # the command line


@dataclass(frozen=True)
class Withdrawal:
    """What is asked for. A fork and a rival name the run that they belong to."""

    protocol: str
    account: str
    amount: Decimal
    note: str = ""
    faults: Sequence[FaultSpec] = ()
    mode: str = "run"
    forked_from: uuid.UUID | None = None
    rival_of: uuid.UUID | None = None

    def digest(self) -> str:
        """The same for the same request: what an idempotency key is compared by."""
        body = [self.protocol, self.account, money.text(self.amount), self.note, self.mode, _values(self.faults)]
        return hashlib.sha256(log.dumps(body).encode()).hexdigest()


def ask(
    wanted: Withdrawal,
    *,
    publish: Callable[[Run, Leave], bool] | None,
    key: str = "",
    scope: str = "",
    client: Client = NOBODY,
) -> tuple[Run, bool]:
    """Write the request down and publish it. The same key and body find the first run again, which is not published
    anew. Returns (run, whether the broker answered); the sweep starts a run whose request could not be published, or
    is not to be (None).

    Raises BadRequest naming the field, Conflict for the same key with another body, Forbidden where faults are
    switched off, TooMany when too many runs are open (`client` is whose share this one takes).
    """
    _check(wanted)
    if key and (first := _same_request(scope, key, wanted.digest())):
        return first, True
    try:
        room.require(client)  # who is refused here keeps nobody waiting
    except TooMany:
        if first := _same_request(scope, key, wanted.digest()):  # a double click: it took the last place meanwhile
            return first, True
        raise
    try:
        with transaction.atomic(using="default"):
            if room.one_by_one(client):
                if first := _same_request(scope, key, wanted.digest()):
                    return first, True
                room.require(client)
            run, leaves = _write(wanted, key=key, scope=scope, client=client, leaves=publish is not None)
    except IntegrityError:  # the same key at the same time: the other request was quicker
        first = _same_request(scope, key, wanted.digest())
        if first is None:
            raise
        return first, True
    _tell_rival(run, wanted)
    return run, bool(publish and publish(run, leaves))


def _write(wanted: Withdrawal, *, key: str, scope: str, client: Client, leaves: bool) -> tuple[Run, Leave]:
    """The run, its faults and the beginning of its log, in the transaction that is open."""
    trace_id, span_id = tracing.new_trace()
    run = Run.objects.create(
        protocol=wanted.protocol,
        account=wanted.account,
        amount=wanted.amount,
        note=wanted.note,
        mode=wanted.mode,
        trace_id=trace_id,
        span_id=span_id,
        client=client.name,
        network=client.network,
        key=key,
        scope=scope,
        body_hash=wanted.digest(),
        forked_from_id=wanted.forked_from,
        faulty=bool(wanted.faults),
    )
    Fault.objects.bulk_create(Fault(run=run, at=f.at, do=f.do, times=f.times, ms=f.ms) for f in wanted.faults)
    return run, requests.open_log(run, _made(run, wanted), leaves=leaves)


def _made(run: Run, wanted: Withdrawal) -> list[PendingEvent]:
    """The first event of the run."""
    asker = context.Delivery(str(run.pk), lane="client", span_id=run.span_id, gathers=True)
    asker.gather(
        "request",
        "made",
        "withdraw",
        to="api",
        amount=money.text(wanted.amount),
        account=wanted.account,
        mode=wanted.mode,
        note=wanted.note,
        faults=[vars(fault) for fault in wanted.faults],
        forked_from=str(wanted.forked_from) if wanted.forked_from else None,
        rival_of=str(wanted.rival_of) if wanted.rival_of else None,
    )
    return asker.pending


def _tell_rival(run: Run, wanted: Withdrawal) -> None:
    """One event more in the log of the run that a rival competes with."""
    if wanted.rival_of:
        first = context.Delivery(str(wanted.rival_of), lane="client")
        first.tell("operator", "rival", rival=str(run.pk), amount=money.text(wanted.amount))


def _values(faults: Sequence[FaultSpec]) -> list[list[Any]]:
    return [[fault.at, fault.do, fault.times, fault.ms] for fault in faults]


def _check(wanted: Withdrawal) -> None:
    if wanted.protocol not in KNOWN:
        raise BadRequest("protocol", "no_such_protocol", known=", ".join(KNOWN))
    if wanted.mode not in ("run", "step"):
        raise BadRequest("mode", "mode")
    if len(wanted.note) > NOTE_MAX or not wanted.note.isprintable():
        raise BadRequest("note", "note", most=NOTE_MAX)
    if wanted.faults and not settings.FAULTS_ENABLED:
        raise Forbidden("failures_switched_off")
    has_account = KNOWN[wanted.protocol].has_account
    if not wanted.account.isprintable() or len(wanted.account) > 40 or not has_account(wanted.account):
        raise BadRequest("account", "no_such_account", protocol=wanted.protocol)


def _same_request(scope: str, key: str, digest: str) -> Run | None:
    run = Run.objects.filter(scope=scope, key=key).first() if key else None
    if run is not None and run.body_hash != digest:
        raise Conflict("Idempotency-Key", "key_in_use")
    return run
