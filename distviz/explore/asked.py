"""What an exploration is asked to do, checked and bounded: it stops by itself whatever is asked."""

from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings

from distviz.errors import BadRequest
from distviz.trace import guards
from protocols import registry

SECONDS, AT_ONCE, SEED = (5.0, 3600.0), (1, 24), (0, 10**9)


@dataclass(frozen=True)
class ExplorationAsked:
    """`pairs`: a second failure at every point that a run with the first one met. `orders`: every order in which
    messages that are on their way together can arrive. `rivals`: a second withdrawal while the first is held, at each
    point, from an account that covers one of the two and from one that covers both, and a copy of the message that is
    being handled. `seconds` of one sitting; `at_once` runs."""

    protocol: str
    pairs: bool = False
    orders: bool = False
    rivals: bool = False
    seconds: float = 600
    seed: int = 1
    at_once: int = 12
    without: tuple[str, ...] = ()  # guards that are out
    run: str = ""  # the run whose point of no return is looked for, see dying.py
    attempts: int = 0  # how often a message is tried before it is given up: the lab's setting

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def same(self) -> dict[str, Any]:
        """What makes the tries and their order; the rest is how long one sits over them."""
        names = ("protocol", "pairs", "orders", "rivals", "seed", "attempts")
        return {name: getattr(self, name) for name in names} | {"without": list(self.without)}


def check(**given: Any) -> ExplorationAsked:
    """Raises BadRequest naming what is wrong."""
    without = tuple(dict.fromkeys(given.pop("without", ())))
    asked = ExplorationAsked(**{**given, "attempts": settings.RETRY_MAX + 1, "without": without})
    if asked.protocol not in registry.PROTOCOLS:
        raise BadRequest("protocol", "one_of", known=", ".join(registry.PROTOCOLS))
    guards.check(asked.without, registry.get(asked.protocol).by_guard, field="without")
    for name, (low, high) in {"seconds": SECONDS, "at_once": AT_ONCE, "seed": SEED}.items():
        if not low <= getattr(asked, name) <= high:
            raise BadRequest(name, "number_between", low=low, high=high)
    return asked
