"""The Account Service's operations: each is one statement that moves the money and writes the ledger."""

from decimal import Decimal
from typing import Any

from distviz.errors import Declined
from distviz.money import text
from distviz.services import closing, inbox
from distviz.services.places import ACCOUNT
from distviz.trace import known
from distviz.trace.messages import Message
from distviz.trace.steps import changed, refusal

DEDUCT = """
WITH account AS (
    UPDATE accounts SET balance = balance - %(amount)s::numeric, updated_at = now()
    WHERE protocol = %(protocol)s AND name = %(name)s AND balance >= %(amount)s::numeric
    RETURNING id, balance
)
INSERT INTO ledger (account_id, withdrawal_id, kind, delta, at)
SELECT id, %(withdrawal)s, 'deduct', -%(amount)s::numeric, now() FROM account
RETURNING (SELECT balance FROM account) AS balance
"""

REFUND = """
WITH taken AS (
    SELECT account_id, -delta AS amount FROM ledger WHERE withdrawal_id = %(withdrawal)s AND kind = 'deduct'
), entry AS (
    INSERT INTO ledger (account_id, withdrawal_id, kind, delta, at)
    SELECT account_id, %(withdrawal)s, 'refund', amount, now() FROM taken
    ON CONFLICT (withdrawal_id, kind) DO NOTHING
    RETURNING account_id, delta
)
UPDATE accounts SET balance = balance + entry.delta, updated_at = now()
FROM entry WHERE accounts.id = entry.account_id
RETURNING accounts.balance
"""


def refuses(message: Message) -> Declined | None:
    """A "no" that has nothing to do with the balance: one that was switched on."""
    return refusal()


def _too_late(message: Message) -> Declined | None:
    """Every other protocol has a record of its own that a late attempt finds."""
    lossy = known.may_lose(message.protocol, message.user_id)
    return closing.refuses(ACCOUNT, message.tx_id) if lossy else None


def deduct(message: Message) -> Declined | None:
    """Take the amount if the balance covers it; otherwise nothing was taken, and why."""
    if no := refuses(message) or _too_late(message):
        return no
    rows = ACCOUNT.run(
        DEDUCT,
        protocol=message.protocol,
        name=message.user_id,
        amount=message.amount,
        withdrawal=message.tx_id,
    )
    if not rows:
        return Declined("insufficient_funds")
    _show(message, "deduct", -message.amount, rows[0]["balance"])
    return None


def refund(message: Message) -> bool:
    """The compensating transaction: a second and opposite entry. False if nothing was taken or it was given back."""
    rows = ACCOUNT.run(REFUND, withdrawal=message.tx_id)
    if rows:
        _show(message, "refund", message.amount, rows[0]["balance"])
    return bool(rows)


def show_committed(message: Message) -> None:
    """A copy of a message found its work done: show the rows that are there, in case the process that wrote them could
    not record them."""
    found = ACCOUNT.ask("SELECT kind, delta FROM ledger WHERE withdrawal_id = %(id)s", {"id": message.tx_id})
    for entry in found:
        _show_entry(message, entry["kind"], entry["delta"], found=True)


inbox.shows(ACCOUNT, show_committed)


def balances(protocol: str) -> list[dict[str, Any]]:
    """[{name, balance, opening}] in the order of their opening."""
    return ACCOUNT.ask(
        "SELECT name, balance, opening FROM accounts WHERE protocol = %(p)s ORDER BY id", {"p": protocol}
    )


def has(protocol: str, name: str) -> bool:
    sql = "SELECT 1 FROM accounts WHERE protocol = %(p)s AND name = %(n)s"
    return bool(ACCOUNT.ask(sql, {"p": protocol, "n": name}))


def _show(message: Message, kind: str, delta: Decimal, balance: Decimal) -> None:
    row = f"accounts/{message.user_id}"
    changed("account", row, {"balance": text(balance - delta)}, {"balance": text(balance)})
    _show_entry(message, kind, delta)


def _show_entry(message: Message, kind: str, delta: Decimal, *, found: bool = False) -> None:
    changed("account", f"ledger/{kind}", None, {"kind": kind, "delta": text(delta)}, account=delta, found=found)
