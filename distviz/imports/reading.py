"""Reading an exported run from a file of unknown origin: every field is checked, the first wrong one named.

What it may hold is what the export writes (distviz/dashboard/export/json_file.py), and nothing else.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema

from distviz import money
from distviz.codes import Reason
from distviz.errors import BadRequest, Coded
from distviz.story.shapes import LANES
from distviz.story.words.table import KINDS
from distviz.trace.statuses import FINAL, STATUSES, VERDICTS
from protocols import registry

LIMIT = 4 * 1024 * 1024  # bytes of a file
EVENTS, TEXT, NUMBER = 2000, 8000, 2**53
_TIME = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|\+00:00)", re.ASCII)
_SUM = re.compile(r"-?\d{1,10}\.\d\d", re.ASCII)
_COUNTS = ("wait_ms", "ms", "next_attempt", "of", "copies", "queue_ms", "pid", "times", "fired")


class Wrong(Coded, ValueError):
    """A value that makes no sense, said by a code; a ValueError, for that is what pydantic collects."""


def _one_of(known: Any) -> AfterValidator:
    def check(value: str) -> str:
        if value not in known:
            raise Wrong("one_of", known=", ".join(sorted(known)))
        return value

    return AfterValidator(check)


def _time(value: Any) -> datetime:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise Wrong("time_in_utc")
    return datetime.fromisoformat(value)


def _uuid(value: Any) -> UUID:
    if not isinstance(value, str) or len(value) != 36:
        raise Wrong("uuid")
    return UUID(value)


def _amount(value: Any) -> Decimal:
    try:
        return money.parse(value)
    except BadRequest as error:
        raise Wrong(error.reason) from None


def _plain(text: str) -> str:
    if not text.isprintable():
        raise Wrong("one_line")
    return text


def _bounded(value: Any) -> Any:
    """Text and numbers inside free JSON, at any depth: not too long, not too large, and such as a database can keep."""
    for leaf in _leaves(value):
        if isinstance(leaf, str):
            if len(leaf) > TEXT:
                raise Wrong("text_too_long", most=TEXT)
            if "\x00" in leaf or (not leaf.isascii() and leaf != leaf.encode("utf-8", "ignore").decode()):
                raise Wrong("bad_character")
        elif isinstance(leaf, int | float) and abs(leaf) > NUMBER:
            raise Wrong("number_too_large")
    return value


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for key, inside in value.items():
            yield key
            yield from _leaves(inside)
    elif isinstance(value, list):
        for inside in value:
            yield from _leaves(inside)
    else:
        yield value


def _data(value: dict[str, Any]) -> dict[str, Any]:
    """The fields that the picture counts with."""
    for name in _COUNTS:
        number = value.get(name)
        if number is not None and (isinstance(number, bool) or not isinstance(number, int | float) or number < 0):
            raise Wrong("number_from_zero", name=name)
        if number is not None and number > 10**9:
            raise Wrong("named_number_too_large", name=name)
    for name, kind in (("faults", list), ("locks", list), ("money", dict)):
        if name in value and not isinstance(value[name], kind):
            raise Wrong("is_a_list" if kind is list else "is_an_object", name=name)
    for moved in value.get("money", {}).values():
        for total in moved.values() if isinstance(moved, dict) else [moved]:
            if not isinstance(total, str) or not _SUM.fullmatch(total):
                raise Wrong("money_is_text")
    return value


Time = Annotated[datetime, BeforeValidator(_time)]
Id = Annotated[UUID, BeforeValidator(_uuid)]
Amount = Annotated[
    Decimal, BeforeValidator(_amount), WithJsonSchema({"type": "string", "pattern": r"^\d{1,9}(\.\d{1,2})?$"})
]
Word = Annotated[str, Field(pattern=r"^[a-z_]{1,20}$")]
Line = Annotated[str, AfterValidator(_plain), AfterValidator(_bounded)]
Lane = Annotated[str, _one_of(LANES)]
Changes = Annotated[dict[str, Any], AfterValidator(_bounded)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class RunIn(Strict):
    id: Id
    protocol: Annotated[str, _one_of(registry.PROTOCOLS)]
    account: Annotated[Line, Field(min_length=1, max_length=40)]
    amount: Amount
    note: Annotated[Line, Field(max_length=200)]
    mode: Literal["run", "step"]
    status: Annotated[str, _one_of(STATUSES)]
    verdict: Annotated[str, _one_of(VERDICTS)]
    outcome: Annotated[str, Field(max_length=300), AfterValidator(_bounded)] | None
    trace_id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    created: Time
    finished: Time | None
    forked_from: Id | None


class FaultIn(Strict):
    at: Annotated[Line, Field(min_length=1, max_length=80)]
    do: Word
    times: Annotated[int, Field(ge=1, le=99)]
    ms: Annotated[int, Field(ge=0, le=30_000)]
    fired: Annotated[int, Field(ge=0, le=99)]


class EventIn(Strict):
    seq: Annotated[int, Field(ge=1, le=EVENTS)]
    at: Time
    lane: Lane
    to: Lane = ""
    kind: Annotated[Word, _one_of(KINDS)]
    name: Annotated[Line, Field(min_length=1, max_length=80)]
    phase: Word
    attempt: Annotated[int, Field(ge=1, le=10_000)]
    caused_by: Annotated[int, Field(ge=1, le=EVENTS)] | None
    span_id: Annotated[str, Field(pattern=r"^([0-9a-f]{16})?$")]
    changes: Annotated[list[Changes], Field(max_length=200)]
    statements: Annotated[list[Annotated[str, AfterValidator(_bounded)]], Field(max_length=200)]
    error: Annotated[str, Field(max_length=4000), AfterValidator(_bounded)] = ""
    data: Annotated[dict[str, Any], AfterValidator(_bounded), AfterValidator(_data)]


class RunFile(Strict):
    format: Literal["distviz.run"]
    schema_: Annotated[Literal[1], Field(alias="schema")]
    run: RunIn
    faults: Annotated[list[FaultIn], Field(max_length=20)]
    events: Annotated[list[EventIn], Field(min_length=1, max_length=EVENTS)]


def check(value: Any) -> RunFile:
    """Raises BadRequest naming the first field that is wrong, such as `events[3].at`."""
    try:
        found = RunFile.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        raise BadRequest(field_name(first["loc"]), "not_imported", why=_why(first)) from None
    for place, event in enumerate(found.events):
        if event.seq != place + 1:
            raise BadRequest(f"events[{place}].seq", "seq_without_gaps", seq=place + 1)
        if event.caused_by is not None and event.caused_by >= event.seq:
            raise BadRequest(f"events[{place}].caused_by", "cause_comes_before")
        if event.kind == "finished":
            _finished(event, f"events[{place}]")
    return found


def _finished(event: EventIn, where: str) -> None:
    """The end of a run: what it says is the run's status and verdict wherever the run is shown."""
    for field, value, known in (
        ("name", event.name, FINAL),
        ("data.verdict", event.data.get("verdict", VERDICTS[0]), VERDICTS),
    ):
        if value not in known:
            raise BadRequest(f"{where}.{field}", "one_of", known=", ".join(known))


def field_name(place: tuple[int | str, ...]) -> str:
    """("events", 3, "at") → "events[3].at"; names that a stranger chose are cut and made plain."""
    name = ""
    for part in place:
        name += f"[{part}]" if isinstance(part, int) else f".{ascii(part)[1:-1][:60]}"
    return name.lstrip(".") or "file"


def _why(problem: Any) -> Reason:
    """Our own reason, or what the library says."""
    error = problem.get("ctx", {}).get("error")
    if isinstance(error, Wrong):
        return error.reason
    known = {"missing": "field_missing", "extra_forbidden": "field_unknown"}.get(problem["type"])
    return Reason(known) if known else Reason.of("field_invalid", text=f"{problem['msg'].rstrip('.')}.")
