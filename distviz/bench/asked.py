"""What a bench is asked to do, checked and bounded: it stops by itself whatever is asked."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from distviz import money
from distviz.errors import BadRequest
from distviz.trace import faults as known
from protocols import registry

SECONDS, RUNS, CLIENTS, ROUNDS, HISTORY = 120, 2000, 32, 15, 2_000_000  # the most of each
CONTENTIONS = ("spread", "hot")


@dataclass(frozen=True)
class BenchAsked:
    """`seconds` for each protocol and round, or `runs` of each if that is given. `fault_rate` is the share of the runs
    that carry the faults. `floor`, `engine`, `peers` and `rates` are measured in turn with the protocols, `rounds`
    times; `history` runs are written before all of it is measured once more."""

    protocols: Sequence[str]
    clients: int = 4
    seconds: float = 5
    runs: int = 0
    contention: str = "spread"
    amount: str = "0.01"
    faults: Sequence[dict[str, Any]] = field(default_factory=list)
    fault_rate: float = 1.0
    rounds: int = 1
    floor: bool = False
    engine: bool = False
    peers: bool = False
    rates: bool = False
    history: int = 0

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "protocols": list(self.protocols), "faults": list(self.faults)}

    @property
    def sum(self) -> Decimal:
        return Decimal(self.amount)

    @property
    def beside(self) -> bool:
        """Whether anything but the lab is measured."""
        return self.floor or self.engine or self.peers or self.rates


def check(**given: Any) -> BenchAsked:
    """Raises BadRequest naming what is wrong."""
    chosen = given.pop("protocols", None) or list(registry.PROTOCOLS)
    unknown = [key for key in chosen if key not in registry.PROTOCOLS]
    if unknown:
        raise BadRequest("protocols", "some_of", known=", ".join(registry.PROTOCOLS))
    asked = BenchAsked(list(dict.fromkeys(chosen)), **given)
    _between("clients", asked.clients, 1, CLIENTS)
    _between("seconds", asked.seconds, 1, SECONDS)
    _between("runs", asked.runs, 0, RUNS)
    _between("rounds", asked.rounds, 1, ROUNDS)
    _between("fault_rate", asked.fault_rate, 0, 1)
    _between("history", asked.history, 0, HISTORY)
    if asked.contention not in CONTENTIONS:
        raise BadRequest("contention", "one_of", known=", ".join(CONTENTIONS))
    money.parse(asked.amount)
    known.parse(list(asked.faults))
    return asked


def _between(name: str, value: float, low: int, high: int) -> None:
    if not low <= value <= high:
        raise BadRequest(name, "number_between", low=low, high=high)
