"""What the auditor checks of two-phase commit alone: no orphans, and no participant that did not do what was
decided."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import orjson
from django.conf import settings

from distviz.codes import Reason
from distviz.services import agreement, prepared, prepared_now, strays
from distviz.services.agreement import RunState, RunStates
from distviz.services.books import Invariant, check
from distviz.services.gaps import ZERO
from distviz.services.places import ACCOUNT, COORDINATOR, PAYMENT, of_runs
from protocols.two_phase.messages import LINES

_BROKEN_VOTES = f"""
SELECT d.tx_id::text AS tx FROM two_phase_decisions d WHERE d.decision = 'COMMIT' AND (
    SELECT count(*) FILTER (WHERE p.vote = 'YES' AND p.name = ANY(%(names)s)) FROM two_phase_participants p
    WHERE p.tx_id = d.tx_id) <> cardinality(%(names)s::text[]) AND {of_runs("d.tx_id")}
"""
_DECISIONS = f"""
SELECT tx_id::text AS tx, decision, ends_as, ended_at IS NOT NULL AS ended, NOT EXISTS (
    SELECT 1 FROM two_phase_participants p WHERE p.tx_id = d.tx_id AND p.done_at IS NULL) AS done
FROM two_phase_decisions d WHERE {of_runs("tx_id")}
"""
_MARKERS = f"SELECT tx_id::text AS tx, (did->'money')::text AS moved FROM two_phase_marker WHERE {of_runs('tx_id')}"


def invariants(runs: RunStates) -> list[Invariant]:
    """Markers are read before decisions: a decision always comes before the commits that it allows."""
    asked, orphans = {"runs": runs.ids}, _orphans(agreement.still_open(runs))
    rows = {place.name: place.ask(_MARKERS, asked) for place in (ACCOUNT, PAYMENT)}
    marked = {name: {row["tx"] for row in found} for name, found in rows.items()}
    decisions = COORDINATOR.ask(_DECISIONS, asked)
    commits = {row["tx"] for row in decisions if row["decision"] == "COMMIT"}
    ended = {row["tx"] for row in decisions if row["decision"] == "COMMIT" and row["ended"]}
    marked_since = {place.name: {row["tx"] for row in place.ask(_MARKERS, asked)} for place in (ACCOUNT, PAYMENT)}
    unasked = _participants(runs, {name: found - commits for name, found in marked.items()})
    missing = _participants(runs, {name: ended - found for name, found in marked_since.items()})
    return [
        check("I5", orphans, "no_orphan"),
        check("I6", _broken_votes(runs), "commit_takes_every_yes"),
        check("I6b", unasked, "only_what_was_decided"),
        check("I6c", missing, "all_that_was_decided"),
        check("I6d", [*_decided_otherwise(runs, decisions), *_marked_otherwise(runs, rows)], "ended_as_decided"),
    ]


def _participants(runs: RunStates, wrong: Mapping[str, set[str]]) -> list[Reason]:
    ours = agreement.of_this_book(runs, [tx for found in wrong.values() for tx in found])
    return [_participant(name, tx) for name, found in wrong.items() for tx in sorted(found & ours)]


def _broken_votes(runs: RunStates) -> list[str]:
    asked = {"names": list(LINES), "runs": runs.ids}
    found = [row["tx"] for row in COORDINATOR.ask(_BROKEN_VOTES, asked)]
    return sorted(agreement.of_this_book(runs, found))


def _decided_otherwise(runs: Mapping[str, RunState], decisions: list[dict[str, Any]]) -> Iterator[Reason]:
    """Runs that are over, and did not end as the log says; a run that never began has none."""
    by_run = {row["tx"]: row for row in decisions}
    for run, one in runs.items():
        row = by_run.get(run)
        if one.over and not (_as_decided(one, row) if row else one.status != "succeeded"):
            yield Reason.of("decided_otherwise", run=run, status=one.status)


def _as_decided(one: RunState, row: Mapping[str, Any]) -> bool:
    commits = row["decision"] == "COMMIT"
    return bool(
        row["ends_as"] == one.status and row["done"] and row["ended"] and commits == (one.status == "succeeded")
    )


def _marked_otherwise(runs: Mapping[str, RunState], markers: Mapping[str, list[dict[str, Any]]]) -> Iterator[Reason]:
    """Markers that say that something else was moved than the run asked for."""
    for name, rows in markers.items():
        for row in rows:
            one = runs.get(row["tx"])
            if one and _moved(row["moved"]) != one.amount:
                yield _participant(name, row["tx"])


def _moved(sums: str | None) -> Decimal:
    """What a marker's rows add up to, taken or paid."""
    rows = orjson.loads(sums or "{}").values()
    return sum((abs(Decimal(amount)) for row in rows for amount in row.values()), ZERO)


def _participant(name: str, tx_id: str) -> Reason:
    return Reason.of("participant_in", who=name, run=tx_id)


def _orphans(alive: set[str]) -> list[str]:
    """Prepared for longer than any run may last, by a run that is over or forgotten."""
    old = [row["gid"] for place in (ACCOUNT, PAYMENT) for row in prepared_now.in_doubt(place, settings.T_TERM)]
    others = strays.find(settings.T_TERM)
    malformed = [one.gid for one in others.strays if one.malformed]
    unknown = [f"? ({server})" for server in others.silent]  # nobody can say that nothing is prepared there
    return [*(gid for gid in old if prepared.tx_of(gid) not in alive), *malformed, *unknown]
