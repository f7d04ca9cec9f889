"""The statements of the one transaction, each as a textbook writes it."""

from dataclasses import dataclass
from decimal import Decimal

from distviz.errors import Declined
from protocols.monolith.events import WithdrawalRequested
from protocols.monolith.places import MONOLITH

LOCK = """
SELECT a.id, a.balance, (SELECT t.amount FROM transactions t WHERE t.withdrawal_id = %(withdrawal)s) AS withdrawn
FROM accounts a WHERE a.name = %(name)s FOR UPDATE OF a
"""
DEDUCT = "UPDATE accounts SET balance = balance - %(amount)s::numeric WHERE id = %(id)s RETURNING name, balance"
INSERT = """
INSERT INTO transactions (user_id, withdrawal_id, type, amount, at)
VALUES (%(id)s, %(withdrawal)s, 'withdrawal', %(amount)s::numeric, now())
"""
TOUCH = "UPDATE accounts SET updated_at = now() WHERE id = %(id)s"


@dataclass(frozen=True)
class LockedAccount:
    """An account whose row is locked until the end of the transaction."""

    id: int
    balance: Decimal
    withdrawn: Decimal | None  # by an earlier attempt at the same withdrawal

    @property
    def withdrawn_already(self) -> bool:
        return self.withdrawn is not None


def lock_account(request: WithdrawalRequested) -> LockedAccount:
    """SELECT … FOR UPDATE: another withdrawal from this account waits here."""
    return LockedAccount(**MONOLITH.run(LOCK, withdrawal=request.tx_id, name=request.user_id)[0])


def check_balance(account: LockedAccount, request: WithdrawalRequested) -> None:
    if account.balance < request.amount:
        raise Declined("insufficient_funds")


def deduct(account: LockedAccount, request: WithdrawalRequested) -> None:
    MONOLITH.run(DEDUCT, amount=request.amount, id=account.id)


def insert_transaction(account: LockedAccount, request: WithdrawalRequested) -> None:
    MONOLITH.run(INSERT, id=account.id, withdrawal=request.tx_id, amount=request.amount)


def touch(account: LockedAccount) -> None:
    MONOLITH.run(TOUCH, id=account.id)
