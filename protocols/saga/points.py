"""What the lab hangs on the saga: steps without fault points, and the rows of the saga log that are shown."""

from collections.abc import Mapping
from typing import Any

from distviz.trace.handlers import Place
from distviz.trace.points import at_step
from distviz.trace.statements import Rows, at_statement
from distviz.trace.steps import changed
from protocols.saga import saga_log

for _step in ("complete", "give up", "look it up"):
    at_step("saga", _step, points=None)


@at_statement(saga_log.OPEN)
@at_statement(saga_log.DECLINE)
@at_statement(saga_log.COMPENSATE)
@at_statement(saga_log.CLOSE)
def moved(_place: Place, _params: Mapping[str, Any], rows: Rows) -> None:
    """From one status to the next; a repetition that finds it there already moves nothing."""
    for row in rows:
        if row["was"] != row["status"]:
            before = {"status": row["was"]} if row["was"] else None
            changed("account", "saga_log", before, {"status": row["status"]})
