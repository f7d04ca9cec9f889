"""One ACID transaction. Finished when: COMMIT in the one database."""

from distviz.codes import Reason
from distviz.errors import Declined
from distviz.services.places import MONOLITH
from distviz.story.words.sentences import english
from distviz.trace.bus import on
from distviz.trace.outcomes import Outcome, declined, failed, succeeded
from distviz.trace.steps import step
from protocols.monolith import bank
from protocols.monolith.events import WithdrawalRequested


@on(MONOLITH, WithdrawalRequested)
def withdraw(request: WithdrawalRequested) -> Outcome:
    """BEGIN, check, UPDATE, INSERT, COMMIT: all of it or nothing of it."""
    try:
        with step("withdraw", at=("account", "payment", "notification")), MONOLITH.atomic():
            account = bank.lock_account(request)
            if not account.withdrawn_already:
                bank.check_balance(account, request)
                bank.deduct(account, request)
                bank.insert_transaction(account, request)
                bank.touch(account)
    except Declined as no:
        return declined(no)
    return succeeded(f"${request.amount} was withdrawn; one COMMIT made it so.")


@withdraw.gives_up
def give_up(request: WithdrawalRequested, error: Reason) -> Outcome:
    """Every attempt was rolled back, or else its one COMMIT was only not heard of: look."""
    if bank.has_transaction(request):
        return succeeded(f"${request.amount} was withdrawn; the answer was lost on its way, the COMMIT was not.")
    return failed(f"Max retries exceeded ({english(error)}). Every attempt was rolled back; no money moved.")
