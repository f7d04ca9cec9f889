"""The statements of the one transaction, each as a textbook writes it."""

from dataclasses import dataclass
from decimal import Decimal

from distviz.errors import Declined
from distviz.money import text
from distviz.services.places import MONOLITH
from distviz.trace.messages import Message
from distviz.trace.steps import changed, refusal


@dataclass(frozen=True)
class LockedAccount:
    """An account whose row is locked until the end of the transaction."""

    id: int
    balance: Decimal
    withdrawn_already: bool


_LOCK = """
SELECT a.id, a.balance, EXISTS (SELECT 1 FROM transactions t WHERE t.withdrawal_id = %(withdrawal)s) AS done
FROM accounts a WHERE a.name = %(name)s FOR UPDATE OF a
"""
_DEDUCT = "UPDATE accounts SET balance = balance - %(amount)s::numeric WHERE id = %(id)s RETURNING balance"
_INSERT = """
INSERT INTO transactions (user_id, withdrawal_id, type, amount, at)
VALUES (%(id)s, %(withdrawal)s, 'withdrawal', %(amount)s::numeric, now()) RETURNING id
"""
_TOUCH = "UPDATE accounts SET updated_at = now() WHERE id = %(id)s"
_FIND = "SELECT 1 FROM transactions WHERE withdrawal_id = %(withdrawal)s"


def lock_account(request: Message) -> LockedAccount:
    """SELECT … FOR UPDATE: whoever else wants this account waits here."""
    row = MONOLITH.run(_LOCK, withdrawal=request.tx_id, name=request.user_id)[0]
    account = LockedAccount(row["id"], row["balance"], row["done"])
    if account.withdrawn_already:
        _show_transaction(request)
    return account


def check_balance(account: LockedAccount, request: Message) -> None:
    if no := refusal():
        raise no
    if account.balance < request.amount:
        raise Declined("insufficient_funds")


def deduct(account: LockedAccount, request: Message) -> None:
    row = MONOLITH.run(_DEDUCT, amount=request.amount, id=account.id)[0]
    before, after = {"balance": text(account.balance)}, {"balance": text(row["balance"])}
    changed("monolith", f"accounts/{request.user_id}", before, after)


def insert_transaction(account: LockedAccount, request: Message) -> None:
    MONOLITH.run(_INSERT, id=account.id, withdrawal=request.tx_id, amount=request.amount)
    _show_transaction(request)


def touch(account: LockedAccount) -> None:
    MONOLITH.run(_TOUCH, id=account.id)


def has_transaction(request: Message) -> bool:
    return bool(MONOLITH.ask(_FIND, {"withdrawal": request.tx_id}))


def _show_transaction(request: Message) -> None:
    after = {"type": "withdrawal", "amount": text(request.amount)}
    changed("monolith", "transactions/withdrawal", None, after, account=-request.amount, paid=request.amount)
