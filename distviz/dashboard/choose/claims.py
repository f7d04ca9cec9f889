"""What is said of each protocol, beside what its recent runs measured: the median of those that went well, and one
whose payment was refused."""

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any
from uuid import UUID

from django.db import connections
from django.utils.translation import gettext as _

from distviz.runs.evidence import IS_EVIDENCE
from distviz.story.measured import Measures
from distviz.story.measures import measure
from distviz.story.words import wording
from distviz.trace.models import Event, Run
from protocols import registry
from protocols.catalogue import Protocol

ENOUGH = 7  # runs that a median is taken of
REFUSED = "payment.in_tx:decline"
KEPT = 400

# Of each protocol's newest finished runs that are evidence, the faults that they were started with: a short index scan.
_NEWEST = f"""
SELECT p.key, r.id, r.status,
    ARRAY(SELECT f.at || ':' || f."do" FROM run_faults f WHERE f.run_id = r.id) AS faults
FROM unnest(%(keys)s::text[]) AS p(key), LATERAL (
    SELECT id, status, created_at FROM runs r
    WHERE r.protocol = p.key AND r.finished_at IS NOT NULL AND {IS_EVIDENCE} ORDER BY r.created_at DESC LIMIT 200
) r ORDER BY p.key, r.created_at DESC
"""
_lock = threading.Lock()
_measured: OrderedDict[UUID, Measures] = OrderedDict()  # of finished runs, which never change


@dataclass(frozen=True)
class Medians:
    """What some runs of a protocol cost; None where there are none."""

    runs: Sequence[UUID]
    measures: Sequence[Measures]

    @property
    def proof(self) -> UUID | None:
        return self.runs[0] if self.runs else None

    @property
    def gap(self) -> str:
        if any(one.for_ever for one in self.measures):
            return _("permanently")
        ms = self._median("gap_ms")
        return wording.duration(ms) if ms else _("never")

    @property
    def locks(self) -> str:
        return wording.duration(median(one.locks() for one in self.measures))

    @property
    def latency(self) -> str:
        return wording.duration(self._median("latency_ms"))

    @property
    def messages(self) -> int:
        return round(self._median("messages"))

    @property
    def commits(self) -> int:
        return round(self._median("commits"))

    def _median(self, name: str) -> float:
        return median(float(getattr(one, name)) for one in self.measures)


@dataclass(frozen=True)
class Claim:
    """One line of the table."""

    protocol: Protocol
    plain: Medians
    refused: Medians

    @property
    def stars(self) -> str:
        return "★" * self.protocol.complexity + "☆" * (3 - self.protocol.complexity)


def claims() -> list[Claim]:
    """All protocols, in three queries however many runs there are."""
    keys = list(registry.PROTOCOLS)
    plain, refused = _chosen(keys)
    measured = _measures([run for chosen in (*plain.values(), *refused.values()) for run in chosen])
    return [Claim(registry.get(key), _medians(plain[key], measured), _medians(refused[key], measured)) for key in keys]


def _medians(runs: Sequence[UUID], measured: dict[UUID, Measures]) -> Medians:
    known = [run for run in runs if run in measured]
    return Medians(known, [measured[run] for run in known])


def _chosen(keys: list[str]) -> tuple[dict[str, list[UUID]], dict[str, list[UUID]]]:
    with connections["default"].cursor() as cursor:
        cursor.execute(_NEWEST, {"keys": keys})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    plain: dict[str, list[UUID]] = defaultdict(list)
    refused: dict[str, list[UUID]] = defaultdict(list)
    for key, run, status, faults in rows:
        if not faults and status == "succeeded" and len(plain[key]) < ENOUGH:
            plain[key].append(run)
        elif faults == [REFUSED] and not refused[key]:
            refused[key].append(run)
    return plain, refused


def _measures(ids: Iterable[UUID]) -> dict[UUID, Measures]:
    """From memory, or folded from the logs."""
    wanted = set(ids)
    with _lock:
        found = {run: _measured[run] for run in wanted if run in _measured}
    missing = Run.objects.in_bulk(list(wanted - found.keys()))
    logs: dict[UUID, list[Event]] = defaultdict(list)
    for event in Event.objects.filter(run__in=list(missing)).order_by("run_id", "seq"):
        logs[event.run_id].append(event)
    new = {pk: measure(run, registry.get(run.protocol), logs[pk]) for pk, run in missing.items()}
    with _lock:
        _measured.update(new)
        while len(_measured) > KEPT:
            _measured.popitem(last=False)
    return found | new
