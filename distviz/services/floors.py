"""The services' statements as a floor runs them: see protocols/floor.py."""

from typing import Any, Protocol

from distviz.services import closing, inbox
from distviz.services.account import operations as account
from distviz.services.payment import operations as payment
from distviz.services.places import ACCOUNT, PAYMENT, Place
from distviz.services.written import columns
from distviz.trace import known
from distviz.trace.messages import Message


class StatementRunner(Protocol):
    def run(self, place: Place, sql: str, **params: Any) -> list[dict[str, Any]]: ...


def first_time(bank: StatementRunner, place: Place, message: Message) -> None:
    consumer = f"{message.protocol}.{place.name}"
    bank.run(place, inbox.REMEMBER, consumer=consumer, message=message.id, withdrawal=message.tx_id)


def deduct(bank: StatementRunner, message: Message) -> None:
    _not_closed(bank, ACCOUNT, message)
    who = {"protocol": message.protocol, "name": message.user_id}
    bank.run(ACCOUNT, account.DEDUCT, **who, amount=message.amount, withdrawal=message.tx_id)


def charge(bank: StatementRunner, message: Message) -> None:
    _not_closed(bank, PAYMENT, message)
    bank.run(
        PAYMENT,
        payment.RECORD,
        withdrawal=message.tx_id,
        protocol=message.protocol,
        account=message.user_id,
        amount=message.amount,
        status=payment.COMPLETED,
        **columns(None),
        idempotent=not known.may_lose(message.protocol),
    )


def recall(bank: StatementRunner, message: Message) -> None:
    bank.run(PAYMENT, payment.LOOK_UP, withdrawal=message.tx_id)


def _not_closed(bank: StatementRunner, place: Place, message: Message) -> None:
    if known.may_lose(message.protocol):
        bank.run(place, closing.TOGETHER, withdrawal=message.tx_id)
        bank.run(place, closing.CLOSED, withdrawal=message.tx_id)
