"""Reading an exported run from a file that anybody may have written: every field is checked, the first wrong one named.

What it may hold is what the export writes (distviz/dashboard/export/json_file.py), and nothing else.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from distviz import money
from distviz.errors import BadRequest
from distviz.trace.models import STATUSES, VERDICTS
from protocols import registry
from protocols.catalogue import LANES

LIMIT = 4 * 1024 * 1024  # bytes of a file
EVENTS, TEXT, NUMBER = 2000, 8000, 2**53
_TIME = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|\+00:00)", re.ASCII)
_SUM = re.compile(r"-?\d{1,10}\.\d\d", re.ASCII)
_COUNTS = ("wait_ms", "ms", "next_attempt", "of", "copies", "queue_ms", "pid", "times", "fired")


def _one_of(known: Any) -> AfterValidator:
    def check(value: str) -> str:
        if value not in known:
            raise ValueError(f"Give one of {', '.join(known)}.")
        return value

    return AfterValidator(check)


def _time(value: Any) -> datetime:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise ValueError("Give a time in UTC, such as 2025-03-01T12:00:00.000000Z.")
    return datetime.fromisoformat(value)


def _uuid(value: Any) -> UUID:
    if not isinstance(value, str) or len(value) != 36:
        raise ValueError("Give a UUID.")
    return UUID(value)


def _amount(value: Any) -> Decimal:
    try:
        return money.parse(value)
    except BadRequest as error:
        raise ValueError(error.message) from None


def _plain(text: str) -> str:
    if not text.isprintable():
        raise ValueError("Give one line of printable characters.")
    return text


def _bounded(value: Any) -> Any:
    """Text and numbers inside free JSON, at any depth: not too long, not too large, and such as a database can keep."""
    for leaf in _leaves(value):
        if isinstance(leaf, str):
            if len(leaf) > TEXT:
                raise ValueError(f"A text in it has more than {TEXT} characters.")
            if "\x00" in leaf or (not leaf.isascii() and leaf != leaf.encode("utf-8", "ignore").decode()):
                raise ValueError("A text in it has a character that is none.")
        elif isinstance(leaf, int | float) and abs(leaf) > NUMBER:
            raise ValueError("A number in it is too large.")
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
            raise ValueError(f"{name} is a number of 0 or more.")
        if number is not None and number > 10**9:
            raise ValueError(f"{name} is too large.")
    for name, kind in (("faults", list), ("locks", list), ("money", dict)):
        if name in value and not isinstance(value[name], kind):
            raise ValueError(f"{name} is {'a list' if kind is list else 'an object'}.")
    for moved in value.get("money", {}).values():
        for total in moved.values() if isinstance(moved, dict) else [moved]:
            if not isinstance(total, str) or not _SUM.fullmatch(total):
                raise ValueError('money is text with two decimals, such as "-100.00".')
    return value


Time = Annotated[datetime, BeforeValidator(_time)]
Id = Annotated[UUID, BeforeValidator(_uuid)]
Amount = Annotated[Decimal, BeforeValidator(_amount)]
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
    kind: Word
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
        raise BadRequest(field_name(first["loc"]), _sentence(first)) from None
    for place, event in enumerate(found.events):
        if event.seq != place + 1:
            raise BadRequest(f"events[{place}].seq", f"Events are numbered without gaps; here {place + 1} is due.")
        if event.caused_by is not None and event.caused_by >= event.seq:
            raise BadRequest(f"events[{place}].caused_by", "A cause comes before what it causes.")
    return found


def field_name(place: tuple[int | str, ...]) -> str:
    """("events", 3, "at") → "events[3].at"; names that a stranger chose are cut and made plain."""
    name = ""
    for part in place:
        name += f"[{part}]" if isinstance(part, int) else f".{ascii(part)[1:-1][:60]}"
    return name.lstrip(".") or "file"


def _sentence(problem: Any) -> str:
    words = {"missing": "This field is missing.", "extra_forbidden": "There is no such field; leave it out."}
    told = words.get(problem["type"]) or str(problem["msg"]).removeprefix("Value error, ")
    return f"{told.rstrip('.')}. Nothing was imported."
