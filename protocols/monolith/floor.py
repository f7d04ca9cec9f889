"""The monolith's floor: its one transaction."""

from protocols.floor import Bank, floor
from protocols.monolith import bank as sql
from protocols.monolith.events import WithdrawalRequested
from protocols.monolith.places import MONOLITH


def withdraw(bank: Bank, request: WithdrawalRequested) -> None:
    with bank.atomic(MONOLITH):
        account = bank.run(MONOLITH, sql.LOCK, withdrawal=request.tx_id, name=request.user_id)[0]["id"]
        bank.run(MONOLITH, sql.DEDUCT, amount=request.amount, id=account)
        bank.run(MONOLITH, sql.INSERT, id=account, withdrawal=request.tx_id, amount=request.amount)
        bank.run(MONOLITH, sql.TOUCH, id=account)


floor(WithdrawalRequested, (MONOLITH, withdraw))
