"""The filters of the list of runs: out of a URL, and into one."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from distviz.runs.lookup import MOST, Wanted
from distviz.trace.statuses import STATUSES

_LONGEST = {"account": 40, "q": 80}


@dataclass(frozen=True)
class Tally:
    """A status with its number, and the address at which it is (no longer) asked for. `more`: than were counted."""

    status: str
    n: int
    on: bool
    href: str
    more: bool = False


@dataclass(frozen=True)
class FrequentQuestion:
    """A question that people have often."""

    title: str
    query: str
    on: bool


def read(params: QueryDict) -> Wanted:
    """What a URL selects. An invalid value finds nothing, or counts as absent."""
    return Wanted(
        protocol=_text(params, "protocol"),
        statuses=tuple(dict.fromkeys(one for one in params.getlist("status") if one in STATUSES)),
        verdict=_text(params, "verdict"),
        account=_text(params, "account"),
        faulty=bool(params.get("faults")),
        retried=bool(params.get("retries")),
        text=_text(params, "q"),
    )


def tallies(params: QueryDict, wanted: Wanted, numbers: Mapping[str, int]) -> list[Tally]:
    """One for each status that occurs or is asked for. Together they are the total."""
    most = MOST if wanted.account else sys.maxsize
    return [
        Tally(status, min(n, most), status in wanted.statuses, _toggled(params, wanted, status), n > most)
        for status, n in ((status, numbers.get(status, 0)) for status in STATUSES)
        if n or status in wanted.statuses
    ]


def views(params: QueryDict) -> list[FrequentQuestion]:
    asked = _plain(params)
    saved: list[tuple[str, dict[str, Any]]] = [
        (_("Retrying now"), {"status": ["retrying", "waiting_lock"]}),
        (_("In doubt"), {"verdict": ["in_doubt"]}),
        (_("Needs manual action"), {"status": ["needs_attention"]}),
        (_("Money lost"), {"verdict": ["money_lost"]}),
        (_("Paid twice"), {"verdict": ["paid_twice"]}),
        (_("Compensated"), {"status": ["compensated"]}),
        (_("More than one attempt"), {"retries": ["1"]}),
        (_("With an injected fault"), {"faults": ["1"]}),
    ]
    return [FrequentQuestion(title, _url(query), asked == query) for title, query in saved]


def _text(params: QueryDict, name: str) -> str:
    """One line that a database can be asked for."""
    value = "".join(letter for letter in params.get(name, "") if letter.isprintable())
    return value.strip()[: _LONGEST.get(name, 30)]


def _toggled(params: QueryDict, wanted: Wanted, status: str) -> str:
    others = [one for one in wanted.statuses if one != status]
    chosen = others if status in wanted.statuses else [*others, status]
    return _url({**_plain(params), "status": chosen})


def _plain(params: QueryDict) -> dict[str, list[str]]:
    """The filters alone: not the place in the list, nor what is ticked."""
    kept = ("protocol", "status", "verdict", "account", "faults", "retries", "q")
    return {name: values for name in kept if (values := [value for value in params.getlist(name) if value])}


def _url(query: Mapping[str, list[str]]) -> str:
    params = QueryDict(mutable=True)
    for name, values in query.items():
        params.setlist(name, values)
    return f"?{params.urlencode()}"
