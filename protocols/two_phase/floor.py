"""Two-phase commit's floor: the coordinator's log, and what each participant does in its database."""

from functools import partial
from typing import Any

from distviz.services import floors as services
from distviz.services import prepared
from distviz.services.floors import StatementRunner
from distviz.services.places import ACCOUNT, COORDINATOR, NOTIFICATION, PAYMENT, Place
from distviz.services.written import columns
from protocols.floor import Bank, Work, floor
from protocols.messages import Message
from protocols.two_phase import log
from protocols.two_phase.log import COMMIT
from protocols.two_phase.messages import LINES, YES, WithdrawalRequested
from protocols.two_phase.recovery import markers

WORK = {"account": (ACCOUNT, services.deduct), "payment": (PAYMENT, services.charge)}


def begin(bank: Bank, request: Message) -> None:
    bank.run(COORDINATOR, log.BEGIN, tx=request.tx_id, names=list(LINES))


def prepare(place: Place, work: Any, bank: Bank, request: Message) -> None:
    """The names of prepared transactions are the server's: these must not be taken for the lab's."""
    bank.run(COORDINATOR, log.DECISION, tx=request.tx_id)
    for verb in prepared.begin():
        bank.run(place, verb)
    work(bank, request)
    bank.run(place, markers.MARK, tx=request.tx_id, did="{}")
    bank.run(place, f"PREPARE TRANSACTION '{named(place, request)}'")
    bank.run(COORDINATOR, log.DECISION, tx=request.tx_id)


def prepare_email(bank: Bank, request: Message) -> None:
    bank.run(COORDINATOR, log.DECISION, tx=request.tx_id)
    bank.run(COORDINATOR, log.DECISION, tx=request.tx_id)


def vote(name: str, bank: Bank, request: Message) -> None:
    keep(bank, log.VOTE, request, name=name, vote=YES, **columns(None))


def decide(bank: Bank, request: Message) -> None:
    row = {"decision": COMMIT, "ends_as": "succeeded", "by": "floor", **columns(None)}
    with bank.atomic(COORDINATOR):
        bank.run(COORDINATOR, "SET LOCAL synchronous_commit = on")
        bank.run(COORDINATOR, log.DECIDE, tx=request.tx_id, **row)
    read(bank, request)


def commit(place: Place, bank: Bank, request: Message) -> None:
    bank.run(place, f"COMMIT PREPARED '{named(place, request)}'")
    bank.run(place, markers.MARKER, tx=request.tx_id)


def send_email(bank: Bank, request: Message) -> None:
    bank.email(request, "withdrawn")


def done(name: str, bank: Bank, request: Message) -> None:
    keep(bank, log.DONE, request, name=name)


def end(bank: Bank, request: Message) -> None:
    bank.run(COORDINATOR, log.END, tx=request.tx_id)


def keep(bank: Bank, sql: str, request: Message, **row: Any) -> None:
    with bank.atomic(COORDINATOR):
        bank.run(COORDINATOR, log.PARTICIPANTS + " FOR UPDATE", tx=request.tx_id)
        bank.run(COORDINATOR, sql, tx=request.tx_id, **row)
        read(bank, request)


def read(bank: StatementRunner, request: Message) -> None:
    bank.run(COORDINATOR, log.PARTICIPANTS, tx=request.tx_id)
    bank.run(COORDINATOR, log.DECISION, tx=request.tx_id)


def named(place: Place, request: Message) -> str:
    return f"floor:{request.tx_id}:{place.name}"


def _answers(of: Any) -> list[tuple[Place, Work]]:
    return [(COORDINATOR, partial(of, name)) for name in LINES]


floor(
    WithdrawalRequested,
    (COORDINATOR, begin),
    *((place, partial(prepare, place, work)) for place, work in WORK.values()),
    (NOTIFICATION, prepare_email),
    *_answers(vote),
    (COORDINATOR, decide),
    *((place, partial(commit, place)) for place, _work in WORK.values()),
    (NOTIFICATION, send_email),
    *_answers(done),
    (COORDINATOR, end),
)
