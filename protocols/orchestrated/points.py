"""Where the orchestrated saga can be broken, which status the run has meanwhile, and which of its rows are shown. It
hangs on the page's steps and statements from outside."""

from collections.abc import Mapping
from typing import Any

from distviz.trace import faults
from distviz.trace.handlers import Place
from distviz.trace.points import at_step
from distviz.trace.statements import Rows, at_statement
from distviz.trace.steps import changed
from protocols.orchestrated import saga_log

PROTOCOL = "orchestrated"
# After it is written down, before anything follows from it.
MOMENTS = {
    "begin": "after_begin",
    "log the deduction": "after_deduction",
    "log the payment": "after_payment",
    "turn back": "after_turning_back",
    "log the cancellation": "after_cancellation",
    "log the refund": "after_refund",
}

for _moment in MOMENTS.values():
    faults.know_point(f"coordinator.{_moment}", faults.AFTER_ACTIONS)
for _step, _moment in MOMENTS.items():
    _then = "compensating" if _step == "turn back" else ""
    at_step(PROTOCOL, _step, points=None, after=f"coordinator.{_moment}", then=_then)
at_step(PROTOCOL, "end", points=None)
for _moment in ("before_cancel", "in_cancel", "after_cancel"):
    faults.know_point(f"payment.{_moment}", faults.AFTER_ACTIONS)
at_step(PROTOCOL, "cancel", points="payment", before="before_cancel", within="in_cancel", after="after_cancel")


@at_statement(saga_log.BEGIN)
def began(_place: Place, _row: Mapping[str, Any], made: Rows) -> None:
    if made:
        changed("lab", "orchestrated_sagas", None, {"direction": "forward"})


@at_statement(saga_log.DONE)
def done(_place: Place, _row: Mapping[str, Any], made: Rows) -> None:
    for row in made:
        changed("lab", "orchestrated_sagas", None, {"steps_done": row["step"]})


@at_statement(saga_log.TURN_BACK)
def turned(_place: Place, _row: Mapping[str, Any], made: Rows) -> None:
    if made:
        changed("lab", "orchestrated_sagas", {"direction": "forward"}, {"direction": "back"})


@at_statement(saga_log.UNDONE)
def undone(_place: Place, _row: Mapping[str, Any], made: Rows) -> None:
    for row in made:
        changed("lab", "orchestrated_sagas", None, {"steps_undone": row["step"]})


@at_statement(saga_log.END)
def ended(_place: Place, _row: Mapping[str, Any], made: Rows) -> None:
    if made:
        changed("lab", "orchestrated_sagas", {"ended": "no"}, {"ended": "yes"})
