"""What crosses from one service to another: small frozen values, events in the past tense, commands in the
imperative."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar, Self

from distviz import money
from distviz.codes import Reason
from distviz.stack import outside
from distviz.trace import context
from distviz.trace.envelopes import keepable

TYPES: dict[str, type["Message"]] = {}
_PARTS: dict[type["Message"], Sequence[tuple[str, Any]]] = {}
LONGEST = 1000  # characters of a text in a message


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message about one withdrawal. `form` is command, event or reply; `channel` is where it is published."""

    tx_id: str
    user_id: str
    amount: Decimal
    reason: Reason | None = None
    timestamp: str = field(default_factory=_now)

    protocol: ClassVar[str] = ""
    form: ClassVar[str] = "event"
    channel: ClassVar[str] = ""
    one_per: ClassVar[str] = ""  # the field that tells two of them about the same withdrawal apart

    def __init_subclass__(cls, *, channel: str = "", one_per: str = "", **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.channel, cls.one_per = channel or cls.channel, one_per or cls.one_per
        cls.protocol = outside.key_of(cls.__module__) or cls.protocol
        TYPES[cls.wire_type()] = cls

    @classmethod
    def wire_type(cls) -> str:
        return f"{cls.protocol}.{cls.__name__}"

    @cached_property
    def id(self) -> str:
        """The same for every copy and every repetition: what the inbox recognises a duplicate by."""
        which = f":{getattr(self, self.one_per)}" if self.one_per else ""
        return str(uuid.uuid5(uuid.UUID(self.tx_id), self.wire_type() + which))

    @classmethod
    def of(cls, other: "Message", **changes: Any) -> Self:
        """The next message about the same withdrawal."""
        return cls(tx_id=other.tx_id, user_id=other.user_id, amount=other.amount, **changes)

    def to_wire(self) -> dict[str, Any]:
        body = {name: getattr(self, name) for name, _wanted in _parts(type(self))}
        why = self.reason.as_json() if self.reason else None
        return {**body, "type": self.wire_type(), "id": self.id, "amount": money.text(self.amount), "reason": why}

    def headers(self) -> dict[str, Any]:
        """What travels beside it (its trace, its run's failures), for a sender that stores it now and publishes it
        later."""
        delivery = context.current()
        if delivery is None:
            raise RuntimeError("a message is stored by a handler, in its transaction")
        return delivery.note()


def from_wire(wire: Mapping[str, Any]) -> Message:
    """Check and read a message that came from a queue. Raises KeyError, ValueError, TypeError or BadRequest for
    garbage."""
    kind = TYPES[str(wire["type"])]
    values = {name: _plain(name, wanted, wire[name]) for name, wanted in _parts(kind) if name in wire}
    values["tx_id"] = str(uuid.UUID(str(wire["tx_id"])))
    values["amount"] = money.parse(wire["amount"])
    values["reason"] = Reason.read(wire.get("reason"))
    return kind(**values)


def _parts(kind: type[Message]) -> Sequence[tuple[str, Any]]:
    """Names and types of its fields, looked up once."""
    if kind not in _PARTS:
        _PARTS[kind] = [(field.name, field.type) for field in fields(kind)]
    return _PARTS[kind]


def _plain(name: str, wanted: Any, value: Any) -> Any:
    """A text that a database can keep, or a number that it can count with, where the message has one."""
    if wanted in ("str", str) and not (isinstance(value, str) and len(value) <= LONGEST and keepable(value)):
        raise ValueError(f"{name} is no text")
    if wanted in ("int", int) and (type(value) is not int or abs(value) >= 2**63):
        raise ValueError(f"{name} is no number")
    return value
