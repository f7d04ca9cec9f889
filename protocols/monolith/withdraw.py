"""One ACID transaction. Finished when: COMMIT in the one database."""

from distviz.errors import Declined
from distviz.trace.bus import on
from distviz.trace.outcomes import Outcome, declined, succeeded
from distviz.trace.steps import step
from protocols.monolith import bank
from protocols.monolith.events import WithdrawalRequested
from protocols.monolith.places import MONOLITH


@on(MONOLITH, WithdrawalRequested)
def withdraw(request: WithdrawalRequested) -> Outcome:
    """BEGIN, check, UPDATE, INSERT, COMMIT: all of it or nothing of it."""
    try:
        with step("withdraw"), MONOLITH.atomic():
            account = bank.lock_account(request)
            if not account.withdrawn_already:
                bank.check_balance(account, request)
                bank.deduct(account, request)
                bank.insert_transaction(account, request)
                bank.touch(account)
    except Declined as no:
        return declined(no)
    return succeeded("monolith_done", amount=request.amount)
