"""Which failure needs which guard: the smallest one that was found in runs without it, and the same failure in a run
that had it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db.models import Count, F, Q

from distviz.explore.ends import BAD, LOST
from distviz.explore.kinds import ALONE, Signature, counterexamples, is_bad, of_try
from distviz.explore.models import Exploration, Try
from distviz.trace.guards import Guard
from protocols.catalogue import Protocol

_PLAIN = Q(exploration__asked__without=[]) | Q(exploration__asked__without__isnull=True)


@dataclass(frozen=True)
class Need:
    """`exploration`: the newest one without this guard, and without those beside it if that alone found nothing; None
    if nobody has looked. `found`: its smallest counterexample. `within`: the same failure with every guard."""

    guard: Guard
    exploration: Exploration | None = None
    found: Try | None = None
    runs: int = 0  # of that exploration
    within: Try | None = None


def of(protocol: Protocol) -> list[Need]:
    """For each guard of this protocol. Four statements, however many explorations there are."""
    newest = {tuple(sorted(one.without)): one for one in _newest(protocol)}
    bad: dict[object, list[Try]] = {}
    tries = Try.objects.filter(exploration__in=list(newest.values()))
    for tried in tries.filter(end__in=BAD):
        bad.setdefault(tried.exploration_id, []).append(tried)
    runs = dict(tries.values_list("exploration").annotate(Count("pk")).order_by())
    needs = [_need(guard, newest, bad, runs) for guard in protocol.guards]
    within = _within(protocol, [need.found for need in needs if need.found])
    return [replace(need, within=within.get(of_try(need.found))) if need.found else need for need in needs]


def _newest(protocol: Protocol) -> list[Exploration]:
    """One for each choice of guards."""
    found = Exploration.objects.filter(protocol=protocol.key, of_run=None, asked__without__0__isnull=False)
    chosen = found.annotate(out=F("asked__without")).order_by("out", "-started_at").distinct("out")
    return list(chosen)


def _need(
    guard: Guard,
    newest: dict[tuple[str, ...], Exploration],
    bad: dict[object, list[Try]],
    runs: dict[object, int],
) -> Need:
    seen = None
    for out in ((guard.key,), (guard.key, *guard.beside)):
        exploration = newest.get(tuple(sorted(out)))
        if exploration is None:
            continue
        others = newest.get(tuple(sorted(guard.beside))) if guard.beside and len(out) > 1 else None
        anyway = {of_try(one) for one in bad.get(others.pk, [])} if others else set()
        found = (one for one in counterexamples(bad.get(exploration.pk, [])) if is_bad(one, anyway))
        smallest = min(found, key=_weight, default=None)
        if smallest:
            return Need(guard, exploration, smallest, runs.get(exploration.pk, 0))
        seen = seen or exploration
    return Need(guard, seen, runs=runs.get(seen.pk, 0) if seen else 0)


def _weight(tried: Try) -> tuple[bool, int, int]:
    """Lost money first, then the fewest failures, then the first that was tried."""
    return tried.end != LOST, len(tried.failures), tried.number


def _within(protocol: Protocol, found: Sequence[Try]) -> dict[Signature, Try]:
    """The newest try of each of these failures with every guard in its place."""
    if not found:
        return {}
    same = Q(pk__in=[])
    for one in found:
        same |= Q(failures=one.failures) & (Q(kind=one.kind) if one.kind in ALONE else ~Q(kind__in=ALONE))
    tries = Try.objects.filter(_PLAIN, same, exploration__protocol=protocol.key, exploration__of_run=None, fired=True)
    return {of_try(one): one for one in tries.order_by("exploration__started_at", "number")}
