"""Why something happened, as a code and its parameters. Programs decide by the code; the sentence is made where it is
shown, in the reader's language (distviz/story/words/sentences.py)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

LONGEST = 1000  # characters of a parameter
TEXT = "text"  # the code of foreign prose: it is shown as it is
LOCK_TIMEOUT, DEADLOCK = "lock_timeout", "deadlock"
LOCKED = (LOCK_TIMEOUT, DEADLOCK)  # another transaction was in the way: not a failure of this one


@dataclass(frozen=True)
class Reason:
    """A code and what its sentence has to name. Parameters are plain JSON; a reason in a reason is one of them."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, code: str, **params: Any) -> "Reason":
        """With money as "100.00" and everything else as JSON has it."""
        return cls(code, {name: _plain(value) for name, value in params.items() if value is not None})

    @classmethod
    def prose(cls, text: str) -> "Reason":
        return cls(TEXT, {"text": _plain(text)})

    @classmethod
    def read(cls, stored: object) -> "Reason | None":
        """What `as_json` wrote, or a sentence from before there were codes. Raises ValueError for anything else."""
        if not stored:
            return None
        if isinstance(stored, str):
            return cls.prose(stored)
        if not isinstance(stored, Mapping) or not isinstance(stored.get("code"), str):
            raise ValueError(f"no reason: {stored!r:.100}")
        params = stored.get("params") or {}
        if not isinstance(params, Mapping):
            raise ValueError(f"no parameters of a reason: {params!r:.100}")
        return cls(stored["code"], dict(params))

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code, "params": dict(self.params)}

    def codes(self) -> set[str]:
        """Its own code, and those of the reasons within it."""
        inner = [one for one in self.params.values() if isinstance(one, Mapping) and isinstance(one.get("code"), str)]
        return {self.code}.union(*(Reason(one["code"], dict(one.get("params") or {})).codes() for one in inner))

    def __str__(self) -> str:
        """For logs and tracebacks."""
        if self.code == TEXT:
            return str(self.params.get("text", ""))
        params = ", ".join(f"{name}={value}" for name, value in self.params.items())
        return f"{self.code} ({params})" if params else self.code


def _plain(value: Any) -> Any:
    """As JSON has it."""
    value = getattr(value, "reason", value)
    if isinstance(value, Reason):
        return value.as_json()
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if value is None or isinstance(value, bool | int | float | Mapping):
        return value
    return str(value).replace("\x00", "")[:LONGEST]
