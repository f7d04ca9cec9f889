"""What costs processor time to look at, and how much of it one client may have: COSTLY_PER_MINUTE points."""

import math
from collections.abc import Mapping
from functools import cache, lru_cache

from django.conf import settings
from django.http import HttpRequest

from distviz.errors import TooMany
from distviz.web import identity
from distviz.web.shares import Share
from protocols import registry

# Points for each address, by its name in the URLconf: about one for 20 ms of a processor. What an open page asks for by
# itself, up to some times a second, costs so little that several pages may be open.
POINTS: Mapping[str, float] = {
    "api:books": 10,  # the auditor queries every database
    "api:inbox": 2,  # counts of whole tables
    "api:outbox": 2,
    "api:dead_letters": 2,
    "dashboard:lab_books": 0.5,
    "dashboard:export": 3,
    "dashboard:compare_export": 3,
    "dashboard:compare": 2,
    "dashboard:compare_frame": 0.25,
    "dashboard:lesson_frame": 0.25,
    "dashboard:explore": 1,
    "dashboard:explore_frame": 0.5,  # asked each second while it fills
    "dashboard:explore_export": 3,
    "dashboard:guards": 3,  # two small pictures for each
    "dashboard:lab_panels": 0.25,
    "dashboard:run_panels": 0.25,
    "dashboard:turning": 0.5,  # asked each second while it fills
    "dashboard:run_overview": 0.25,
    "dashboard:imported": 3,
    "dashboard:imported_export": 3,
    "dashboard:import": 5,  # posted: each event is drawn once
    "api:import_run": 5,
    "dashboard:run_probe": 1,  # a panel asks each 1.5 s while something is held
    "api:probe_now": 1,
    "api:in_doubt": 1,
    "api:conformance": 1,  # reads a whole log
    "api:aggregate": 2,
}
# What a query adds.
QUERIES: Mapping[str, Mapping[str, float]] = {
    "dashboard:run": {"probe": 1},
    "dashboard:lab_books": {"complete": 10},  # then the auditor reads everything
    "api:books": {"complete": 10},
    "dashboard:lesson": {"run": 2},  # it is a comparison then
}
LARGEST = 20


def spend(request: HttpRequest) -> None:
    """Raises TooMany, before anything is computed."""
    if not settings.COSTLY_PER_MINUTE:
        return
    points = _points(request)
    wait = _take(request, points) if points else 0
    if wait:
        raise TooMany(math.ceil(wait), "too_costly", limit=settings.COSTLY_PER_MINUTE)


def _take(request: HttpRequest, points: float) -> float:
    """The seconds until there are enough, 0 if they were taken: the client's, and those of all clients at its address
    that are known by a cookie alone. Who has none left takes nothing from the others."""
    own, all_there = _shares(settings.COSTLY_PER_MINUTE)
    client = identity.client(request)
    crowd = identity.crowd(client, identity.network(request))
    if not crowd:
        return own.take(client, points)
    wait = own.wait(client, points) or all_there.take(crowd, points)
    if not wait:
        own.charge(client, points)
    return wait


def _points(request: HttpRequest) -> float:
    match = request.resolver_match
    name = match.view_name if match else ""
    if name == "dashboard:import" and request.method != "POST":
        return 0
    queries = QUERIES.get(name) or _of_desks().get(name, {})
    return POINTS.get(name, 0) + sum(points for query, points in queries.items() if query in request.GET)


@cache
def _of_desks() -> dict[str, Mapping[str, int]]:
    desks = [protocol.desk for protocol in registry.PROTOCOLS.values() if protocol.desk]
    return {f"dashboard:{desk.page}": desk.costs for desk in desks}


@lru_cache(maxsize=4)
def _shares(limit: int) -> tuple[Share, Share]:
    """A client's, and that of all at one address: half a minute's worth at once."""
    return _share(limit), _share(limit * identity.CROWD)


def _share(limit: int) -> Share:
    return Share("costly", size=max(limit / 2, LARGEST), rate=limit / 60)
