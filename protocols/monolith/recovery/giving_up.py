"""The end of the one transaction: no attempt that was paused can still commit once it is said that nothing moved."""

from collections.abc import Mapping
from typing import Any

from distviz.codes import Reason
from distviz.services import closing
from distviz.trace.handlers import Place
from distviz.trace.outcomes import Outcome, failed, succeeded
from distviz.trace.points import at_step
from distviz.trace.statements import Rows, at_statement
from distviz.trace.steps import step
from protocols.monolith import bank
from protocols.monolith.events import WithdrawalRequested
from protocols.monolith.places import MONOLITH
from protocols.monolith.withdraw import withdraw

_FIND = "SELECT 1 FROM transactions WHERE withdrawal_id = %(withdrawal)s"

at_step("monolith", "give up", points=None)


@at_statement(bank.LOCK)
def not_after_its_end(place: Place, params: Mapping[str, Any], rows: Rows) -> None:
    """Asked by each attempt, with the account's row locked."""
    if rows[0]["withdrawn"] is None and (no := closing.refuses(MONOLITH, params["withdrawal"])):
        raise no


@withdraw.instead
def for_good(request: WithdrawalRequested) -> Outcome:
    """A "no" was rolled back, so it has left nothing that another attempt would find."""
    outcome: Outcome = withdraw(request)
    if outcome.status == "declined":
        return _unreceived(request) or outcome
    return outcome


@withdraw.gives_up
def give_up(request: WithdrawalRequested, why: Reason) -> Outcome:
    """Every attempt was rolled back, or its one COMMIT succeeded and the reply was lost: check."""
    with step("give up"):
        unreceived = _unreceived(request)
    return unreceived or failed("monolith_failed", why=why)


def _unreceived(request: WithdrawalRequested) -> Outcome | None:
    """Whether an attempt has committed; from now on none can. Raises OperationalError while one may."""
    closing.close(MONOLITH, request.tx_id)
    if MONOLITH.ask(_FIND, {"withdrawal": request.tx_id}):
        return succeeded("monolith_unheard", amount=request.amount)
    return None
