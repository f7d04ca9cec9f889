"""The JSON documents that the API answers with, as schemas: what of them can be relied on."""

from collections.abc import Mapping
from typing import Any

from distviz.trace.statuses import STATUSES, VERDICTS
from protocols import registry

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
COUNT: Schema = {"type": "integer", "minimum": 0}
FREE: Schema = {}
OBJECT: Schema = {"type": "object"}
ID: Schema = {"type": "string", "format": "uuid"}
TIME: Schema = {"type": "string", "format": "date-time"}
MONEY: Schema = {"type": "string", "pattern": r"^-?\d+\.\d\d$", "example": "100.00"}
PROTOCOL: Schema = {"type": "string", "enum": list(registry.PROTOCOLS)}
STATUS: Schema = {"type": "string", "enum": list(STATUSES)}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def nullable(schema: Mapping[str, Any]) -> Schema:
    return {"anyOf": [dict(schema), {"type": "null"}]}


def many(schema: Mapping[str, Any]) -> Schema:
    return {"type": "array", "items": dict(schema)}


def document(**fields: Mapping[str, Any]) -> Schema:
    """An object that has all of these; a field that may be missing ends in "_maybe"."""
    named = {name.removesuffix("_maybe"): dict(schema) for name, schema in fields.items()}
    return {"type": "object", "properties": named, "required": [name for name in fields if name in named]}


def waiting(row: Mapping[str, Any]) -> Schema:
    """Rows that wait, with their number by state and the age of the oldest in seconds."""
    counts = {"type": "object", "additionalProperties": COUNT}
    return document(counts=counts, oldest_age=nullable(NUMBER), rows=many(row))


ACCEPTED = {"id": ID, "status": STATUS, "links": ref("Links")}
SCHEMAS: dict[str, Schema] = {
    "Refusal": document(error=TEXT, code=TEXT, params=OBJECT, detail={"anyOf": [TEXT, many(OBJECT)]}, field_maybe=TEXT),
    "Links": {"type": "object", "additionalProperties": TEXT},
    "Accepted": document(**ACCEPTED, forked_from_maybe=nullable(ID), rival_of_maybe=ID),
    "Message": document(mid=ID, name=TEXT, lane=TEXT, to=TEXT, why=TEXT, at=TIME, due=nullable(TIME)),
    "Run": document(
        id=ID,
        protocol=TEXT,
        account=TEXT,
        amount=MONEY,
        note=TEXT,
        mode={"type": "string", "enum": ["run", "step"]},
        status=STATUS,
        outcome=nullable(TEXT),
        outcome_code=nullable(TEXT),
        outcome_params=OBJECT,
        verdict={"type": "string", "enum": list(VERDICTS)},
        trace_id=TEXT,
        holding=nullable(document(at=TEXT, pid=COUNT, since_maybe=FREE)),
        parked=many(ref("Message")),
        attempts=COUNT,
        late=COUNT,
        seq=COUNT,
        forked_from=nullable(ID),
        created=TIME,
        finished=nullable(TIME),
        links=ref("Links"),
    ),
    "Event": document(
        seq=COUNT,
        at=TIME,
        lane=TEXT,
        kind=TEXT,
        name=TEXT,
        phase=TEXT,
        attempt=COUNT,
        changes=many(OBJECT),
        data=OBJECT,
    ),
    "Account": document(
        protocol=PROTOCOL, name=TEXT, balance=MONEY, opening=MONEY, store=TEXT, projected_maybe=nullable(MONEY)
    ),
    "Books": document(
        opening=MONEY,
        balances=MONEY,
        paid=MONEY,
        in_flight=MONEY,
        lost=MONEY,
        overpaid=MONEY,
        as_of=nullable(TIME),
        invariants=many(document(id=TEXT, holds={"type": "boolean"}, detail=TEXT, as_of=nullable(TIME))),
    ),
    "Catalogue": document(
        key=PROTOCOL, title=TEXT, lanes={"type": "object", "additionalProperties": TEXT}, steps=many(OBJECT)
    ),
}

_RUN = "/api/runs/{run_id}"
_ANSWERS: dict[tuple[str, str], Schema] = {
    ("post", "/api/runs"): ref("Accepted"),
    ("get", "/api/runs"): document(runs=many(ref("Run")), next=nullable(ID)),
    ("get", f"{_RUN}/events"): many(ref("Event")),
    ("get", f"{_RUN}/conformance"): document(
        legal={"type": "boolean"}, first=nullable(document(seq=COUNT, rule=TEXT, says=TEXT)), checked=COUNT
    ),
    ("post", f"{_RUN}/fork"): ref("Accepted"),
    ("post", f"{_RUN}/rival"): ref("Accepted"),
    ("get", f"{_RUN}/probe"): document(run=ID, at=TIME, ms=NUMBER, reads=many(OBJECT), findings=many(OBJECT)),
    ("get", "/api/protocols"): many(ref("Catalogue")),
    ("get", "/api/accounts"): many(ref("Account")),
    ("get", "/api/accounts/{protocol}/{name}"): ref("Account"),
    ("get", "/api/books"): {"type": "object", "additionalProperties": ref("Books")},
    ("get", "/api/books/without-guards"): {"type": "object", "additionalProperties": ref("Books")},
    ("get", "/api/inbox"): waiting(document(consumer=TEXT, message_id=ID, run=ID, at=TIME, duplicates=COUNT)),
    ("get", "/api/dead-letters"): waiting(
        document(id=COUNT, run=nullable(ID), service=TEXT, name=TEXT, error=TEXT, attempts=COUNT, at=TIME, state=TEXT)
    ),
    ("get", "/api/in-doubt"): waiting(
        document(gid=TEXT, run=nullable(ID), server=TEXT, age=NUMBER, locks=many(OBJECT), decision=nullable(TEXT))
    ),
    ("get", "/api/outbox"): waiting(document(id=COUNT, protocol=PROTOCOL, status=TEXT, attempts=COUNT)),
    ("get", "/api/aggregates/{aggregate}/events"): document(
        aggregate=TEXT, version=COUNT, newest=COUNT, state=OBJECT, events=many(OBJECT)
    ),
    ("post", "/api/imports"): document(id=ID, status=STATUS, verdict=TEXT, links=ref("Links")),
}


def answer(path: str, method: str) -> Schema:
    """What an operation answers if all is well. What is done with a run is answered with the run."""
    if (method, path) in _ANSWERS:
        return _ANSWERS[method, path]
    return ref("Run") if path.startswith(_RUN) else FREE
