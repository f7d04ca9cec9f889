"""What costs processor time to look at, and how much of it one client may have: COSTLY_PER_MINUTE points."""

import math
from collections.abc import Mapping

from django.conf import settings
from django.http import HttpRequest

from distviz.errors import TooMany
from distviz.web import identity
from distviz.web.shares import Share

# Points for each address, by its name in the URLconf: about one for 20 ms of a processor.
POINTS: Mapping[str, int] = {
    "api:books": 10,  # the auditor queries every database
    "dashboard:export": 3,
    "dashboard:compare_export": 3,
    "dashboard:compare": 2,
    "dashboard:imported": 3,
    "dashboard:imported_export": 3,
    "dashboard:import": 5,  # posted: each event is drawn once
    "api:import_run": 5,
    "dashboard:run_probe": 1,  # a panel asks each 1.5 s while something is held
    "api:probe_now": 1,
    "api:in_doubt": 1,
    "api:aggregate": 2,
}
VERIFY = 20  # `?verify=1`: all read models are made anew beside the real ones


def spend(request: HttpRequest) -> None:
    """Raises TooMany, before anything is computed."""
    if not settings.COSTLY_PER_MINUTE:
        return
    points = _points(request)
    wait = _share().take(identity.client(request), points) if points else 0
    if wait:
        raise TooMany(math.ceil(wait), "too_costly", limit=settings.COSTLY_PER_MINUTE)


def _points(request: HttpRequest) -> int:
    match = request.resolver_match
    name = match.view_name if match else ""
    if name == "dashboard:import" and request.method != "POST":
        return 0
    return VERIFY if "verify" in request.GET else POINTS.get(name, 0)


def _share() -> Share:
    """Half a minute's worth at once."""
    global _made
    if _made.rate * 60 != settings.COSTLY_PER_MINUTE:
        _made = Share("costly", size=max(settings.COSTLY_PER_MINUTE / 2, VERIFY), rate=settings.COSTLY_PER_MINUTE / 60)
    return _made


_made = Share("costly", size=VERIFY, rate=1)
