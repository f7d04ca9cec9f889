"""Everything that waits in the outboxes, was sent or is dead, with both sides of it: what the operator's desk shows."""

import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Count
from pymongo.errors import PyMongoError

from distviz.services.places import ACCOUNT, NOTIFICATION, PAYMENT
from distviz.story.words.sentences import say
from distviz.trace.log import dumps
from distviz.trace.models import DeadLetter
from distviz.trace.sweeps import IDLE_TICKS
from protocols.outbox.desk import both_sides, pages
from protocols.outbox.desk.pages import OutboxSide, Selection
from protocols.outbox.models import STATES

_log = logging.getLogger(__name__)
LETTERS = 20
DIED = ("dead", "requeued", "discarded")


def read(query: Mapping[str, str]) -> dict[str, Any]:
    """Raises BadRequest for a filter that makes no sense. A database that does not answer costs its own side."""
    asked = Selection.of(query)
    silent: list[str] = []
    found = {place.name: _ask(place.name, partial(pages.side, place, asked), silent) for place in (ACCOUNT, PAYMENT)}
    sides: dict[str, OutboxSide] = {name: side for name, side in found.items() if side}
    rows, older = pages.newest({name: side.rows for name, side in sides.items()}, asked.before)
    known = _known(rows, sides, silent)
    counts = {one: sum(side.counts[one] for side in sides.values()) for one in STATES}
    return {
        "asked": asked,
        "silent": silent,
        "relays": [_relay(side) for side in sides.values()],
        "stopped": [side.service for side in sides.values() if side.relay.stopped],
        "counts": [(one, counts[one], _oldest(sides, one)) for one in STATES],
        "total": sum(counts.values()),
        "rows": [_shown(row, known) for row in rows],
        "older": older,
        **_letters(),
    }


def _relay(side: OutboxSide) -> dict[str, Any]:
    """One line of the relay strip. It is absent if it has made no pass for some ticks."""
    relay = side.relay
    silent_for = max(10.0, 2 * IDLE_TICKS * settings.RECOVERY_INTERVAL)
    return {
        **asdict(relay),
        "service": side.service,
        "absent": relay.passed_s is None or relay.passed_s > silent_for,
        "passed_ms": None if relay.passed_s is None else relay.passed_s * 1000,
        "did": json.loads(relay.by_hand),
        "waiting": side.waiting,
        "lag_ms": _ms(max((side.oldest.get(one, 0.0) for one in ("pending", "publishing")), default=0.0)),
        "unanswered": side.counts["sent"],
        "unanswered_ms": _ms(side.oldest.get("sent", 0.0)),
    }


def _oldest(sides: Mapping[str, OutboxSide], one: str) -> float | None:
    ages = [side.oldest[one] for side in sides.values() if one in side.oldest]
    return _ms(max(ages)) if ages else None


def _known(rows: list[dict[str, Any]], sides: Mapping[str, OutboxSide], silent: list[str]) -> both_sides.ServiceRecords:
    nothing: tuple[dict[Any, Any], dict[Any, Any]] = ({}, {})
    account = _ask(ACCOUNT.name, partial(both_sides.of_account, rows), silent) if ACCOUNT.name in sides else None
    payment = _ask(PAYMENT.name, partial(both_sides.of_payment, rows), silent) if PAYMENT.name in sides else None
    documents = _ask(NOTIFICATION.name, partial(both_sides.of_notification, rows), silent)
    (here, entries), (there, payments) = account or nothing, payment or nothing
    return both_sides.ServiceRecords(here | there, entries, payments, documents or {})


def _shown(row: dict[str, Any], known: both_sides.ServiceRecords) -> dict[str, Any]:
    payload = json.loads(row["payload"])
    return {
        **row,
        "key": f"{row['store']}-{row['id']}",
        "payload": json.dumps(payload, indent=2, ensure_ascii=False),
        "headers": json.dumps(json.loads(row["headers"]), indent=2, ensure_ascii=False),
        "digest": digest(payload),
        "age_ms": _ms(row["age"]),
        "due_ms": _ms(max(0.0, row["due_in"])),
        "took_ms": _between(row, "created_at", "sent_at"),
        "answered_ms": _between(row, "sent_at", "acknowledged_at"),
        "sides": both_sides.sides(row, known),
    }


def digest(payload: object) -> str:
    """The same as a dead letter's."""
    return hashlib.sha256(dumps(payload).encode()).hexdigest()


def _letters() -> dict[str, Any]:
    """The dead letters of this protocol, those of its relays and those of its consumers."""
    found = DeadLetter.objects.filter(name__startswith="outbox.")
    numbers = dict(found.order_by().values_list("state").annotate(Count("id")))
    letters = [
        {
            "at": letter.at,
            "service": letter.service,
            "name": letter.name,
            "run": letter.run_id,
            "row": letter.payload.get("outbox") if isinstance(letter.payload, dict) else None,
            "error": say(letter.reason),
            "attempts": letter.attempts,
            "digest": letter.digest,
            "state": letter.state,
        }
        for letter in found.order_by("-at")[:LETTERS]
    ]
    return {"letters": letters, "letter_counts": [(one, numbers.get(one, 0)) for one in DIED]}


def _ask(name: str, question: Callable[[], Any], silent: list[str]) -> Any:
    try:
        return question()
    except (DatabaseError, PyMongoError):
        _log.warning("outbox page: %s does not answer", name, exc_info=True)
        silent.append(name)
        return None


def _ms(seconds: float) -> float:
    return max(0.0, seconds) * 1000


def _between(row: Mapping[str, Any], one: str, other: str) -> float | None:
    return _ms((row[other] - row[one]).total_seconds()) if row[one] and row[other] else None
