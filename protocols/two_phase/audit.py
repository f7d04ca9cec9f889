"""What the auditor checks of two-phase commit alone: no orphans, and nobody who did not do what was decided."""

from django.conf import settings

from distviz.services.books import Invariant, check, open_runs
from distviz.services.places import ACCOUNT, COORDINATOR, PAYMENT
from protocols.two_phase import xa

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
    unasked = sorted({f"{name} in {tx}" for name, found in marked.items() for tx in found - commits})
    missing = sorted({f"{name} in {tx}" for name, found in marked_since.items() for tx in ended - found})
    return [
        check("I5", orphans, "no prepared transaction outlives its run"),
        check("I6", [row["tx"] for row in COORDINATOR.ask(_BROKEN_VOTES)], "COMMIT takes a yes from everybody"),
        check("I6b", unasked, "nobody has committed what was not decided"),
        check("I6c", missing, "what was decided was committed by everybody"),
    ]


def _orphans() -> list[str]:
    """Prepared for longer than any run may last, by a run that is over or forgotten."""
    old = [row["gid"] for place in (ACCOUNT, PAYMENT) for row in xa.in_doubt(place, settings.T_TERM)]
    alive = open_runs("two_phase")
    return [gid for gid in old if xa.tx_of(gid) not in alive]
