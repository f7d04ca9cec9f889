"""/healthz and /readyz: whether this process lives, and whether everything that distviz needs answers.

The answers name roles, ages and counts and nothing else: no address, no password, no error text of a driver.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

from django.conf import settings
from django.db import connections
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from distviz.codes import Reason
from distviz.errors import Coded
from distviz.health import left_out, questions
from distviz.story.words.sentences import english
from protocols.backlog import Backlog
from protocols.registry import PROTOCOLS

STALE_S = 10.0
ANSWER_WITHIN_S = 2.0
KEPT_S = 1.0  # many may ask; the servers are asked once a second
HARD = ("databases", "broker", "live", "mongo", "roles")

Answers = Mapping[tuple[str, str], dict[str, Any]]
_log = logging.getLogger(__name__)
_threads = ThreadPoolExecutor(16, thread_name_prefix="health")
_lock = threading.Lock()
_last: tuple[float, dict[str, Any]] = (float("-inf"), {})


def healthz(request: HttpRequest) -> HttpResponse:
    """The process is alive. Queries no server."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> HttpResponse:
    """503 if something is missing without which withdrawals do not work."""
    found = state()
    if getattr(request, "htmx", False):
        return render(request, "health/line.html", {"health": found})
    return JsonResponse(found, status=200 if found["ready"] else 503)


def state() -> dict[str, Any]:
    """Everything that /readyz says, at most a second old."""
    global _last
    with _lock:
        at, found = _last
        if time.monotonic() - at > KEPT_S:
            found = _read()
            _last = (time.monotonic(), found)
    return found


def _read() -> dict[str, Any]:
    """All questions at once, each with its own time limit: one server that hangs must not hide the others."""
    asked = {
        **{("databases", alias): _ask(partial(questions.database, alias)) for alias in connections},
        ("broker", ""): _ask(questions.broker),
        ("live", ""): _ask(questions.live),
        ("mongo", ""): _ask(questions.mongo),
        ("roles", ""): _ask(questions.heartbeats),
        ("waiting", ""): _ask(partial(questions.row, "default", questions.WAITING)),
        **_ask_each("in_doubt", list(connections), questions.IN_DOUBT),
    }
    for backlog in backlogs():
        asked |= _ask_each(backlog.part, backlog.databases, backlog.sql)
    deadline = time.monotonic() + ANSWER_WITHIN_S
    answers = {question: _answer(future, deadline) for question, future in asked.items()}
    ages: Mapping[str, float] = answers["roles", ""].get("value") or {}
    dead, unfinished = answers["waiting", ""].get("value") or (None, None)
    found: dict[str, Any] = {
        "databases": {alias: _verdict(answers["databases", alias]) for alias in connections},
        "broker": _verdict(answers["broker", ""]),
        "live": _verdict(answers["live", ""]),
        "mongo": _verdict(answers["mongo", ""]),
        "roles": {
            role: {"ok": ages.get(role, STALE_S + 1) <= STALE_S, "age": ages.get(role)} for role in questions.ROLES
        },
        **{one.part: {one.name: _sum(answers, one.part), **_wrong(one, answers)} for one in backlogs()},
        "in_doubt": _sum(answers, "in_doubt"),
        "dead_letters": dead,
        "open_runs": unfinished,
        "protocols": {"outside": [one.key for one in settings.OUTSIDE.loaded], "left_out": left_out.shown()},
    }
    hard = [*HARD, *(one.part for one in backlogs() if one.wrong)]
    return {"ready": all(_all_ok(found[part]) for part in hard), **found}


def backlogs() -> list[Backlog]:
    return [protocol.backlog for protocol in PROTOCOLS.values() if protocol.backlog]


def _ask_each(subject: str, aliases: Sequence[str], sql: str) -> dict[tuple[str, str], "Future[Any]"]:
    return {(subject, alias): _ask(partial(questions.row, alias, sql)) for alias in aliases}


def _sum(answers: Answers, subject: str) -> int | None:
    """Over all databases that were asked; None (not known) if one of them did not answer."""
    found = [answer.get("value") for (about, _), answer in answers.items() if about == subject]
    return None if None in found else sum(row[0] for row in found if row)


def _wrong(backlog: Backlog, answers: Answers) -> dict[str, Any]:
    """Whether its second question found what a person has to mend; {} if it has none."""
    if not backlog.wrong:
        return {}
    found = [answers[backlog.part, alias].get("value") for alias in backlog.databases]
    if not any(row[1] for row in found if row):
        return {"ok": True}
    reason = Reason(backlog.wrong)
    return {"ok": False, "error": english(reason), **reason.as_json()}


def _ask(question: Callable[[], Any]) -> "Future[Any]":
    return _threads.submit(_timed, question)


def _timed(question: Callable[[], Any]) -> dict[str, Any]:
    began = time.perf_counter()
    value = question()
    return {"ok": True, "ms": round((time.perf_counter() - began) * 1000, 1), "value": value}


def _answer(future: "Future[Any]", deadline: float) -> dict[str, Any]:
    try:
        return dict(future.result(max(0.01, deadline - time.monotonic())))
    except Exception as error:  # whatever a driver raises means the same: it does not answer
        future.cancel()
        _log.warning("readyz: %s: %s", type(error).__name__, error)
        reason = _why(error)
        return {"ok": False, "error": english(reason), **reason.as_json()}


def _why(error: Exception) -> Reason:
    if isinstance(error, Coded):
        return error.reason
    return Reason("no_answer_in_time" if isinstance(error, TimeoutError) else "does_not_answer")


def _verdict(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "value"}


def _all_ok(part: dict[str, Any]) -> bool:
    return bool(part["ok"]) if "ok" in part else all(one["ok"] for one in part.values())
