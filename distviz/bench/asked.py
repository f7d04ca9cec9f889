"""What a bench is asked to do, checked and bounded: it stops by itself whatever is asked."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from distviz import money
from distviz.errors import BadRequest
from distviz.trace import faults as known
from protocols import registry

SECONDS, RUNS, CLIENTS = 120, 2000, 32  # the most of each
CONTENTIONS = ("spread", "hot")


@dataclass(frozen=True)
class Asked:
    """`seconds` for each protocol, or `runs` of each if that is given."""

    protocols: Sequence[str]
    clients: int = 4
    seconds: float = 5
    runs: int = 0
    contention: str = "spread"
    amount: str = "0.01"
    faults: Sequence[dict[str, Any]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "protocols": list(self.protocols), "faults": list(self.faults)}

    @property
    def sum(self) -> Decimal:
        return Decimal(self.amount)


def check(**given: Any) -> Asked:
    """Raises BadRequest naming what is wrong."""
    chosen = given.pop("protocols", None) or list(registry.PROTOCOLS)
    unknown = [key for key in chosen if key not in registry.PROTOCOLS]
    if unknown:
        raise BadRequest("protocols", "some_of", known=", ".join(registry.PROTOCOLS))
    asked = Asked(list(dict.fromkeys(chosen)), **given)
    _between("clients", asked.clients, 1, CLIENTS)
    _between("seconds", asked.seconds, 1, SECONDS)
    _between("runs", asked.runs, 0, RUNS)
    if asked.contention not in CONTENTIONS:
        raise BadRequest("contention", "one_of", known=", ".join(CONTENTIONS))
    money.parse(asked.amount)
    known.parse(list(asked.faults))
    return asked


def _between(name: str, value: float, low: int, high: int) -> None:
    if not low <= value <= high:
        raise BadRequest(name, "number_between", low=low, high=high)
