"""What another session may ask: the stream, folded at this moment, and beside it what the read model says."""

from distviz.probe import reads
from distviz.probe.reads import Read
from distviz.trace.models import Run
from protocols.event_sourcing.aggregate import PREFIX
from protocols.event_sourcing.audit import DELTA
from protocols.event_sourcing.places import EVENTS

_FOLD = f"SELECT sum({DELTA}) AS balance, max(version) AS version FROM events WHERE aggregate = %(stream)s"
_VIEW = "SELECT balance, version FROM balance_view WHERE account = %(name)s"
_MINE = """
SELECT type, CASE type WHEN 'MoneyDeducted' THEN 'deduct' WHEN 'MoneyRefunded' THEN 'refund' ELSE '' END AS kind,
    version FROM events WHERE withdrawal_id = %(run)s ORDER BY version
"""


def of(run: Run) -> list[Read]:
    """Nothing is locked here: whoever appends the next version first has won, and the other decides anew."""
    stream = PREFIX + run.account
    return [
        Read("balance", EVENTS, "events", stream, _FOLD, {"stream": stream}),
        Read("taken", EVENTS, "events", "events", _MINE, {"run": run.pk}),
        Read("view", EVENTS, "events", f"balance_view/{run.account}", _VIEW, {"name": run.account}),
        *reads.payment(run),
        *reads.notification(run),
    ]
