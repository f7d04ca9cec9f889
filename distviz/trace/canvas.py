"""What of a Celery canvas travels with a message: the links that come after it, and what is called if it fails."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

Signature = Mapping[str, Any]


@dataclass(frozen=True)
class Canvas:
    """`links`: signatures, the next one last. `errbacks`: of the task that is handed this."""

    links: tuple[Signature, ...] = ()
    errbacks: tuple[Signature, ...] = ()

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Self:
        """From the options of `apply_async`."""
        return cls(_all(options.get("chain")), _all(options.get("link_error")))

    @classmethod
    def stored(cls, wire: Mapping[str, Any]) -> Self:
        """From what `stores` has given."""
        return cls(_all(wire.get("links")), _all(wire.get("errbacks")))

    @property
    def options(self) -> dict[str, Any]:
        """For `apply_async`."""
        return {"chain": list(self.links) or None, "link_error": list(self.errbacks) or None}

    @property
    def stores(self) -> dict[str, Any]:
        """For a row of JSON. Nothing, of a message that is in no chain."""
        found = {"links": self.links, "errbacks": self.errbacks}
        return {name: [dict(one) for one in signatures] for name, signatures in found.items() if signatures}

    def __bool__(self) -> bool:
        return bool(self.links or self.errbacks)


NONE = Canvas()


def _all(signatures: Iterable[Signature] | Signature | None) -> tuple[Signature, ...]:
    if isinstance(signatures, Mapping):
        return (signatures,)
    return tuple(signatures or ())
