"""Asking for a run: checked, written down once, published."""

import hashlib
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from distviz import money
from distviz.errors import BadRequest, Conflict, Forbidden, TooMany
from distviz.runs import inserting, room
from distviz.runs.room import Client
from distviz.trace import context, guards, log, requests, tracing, unguarded
from distviz.trace.faults import FaultSpec
from distviz.trace.known import KNOWN
from distviz.trace.log_events import PendingEvent
from distviz.trace.models import Fault, Run
from distviz.trace.requests import Leave
from distviz.trace.watching import ANYWHERE, WATCH

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
    second: bool = False  # sent by a lesson after another one, which it may meet
    watched: bool = False  # it notes which fault points it meets
    guards_off: Sequence[str] = ()  # by their keys; such a run is given an account of its own

    def digest(self) -> str:
        """The same for the same request: what an idempotency key is compared by."""
        body = [self.protocol, self.account, money.text(self.amount), self.note, self.mode, _values(self.faults)]
        body += [list(self.guards_off)] if self.guards_off else []
        return hashlib.sha256(log.dumps(body).encode()).hexdigest()


Wanted = tuple[Withdrawal, str]  # and its idempotency key, or ""


def ask(
    wanted: Withdrawal,
    *,
    publish: Callable[[Run, Leave], bool] | None,
    key: str = "",
    scope: str = "",
    client: Client = NOBODY,
) -> Run:
    """One run; see `ask_each`."""
    return ask_each([(wanted, key)], publish=publish, scope=scope, client=client)[0]


def ask_each(
    wanted_runs: Sequence[Wanted],
    *,
    publish: Callable[[Run, Leave], bool] | None,
    scope: str = "",
    client: Client = NOBODY,
) -> list[Run]:
    """Write down all that is asked for, or nothing, and publish each. The same key and body find the first run again,
    which is not published anew. `publish` says whether the broker answered; the sweep starts a run whose request could
    not be published, or is not to be (None), and those after it: a broker that hangs is waited for once.

    Raises BadRequest naming the field, Conflict for the same key with another body, Forbidden where faults are
    switched off, TooMany when too many runs are open (`client` is whose share they take).
    """
    wanted_runs = [(_checked(wanted), key) for wanted, key in wanted_runs]
    at_once = publish is not None and len(wanted_runs) == 1
    runs, made = _written_down(wanted_runs, scope, client, leaves=at_once)
    answers = publish is not None
    for run, leaves in made:
        answers = answers and publish is not None and publish(run, leaves)
    return runs


def _written_down(
    wanted_runs: Sequence[Wanted], scope: str, client: Client, *, leaves: bool
) -> tuple[list[Run], list[tuple[Run, Leave]]]:
    """The runs, those that are there already among them, and what lets each new one leave."""
    there = _there(scope, wanted_runs)
    try:
        _room_for(wanted_runs, there, client)  # who is refused here keeps nobody waiting
    except TooMany:
        there = _there(scope, wanted_runs)  # a double click: it took the last places meanwhile
        _room_for(wanted_runs, there, client)
    try:
        return _write_missing(wanted_runs, there, scope, client, leaves=leaves)
    except IntegrityError:  # the same key at the same time: the other request was quicker
        found = _there(scope, wanted_runs)
        if len(found) == len(there):
            raise
        return _write_missing(wanted_runs, found, scope, client, leaves=leaves)


def _write_missing(
    wanted_runs: Sequence[Wanted], there: Mapping[str, Run], scope: str, client: Client, *, leaves: bool
) -> tuple[list[Run], list[tuple[Run, Leave]]]:
    """In one transaction, in which the room for all of them is nobody else's."""
    with room.turn(client), transaction.atomic(using="default"):
        if len(there) < len(wanted_runs) and room.one_by_one(client):
            there = _there(scope, wanted_runs)
            _room_for(wanted_runs, there, client)
        runs = [there.get(key) or _row(wanted, key, scope, client) for wanted, key in wanted_runs]
        new = [(run, wanted) for run, (wanted, key) in zip(runs, wanted_runs, strict=True) if key not in there]
        made = [(run, leave) for (run, _wanted), leave in zip(new, _write(new, leaves=leaves), strict=True)]
    for run, wanted in new:
        _tell_rival(run, wanted)
    return runs, made


