"""How long the web server takes for the pages that read the history."""

import time
from http import HTTPStatus
from statistics import median

from distviz.bench.load import web
from distviz.bench.rounds import Row, ratio
from distviz.bench.stats import fine
from distviz.errors import Unavailable
from distviz.trace.models import Run
from protocols.registry import PROTOCOLS

TIMES = 5


def addresses() -> list[str]:
    newest = Run.objects.exclude(finished_at=None).order_by("-created_at").first()
    first = next(iter(PROTOCOLS))
    found = [f"/runs/{newest.pk}/"] if newest else []
    found += [f"/lab/{first}/", "/runs/", f"/runs/?protocol={first}&account=alice", "/attention/"]
    return [*found, "/api/books", "/api/outbox", "/api/runs", "/readyz"]


def read() -> dict[str, float | None]:
    """{address: ms}, medians; the run's page under one name, as its number differs."""
    return {_name(path): fine(median(_ms(path) for _turn in range(TIMES))) for path in addresses()}


def compared(before: dict[str, float | None], after: dict[str, float | None]) -> list[Row]:
    return [
        {"path": path, "before_ms": before[path], "after_ms": ms, "times": ratio(ms, before[path])}
        for path, ms in after.items()
        if path in before
    ]


def _name(path: str) -> str:
    return "/runs/{id}/" if path.count("-") == 4 else path


def _ms(path: str) -> float:
    connection = web()
    since = time.perf_counter()
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        if answer.status != HTTPStatus.OK:
            raise Unavailable("web_server_silent", where=path, text=answer.status)
    except OSError as error:
        raise Unavailable("web_server_silent", where=path, text=error) from None
    finally:
        connection.close()
    return (time.perf_counter() - since) * 1000
