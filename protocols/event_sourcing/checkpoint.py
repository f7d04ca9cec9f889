"""Whether the store still has the event that the checkpoint points at. After a restored backup it does not: then the
read models show what never happened, and the projector would pass over what comes next."""

from distviz.codes import Reason
from protocols.backlog import Backlog
from protocols.event_sourcing.projection import PROJECTOR

# Another event at that position, appended at another time, is not the one that was projected.
IS_AHEAD = """c.position > 0 AND NOT EXISTS (
    SELECT 1 FROM events e WHERE e.position = c.position AND e.at = COALESCE(c.event_at, e.at))"""
_AHEAD = f"""
SELECT c.position, COALESCE((SELECT max(position) FROM events), 0) AS newest
FROM checkpoint c WHERE c.name = 'accounts' AND {IS_AHEAD}
"""

# How far the read models are behind, and whether they are ahead.
BACKLOG = Backlog(
    part="projection",
    name="lag",
    databases=[PROJECTOR.alias],
    sql=f"""
SELECT GREATEST(0, COALESCE((SELECT max(position) FROM events), 0) - COALESCE(min(c.position), 0)),
    COALESCE(bool_or({IS_AHEAD}), false)
FROM checkpoint c
""",
    wrong="read_models_ahead",
)


def ahead() -> Reason | None:
    """What there is to say about a checkpoint that is not in the store."""
    for row in PROJECTOR.ask(_AHEAD):
        return Reason.of("checkpoint_ahead", position=row["position"], newest=row["newest"])
    return None
