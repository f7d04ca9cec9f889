"""The Payment Service's operations: a payment asked for twice is done once."""

from typing import Any

from distviz.codes import Reason
from distviz.errors import Declined
from distviz.money import text
from distviz.services import closing, written
from distviz.services.places import PAYMENT
from distviz.trace import guards, known
from distviz.trace.messages import Message
from distviz.trace.steps import changed, counts, refusal

RECORD = """
INSERT INTO payments (withdrawal_id, protocol, account, amount, status, reason, why, idempotent, at)
VALUES (%(withdrawal)s, %(protocol)s, %(account)s, %(amount)s::numeric, %(status)s, %(reason)s, %(why)s::jsonb,
    %(idempotent)s, now())
ON CONFLICT DO NOTHING
RETURNING id
"""
LOOK_UP = """
SELECT id, status, reason, why::text AS why FROM payments WHERE withdrawal_id = %(withdrawal)s
"""
LOOK_UP_GUARD, REFUSAL_GUARD = "payment_lookup", "refusal"
COMPLETED, FAILED = "COMPLETED", "FAILED"


def charge(message: Message) -> Declined | None:
    """Make the payment, or record the business "no". What is recorded first stays."""
    return _record(message, refusal() or _too_late(message))


def refuses(message: Message) -> Declined | None:
    """Whether it would be declined, for a payment that is only authorised so far."""
    return refusal()


def _too_late(message: Message) -> Declined | None:
    """Every other protocol has one row for a payment, and finds it."""
    lossy = known.may_lose(message.protocol, message.user_id)
    return closing.refuses(PAYMENT, message.tx_id) if lossy else None


def refuse(message: Message, why: Reason) -> Declined | None:
    """Record that this payment will never be made; a late attempt finds this row. None: it was made already. Without
    this guard nothing is recorded."""
    if guards.off(REFUSAL_GUARD):
        return Declined(why)
    return _record(message, Declined(why))


def answer_to(message: Message) -> Declined | None:
    """Look the payment up before processing it: what was answered the first time. Without this guard nobody looks, and
    what came before is taken for paid."""
    if guards.off(LOOK_UP_GUARD):
        return None
    found = PAYMENT.run(LOOK_UP, withdrawal=message.tx_id)
    if found:
        _show(message, found[0]["id"], found[0]["status"], found=True)
    return _answer(found)


def recall(message: Message) -> Declined | None:
    """The same where the payment is not the subject: its row is not shown, but counts, as it may be news."""
    found = PAYMENT.run(LOOK_UP, withdrawal=message.tx_id)
    if found and found[0]["status"] == COMPLETED:
        counts("payment", f"payments/{found[0]['id']}", paid=message.amount)
    return _answer(found)


def _answer(found: list[dict[str, Any]]) -> Declined | None:
    if not found:
        return Declined("no_payment")
    if found[0]["status"] == COMPLETED:
        return None
    return Declined(written.read(found[0]) or "no_reason")


def _record(message: Message, no: Declined | None) -> Declined | None:
    status = FAILED if no else COMPLETED
    made = PAYMENT.run(
        RECORD,
        withdrawal=message.tx_id,
        protocol=message.protocol,
        account=message.user_id,
        amount=message.amount,
        status=status,
        **written.columns(no.reason if no else None),
        idempotent=not (known.may_lose(message.protocol) or guards.off(LOOK_UP_GUARD)),
    )
    if not made:
        return answer_to(message)
    _show(message, made[0]["id"], status)
    return no


def _show(message: Message, number: int, status: str, *, found: bool = False) -> None:
    paid = message.amount if status == COMPLETED else None
    after = {"status": status, "amount": text(message.amount)}
    changed("payment", f"payments/{number}", None, after, paid=paid, found=found)