def _row(wanted: Withdrawal, key: str, scope: str, client: Client) -> Run:
    trace_id, span_id = tracing.new_trace()
    return Run(
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
        faulty=bool(wanted.faults or wanted.watched or wanted.guards_off),
    )


def _write(new: Sequence[tuple[Run, Withdrawal]], *, leaves: bool) -> list[Leave]:
    """The runs, their faults and the beginnings of their logs, in the transaction that is open."""
    if not new:
        return []
    for run, _wanted in new:
        inserting.insert(run)
    Fault.objects.bulk_create(
        Fault(run=run, at=f.at, do=f.do, times=f.times, ms=f.ms) for run, wanted in new for f in _switched_on(wanted)
    )
    return [requests.open_log(run, _made(run, wanted), leaves=leaves) for run, wanted in new]


def _made(run: Run, wanted: Withdrawal) -> list[PendingEvent]:
    """The first event of the run."""
    asker = context.Delivery(str(run.pk), lane="client", span_id=run.span_id, gathers=True)
    more: dict[str, Any] = {"second": True} if wanted.second else {}
    more |= {"guards_off": list(wanted.guards_off)} if wanted.guards_off else {}
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
        **more,
    )
    return asker.pending


def _tell_rival(run: Run, wanted: Withdrawal) -> None:
    """One event more in the log of the run that a rival competes with."""
    if wanted.rival_of:
        first = context.Delivery(str(wanted.rival_of), lane="client")
        first.tell("operator", "rival", rival=str(run.pk), amount=money.text(wanted.amount))


def _switched_on(wanted: Withdrawal) -> Iterator[FaultSpec]:
    if wanted.watched:
        yield FaultSpec(ANYWHERE, WATCH)
    yield from guards.wished(wanted.guards_off)
    yield from wanted.faults


def _values(faults: Sequence[FaultSpec]) -> list[list[Any]]:
    return [[fault.at, fault.do, fault.times, fault.ms] for fault in faults]


def _checked(wanted: Withdrawal) -> Withdrawal:
    """As it can be done: without a guard it is given an account whose losses stain no other book."""
    keys = _check(wanted)
    return replace(wanted, guards_off=keys, account=unguarded.instead_of(wanted.account)) if keys else wanted


def _check(wanted: Withdrawal) -> list[str]:
    """The guards that are to be out, each once. Raises as `ask_each`."""
    if wanted.protocol not in KNOWN:
        raise BadRequest("protocol", "no_such_protocol", known=", ".join(KNOWN))
    if wanted.mode not in ("run", "step"):
        raise BadRequest("mode", "mode")
    if len(wanted.note) > NOTE_MAX or not wanted.note.isprintable():
        raise BadRequest("note", "note", most=NOTE_MAX)
    if (wanted.faults or wanted.guards_off) and not settings.FAULTS_ENABLED:
        raise Forbidden("failures_switched_off")
    keys = guards.check(wanted.guards_off, KNOWN[wanted.protocol].guards)
    has_account = KNOWN[wanted.protocol].has_account
    if not wanted.account.isprintable() or len(wanted.account) > 40 or not has_account(wanted.account):
        raise BadRequest("account", "no_such_account", protocol=wanted.protocol)
    return keys


def _there(scope: str, wanted_runs: Sequence[Wanted]) -> dict[str, Run]:
    """By their keys, the runs that were asked for before. Raises Conflict if one of them is another request."""
    digests = {key: wanted.digest() for wanted, key in wanted_runs if key}
    found = {run.key: run for run in Run.objects.filter(scope=scope, key__in=list(digests))} if digests else {}
    if any(run.body_hash != digests[key] for key, run in found.items()):
        raise Conflict("Idempotency-Key", "key_in_use")
    return found


def _room_for(wanted_runs: Sequence[Wanted], there: Mapping[str, Run], client: Client) -> None:
    if len(there) < len(wanted_runs):
        room.require(client, len(wanted_runs) - len(there))
