"""What the lab hangs on the one transaction: the fault points of all three services, and the rows that are shown."""

from collections.abc import Mapping
from typing import Any

from distviz.money import text
from distviz.services.places import ACCOUNT, NOTIFICATION, PAYMENT
from distviz.trace.handlers import Place
from distviz.trace.points import at_step
from distviz.trace.statements import Rows, at_statement
from distviz.trace.steps import changed, refusal
from protocols.monolith import bank

at_step("monolith", "withdraw", points=(ACCOUNT.name, PAYMENT.name, NOTIFICATION.name))


@at_statement(bank.LOCK)
def locked(_place: Place, params: Mapping[str, Any], rows: Rows) -> None:
    """The moment of a "no" that was switched on. A repetition shows again what the first attempt has committed."""
    if rows[0]["withdrawn"] is not None:
        _show(rows[0]["withdrawn"], found=True)
    elif no := refusal():
        raise no


@at_statement(bank.DEDUCT)
def deducted(_place: Place, params: Mapping[str, Any], rows: Rows) -> None:
    after = rows[0]["balance"]
    before = {"balance": text(after + params["amount"])}
    changed("monolith", f"accounts/{rows[0]['name']}", before, {"balance": text(after)})


@at_statement(bank.INSERT)
def inserted(_place: Place, params: Mapping[str, Any], _rows: Rows) -> None:
    _show(params["amount"])


def _show(amount: Any, *, found: bool = False) -> None:
    after = {"type": "withdrawal", "amount": text(amount)}
    changed("monolith", "transactions/withdrawal", None, after, account=-amount, paid=amount, found=found)
