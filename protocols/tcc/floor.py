"""TCC's floor: the coordinator's record, and what each branch does in its database."""

from functools import partial
from typing import Any

from distviz.services import floors as services
from distviz.services.places import COORDINATOR, NOTIFICATION
from distviz.services.written import columns
from protocols.floor import Bank, floor
from protocols.messages import Message
from protocols.tcc import branches, record
from protocols.tcc.messages import LINES, Confirm, NotifyCustomer, Try, WithdrawalRequested

DEDUCTS = {"account": services.deduct, "payment": services.charge}


def begin(bank: Bank, request: Message) -> None:
    bank.run(COORDINATOR, record.BEGIN, **_row(request))
    bank.run(COORDINATOR, record.READ, tx=request.tx_id)


def reserve(name: str, bank: Bank, request: Message) -> None:
    place, order = branches.PLACES[name], LINES[name][Try].of(request)
    with bank.atomic(place):
        services.first_time(bank, place, order)
        if name == "account":
            bank.run(place, branches.IN_TURN, user=request.user_id)
            bank.run(place, branches.AVAILABLE, user=request.user_id, amount=request.amount)
        bank.run(place, branches.TRY, **_row(request), status="tried", **columns(None))
        bank.run(place, branches.READ, tx=request.tx_id)


def keep(sql: str, name: str, bank: Bank, request: Message) -> None:
    bank.run(COORDINATOR, sql, tx=request.tx_id, name=name)
    bank.run(COORDINATOR, record.READ, tx=request.tx_id)


def decide(bank: Bank, request: Message) -> None:
    with bank.atomic(COORDINATOR):
        bank.run(COORDINATOR, "SET LOCAL synchronous_commit = on")
        row = {"decision": record.CONFIRM, "ends_as": "succeeded", "by": "floor", **columns(None)}
        bank.run(COORDINATOR, record.DECIDE, tx=request.tx_id, **row)


def confirm(name: str, bank: Bank, request: Message) -> None:
    place, order = branches.PLACES[name], LINES[name][Confirm].of(request)
    with bank.atomic(place):
        services.first_time(bank, place, order)
        bank.run(place, branches.CONFIRM, tx=request.tx_id)
        DEDUCTS[name](bank, request)


def notify(bank: Bank, request: Message) -> None:
    bank.email(NotifyCustomer.of(request), "withdrawn")


def end(bank: Bank, request: Message) -> None:
    bank.run(COORDINATOR, record.END, tx=request.tx_id)
    bank.run(COORDINATOR, record.READ, tx=request.tx_id)


def _row(request: Message) -> dict[str, Any]:
    return {"tx": request.tx_id, "user": request.user_id, "amount": request.amount}


floor(
    WithdrawalRequested,
    (COORDINATOR, begin),
    *((branches.PLACES[name], partial(reserve, name)) for name in LINES),
    *((COORDINATOR, partial(keep, record.TRIED, name)) for name in LINES),
    (COORDINATOR, decide),
    *((branches.PLACES[name], partial(confirm, name)) for name in LINES),
    *((COORDINATOR, partial(keep, record.DONE, name)) for name in LINES),
    (NOTIFICATION, notify),
    (COORDINATOR, end),
)
