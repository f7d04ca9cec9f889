"""What the API takes. Each field is checked by the code that owns its meaning, and all bad fields are named at once."""

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from distviz import codes, money
from distviz.errors import FieldError
from distviz.runs.asking import NOTE_MAX
from distviz.trace import faults
from distviz.trace.statuses import STATUSES
from protocols import registry


def _checked(check: Callable[[Any], Any]) -> PlainValidator:
    """A check that raises BadRequest, in the form that pydantic collects."""

    def validate(value: Any) -> Any:
        try:
            return check(value)
        except FieldError as error:
            raise _coded(error.reason, field=error.field) from None

    return PlainValidator(validate)


def _coded(reason: codes.Reason, **more: str) -> PydanticCustomError:
    """A reason on its way through pydantic; answers.py reads it."""
    return PydanticCustomError("coded", "{code}", {**reason.as_json(), **more})


def _refuse(code: str, **params: Any) -> PydanticCustomError:
    return _coded(codes.Reason.of(code, **params))


def _protocol(value: Any) -> str:
    if not isinstance(value, str) or value not in registry.PROTOCOLS:
        raise _refuse("one_of", known=", ".join(registry.PROTOCOLS))
    return value


def _account(value: Any) -> str:
    if not isinstance(value, str) or not value.isprintable() or not 0 < len(value) <= 40:
        raise _refuse("account_name")
    return value


def _note(value: Any) -> str:
    if not isinstance(value, str) or len(value) > NOTE_MAX or not value.isprintable():
        raise _refuse("note", most=NOTE_MAX)
    return value


def _reason(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value.strip()) <= NOTE_MAX or not value.isprintable():
        raise _refuse("reason_wanted", most=NOTE_MAX)
    return value.strip()


def _mode(value: Any) -> str:
    if value not in ("run", "step") or not isinstance(value, str):
        raise _refuse("mode")
    return value


def _described(kind: Any, **schema: Any) -> Any:
    """A parameter as it is described; the code that owns its meaning checks it, and says what is wrong in words."""
    return Annotated[kind, WithJsonSchema(schema)]


# What may stand in an address or behind its question mark. "" is the same as nothing.
Number = _described(str, type="string", format="uuid")
Filter = _described(str, type="string", enum=["", *registry.PROTOCOLS])
StatusFilter = _described(str, type="string", enum=["", *STATUSES])
AccountFilter = _described(str, type="string", maxLength=40)
Key = _described(str, type="string", enum=list(registry.PROTOCOLS))
Name = _described(str, type="string", minLength=1, maxLength=40)
Page = _described(int, type="integer", minimum=1, maximum=200)
Log = _described(int, type="integer", minimum=1, maximum=5000)
After = _described(int, type="integer", minimum=0, maximum=2**31 - 1)


class Strict(BaseModel):
    """No field that is not known: a request that means more than it gets must hear so."""

    model_config = ConfigDict(extra="forbid")


GuardsOff = Annotated[
    list[str],
    PlainValidator(lambda value: value),  # checked with the protocol, whose guards they are
    WithJsonSchema({"type": "array", "maxItems": faults.MOST, "items": {"type": "string"}, "example": ["inbox"]}),
]


class FaultIn(Strict):
    """A failure on purpose, of this run alone. The points and what one can do at them: GET /api/protocols."""

    at: str = Field(examples=["payment.in_tx"])
    do: str = Field(examples=["crash"])
    times: int = Field(1, ge=1, le=99)
    ms: int = Field(1000, ge=0, le=30_000)


Amount = Annotated[
    Decimal,
    _checked(money.parse),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,9}(\.\d{1,2})?$", "example": "100.00"}),
]
Faults = Annotated[
    list[faults.FaultSpec],
    _checked(faults.parse),
    WithJsonSchema({"type": "array", "maxItems": 20, "items": FaultIn.model_json_schema()}),
]
Protocol = Annotated[
    str, PlainValidator(_protocol), WithJsonSchema({"type": "string", "enum": list(registry.PROTOCOLS)})
]
Account = Annotated[
    str,
    PlainValidator(_account),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 40, "example": "alice"}),
]
Note = Annotated[str, PlainValidator(_note), WithJsonSchema({"type": "string", "maxLength": NOTE_MAX})]
Mode = Annotated[
    Literal["run", "step"], PlainValidator(_mode), WithJsonSchema({"type": "string", "enum": ["run", "step"]})
]
Reason = Annotated[
    str, PlainValidator(_reason), WithJsonSchema({"type": "string", "minLength": 1, "maxLength": NOTE_MAX})
]


class Withdrawal(Strict):
    """One withdrawal, please."""

    protocol: Protocol
    account: Account
    amount: Amount
    note: Note = ""
    faults: Faults = []
    mode: Mode = "run"
    guards_off: GuardsOff = []


class Fork(Strict):
    """The same withdrawal again, with these failures instead."""

    faults: Faults = []


class Rival(Strict):
    """A second withdrawal from the same account; of the same amount if none is given."""

    amount: Amount | None = None


class Resolve(Strict):
    """What to do with what is in doubt, and why."""

    action: Literal["commit", "rollback"] | None = None
    reason: Reason | None = None


class Order(Strict):
    """Which parked messages go first, by their ids; the others follow as they were parked."""

    order: list[Annotated[UUID, Field(strict=False)]] = Field([], max_length=100)


class Nothing(Strict):
    """An empty object, or no body at all."""
