"""What keeps the money can be taken out, for one run and for real: the primitive that is the guard asks here whether it
is to stand aside. A wish to do without a guard travels with the run's messages as its failures do, as a fault that is
never fired; so no database is asked for it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from distviz.errors import BadRequest
from distviz.trace import context
from distviz.trace.faults import MOST, FaultSpec
from distviz.trace.watching import WITHOUT


@dataclass(frozen=True)
class Guard:
    """One guard of a protocol. `says` is what it does, `without` what is to happen if it is not there, both one
    sentence; `code` is the function that it is. `beside`: guards that do the same in another place, so that a failure
    only shows once these are out as well. `second`: it guards what is done after a failure, so it takes a second one to
    show it."""

    key: str
    says: Any
    without: Any
    code: Callable[..., Any]
    beside: tuple[str, ...] = ()
    second: bool = False

    @property
    def where(self) -> str:
        """module:function, as the code itself says."""
        code = getattr(self.code, "react", self.code)
        return f"{code.__module__}:{code.__qualname__}"

    @property
    def line(self) -> int:
        code: Any = getattr(self.code, "react", self.code)
        return int(getattr(code, "__wrapped__", code).__code__.co_firstlineno)

    def as_dict(self) -> dict[str, Any]:
        texts = {"key": self.key, "says": str(self.says), "without": str(self.without)}
        return {**texts, "where": self.where, "line": self.line, "beside": list(self.beside)}


def off(key: str) -> bool:
    """Whether what is being done right now is to do without this guard."""
    delivery = context.current()
    return delivery is not None and is_out(delivery, key)


def is_out(delivery: context.Delivery, key: str) -> bool:
    """Whether this one is out in this run."""
    return any(fault.do == WITHOUT and fault.at == key for fault in delivery.faults)


def is_without(delivery: context.Delivery) -> bool:
    """Whether any guard is out in this run."""
    return any(fault.do == WITHOUT for fault in delivery.faults)


def check(keys: object, known: Mapping[str, Any], field: str = "guards_off") -> list[str]:
    """The guards of a request, each once. `known` are those of its protocol. Raises BadRequest naming the first that is
    none of them."""
    if not isinstance(keys, list | tuple):
        raise BadRequest(field, "guards_are_a_list")
    if len(keys) > MOST:
        raise BadRequest(field, "too_many_faults", most=MOST)
    for place, key in enumerate(keys):
        if not isinstance(key, str) or key not in known:
            raise BadRequest(f"{field}[{place}]", "no_such_guard", known=", ".join(known))
    return list(dict.fromkeys(keys))


def wished(keys: Sequence[str]) -> list[FaultSpec]:
    return [FaultSpec(key, WITHOUT) for key in keys]
