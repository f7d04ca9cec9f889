"""What the auditor checks of two-phase commit alone: no orphans, and no participant that did not do what was
decided."""

from django.conf import settings

from distviz.codes import Reason
from distviz.services import prepared, prepared_now
from distviz.services.books import Invariant, check, open_runs
from distviz.services.places import ACCOUNT, COORDINATOR, PAYMENT

_BROKEN_VOTES = """
SELECT d.tx_id::text AS tx FROM two_phase_decisions d WHERE d.decision = 'COMMIT' AND (
    NOT EXISTS (SELECT 1 FROM two_phase_participants p WHERE p.tx_id = d.tx_id)
    OR EXISTS (SELECT 1 FROM two_phase_participants p WHERE p.tx_id = d.tx_id AND p.vote <> 'YES'))
"""
_DECISIONS = "SELECT tx_id::text AS tx, decision, ended_at IS NOT NULL AS ended FROM two_phase_decisions"
_MARKERS = "SELECT tx_id::text AS tx FROM two_phase_marker"


def invariants() -> list[Invariant]:
    """Markers are read before decisions: a decision always comes before the commits that it allows."""
    orphans = _orphans()
    marked = {place.name: {row["tx"] for row in place.ask(_MARKERS)} for place in (ACCOUNT, PAYMENT)}
    decisions = COORDINATOR.ask(_DECISIONS)
    commits = {row["tx"] for row in decisions if row["decision"] == "COMMIT"}
    ended = {row["tx"] for row in decisions if row["decision"] == "COMMIT" and row["ended"]}
    marked_since = {place.name: {row["tx"] for row in place.ask(_MARKERS)} for place in (ACCOUNT, PAYMENT)}
    unasked = [_participant(name, tx) for name, found in marked.items() for tx in sorted(found - commits)]
    missing = [_participant(name, tx) for name, found in marked_since.items() for tx in sorted(ended - found)]
    return [
        check("I5", orphans, "no_orphan"),
        check("I6", [row["tx"] for row in COORDINATOR.ask(_BROKEN_VOTES)], "commit_takes_every_yes"),
        check("I6b", unasked, "only_what_was_decided"),
        check("I6c", missing, "all_that_was_decided"),
    ]


def _participant(name: str, tx_id: str) -> Reason:
    return Reason.of("participant_in", who=name, run=tx_id)


def _orphans() -> list[str]:
    """Prepared for longer than any run may last, by a run that is over or forgotten."""
    old = [row["gid"] for place in (ACCOUNT, PAYMENT) for row in prepared_now.in_doubt(place, settings.T_TERM)]
    alive = open_runs("two_phase")
    return [gid for gid in old if prepared.tx_of(gid) not in alive]
