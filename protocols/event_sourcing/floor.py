"""Event sourcing's floor: load and append at each hop, the snapshots, and what the projector does in its tables."""

import json
from typing import Any

from distviz.services import floors as services
from distviz.services.places import NOTIFICATION, PAYMENT
from protocols.event_sourcing import projection, snapshots
from protocols.event_sourcing.account import APPEND, EVENTS, PREFIX, READ
from protocols.event_sourcing.aggregate import Fact
from protocols.event_sourcing.messages import CustomerNotified, MoneyDeducted, NotifyCustomer, WithdrawalRequested
from protocols.event_sourcing.projection import PROJECTOR
from protocols.event_sourcing.snapshots import State
from protocols.floor import Bank, Rows, floor
from protocols.messages import Message

# As the page has it within its transaction.
CHECKPOINT = "SELECT position FROM checkpoint WHERE name = 'accounts' FOR UPDATE SKIP LOCKED"


def withdraw(bank: Bank, request: WithdrawalRequested) -> None:
    account = load(bank, request)
    append(bank, account, account.withdraw(request))


def charge(bank: Bank, request: WithdrawalRequested) -> None:
    event = MoneyDeducted.of(request)
    with bank.atomic(PAYMENT):
        services.first_time(bank, PAYMENT, event)
        services.charge(bank, event)


def record_payment(bank: Bank, request: WithdrawalRequested) -> None:
    append(bank, load(bank, request), [Fact.of(request, "PaymentProcessed")])


def notify(bank: Bank, request: WithdrawalRequested) -> None:
    bank.email(NotifyCustomer.of(request), "withdrawn")


def complete(bank: Bank, request: WithdrawalRequested) -> None:
    append(bank, load(bank, request), [Fact.of(CustomerNotified.of(request), "WithdrawalCompleted")])


def load(bank: Bank, request: Message) -> State:
    account = State(PREFIX + request.user_id)
    for fact in map(Fact.read, bank.run(EVENTS, READ, stream=account.stream, id=request.tx_id)):
        if fact.version > account.version:
            account.apply(fact)
    return account


def append(bank: Bank, account: State, new: list[Fact]) -> None:
    """At each fiftieth event a snapshot, or the load would grow; docs/decisions.md."""
    rows = bank.run(EVENTS, APPEND, stream=account.stream, version=account.version, facts=json.dumps(new))
    version = rows[-1]["version"]
    if version // snapshots.EVERY > account.version // snapshots.EVERY:
        keep(bank, account.stream, version)


def keep(bank: Bank, stream: str, version: int) -> None:
    state = State(stream)
    for row in bank.run(EVENTS, snapshots.NEWEST, stream=stream, upto=version):
        state = State.kept(stream, row)
    for row in bank.run(EVENTS, snapshots.SINCE, stream=stream, after=state.version, upto=version):
        state.apply(Fact.read(row))
    kept, format = json.dumps(state.as_texts()), snapshots.FORMAT
    bank.run(EVENTS, snapshots.KEEP, stream=stream, version=version, state=kept, format=format)


def project(bank: Bank, request: WithdrawalRequested) -> None:
    """Whoever finds the checkpoint locked leaves it to its holder."""
    with bank.atomic(PROJECTOR):
        checkpoint = bank.run(PROJECTOR, CHECKPOINT)
        events = bank.run(PROJECTOR, projection.READ, after=checkpoint[0]["position"]) if checkpoint else []
        if events:
            _project(bank, events)


def _project(bank: Bank, events: Rows) -> None:
    names = [event["account"] for event in events]
    balances: dict[str, dict[str, Any]] = {
        row["account"]: row for row in bank.run(PROJECTOR, projection.BALANCES, names=names)
    }
    history = list(projection.project(balances, (event.values() for event in events)))
    bank.run(PROJECTOR, projection.KEEP_BALANCES, rows=json.dumps(list(balances.values()), default=str))
    bank.run(PROJECTOR, projection.ADD_HISTORY, rows=json.dumps(history, default=str))
    bank.run(PROJECTOR, projection.MOVE, position=events[-1]["position"])


floor(
    WithdrawalRequested,
    (EVENTS, withdraw),
    (PROJECTOR, project),
    (PAYMENT, charge),
    (EVENTS, record_payment),
    (NOTIFICATION, notify),
    (EVENTS, complete),
    (PROJECTOR, project),
)
