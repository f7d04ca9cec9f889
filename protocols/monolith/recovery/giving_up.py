"""The retries of the one transaction are used up."""

from distviz.codes import Reason
from distviz.trace.outcomes import Outcome, failed, succeeded
from protocols.monolith.events import WithdrawalRequested
from protocols.monolith.places import MONOLITH
from protocols.monolith.withdraw import withdraw

_FIND = "SELECT 1 FROM transactions WHERE withdrawal_id = %(withdrawal)s"


@withdraw.gives_up
def give_up(request: WithdrawalRequested, why: Reason) -> Outcome:
    """Every attempt was rolled back, or else its one COMMIT was only not heard of: look."""
    if MONOLITH.ask(_FIND, {"withdrawal": request.tx_id}):
        return succeeded("monolith_unheard", amount=request.amount)
    return failed("monolith_failed", why=why)
