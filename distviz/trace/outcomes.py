"""How a withdrawal ends. A handler that returns one of these says: the transaction is finished, and thus."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from distviz.codes import Reason
from distviz.errors import Declined


@dataclass(frozen=True)
class Outcome:
    """`status` is one of the final statuses of docs/contract.md, `reason` says what it means for the money."""

    status: str
    reason: Reason
    taken: Decimal | None = None  # from the account, if that was asked of the databases
    paid: Decimal | None = None

    def is_borne_out_by(self, asked: "Outcome") -> bool:
        """Whether this end says of the money what the databases say."""
        return asked.status == ("succeeded" if self.status == "succeeded" else "failed")


def succeeded(code: str, **params: Any) -> Outcome:
    return Outcome("succeeded", Reason.of(code, **params))


def declined(no: Declined | Reason | str) -> Outcome:
    """The business "no" that ended it, or its code."""
    return Outcome("declined", Reason.of("withdrawal_declined", why=Declined(no)))


def failed(code: str, **params: Any) -> Outcome:
    return Outcome("failed", Reason.of(code, **params))


def compensated(code: str, **params: Any) -> Outcome:
    return Outcome("compensated", Reason.of(code, **params))


def inconsistent(code: str, **params: Any) -> Outcome:
    return Outcome("inconsistent", Reason.of(code, **params))
