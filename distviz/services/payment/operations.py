"""The Payment Service's operations: a payment asked for twice is done once."""

from dataclasses import dataclass

from distviz.money import text
from distviz.services.places import PAYMENT
from distviz.trace.messages import Message
from distviz.trace.steps import changed, declined

_RECORD = """
INSERT INTO payments (withdrawal_id, protocol, account, amount, status, reason, at)
VALUES (%(withdrawal)s, %(protocol)s, %(account)s, %(amount)s::numeric, %(status)s, %(reason)s, now())
ON CONFLICT DO NOTHING
RETURNING id
"""
_LOOK_UP = "SELECT id, status, reason FROM payments WHERE withdrawal_id = %(withdrawal)s"


@dataclass(frozen=True)
class Answer:
    """What became of the payment of a withdrawal."""

    status: str
    reason: str = ""

    @property
    def completed(self) -> bool:
        return self.status == "COMPLETED"


def charge(message: Message) -> Answer:
    """Make the payment, or record the business "no". What is recorded first stays."""
    reason = declined()
    return _record(message, "FAILED" if reason else "COMPLETED", reason)


def refuse(message: Message, reason: str) -> Answer:
    """Record that this payment will never be made, unless it was made already; a late attempt finds this row."""
    return _record(message, "FAILED", reason)


def answer_to(message: Message) -> Answer:
    """Look the payment up before processing it: what was answered the first time."""
    found = PAYMENT.run(_LOOK_UP, withdrawal=message.tx_id)
    if not found:
        return Answer("UNKNOWN")
    _show(message, found[0]["id"], found[0]["status"])
    return Answer(found[0]["status"], found[0]["reason"])


def _record(message: Message, status: str, reason: str) -> Answer:
    made = PAYMENT.run(
        _RECORD,
        withdrawal=message.tx_id,
        protocol=message.protocol,
        account=message.user_id,
        amount=message.amount,
        status=status,
        reason=reason[:300],
    )
    if not made:
        return answer_to(message)
    _show(message, made[0]["id"], status)
    return Answer(status, reason)


def _show(message: Message, number: int, status: str) -> None:
    paid = message.amount if status == "COMPLETED" else None
    after = {"status": status, "amount": text(message.amount)}
    changed("payment", f"payments/{number}", None, after, paid=paid)
