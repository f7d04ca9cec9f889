"""What the coordinator knows of a transaction: who was asked, how they voted, what was decided."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from distviz.trace import processes
from distviz.trace.messages import Message
from distviz.trace.outcomes import Outcome, declined, failed, succeeded
from protocols.two_phase.messages import YES

COMMIT, ABORT = "COMMIT", "ABORT"


class Claim(Enum):
    """What somebody finds who takes a piece of the coordinator's work in hand."""

    NEW = "nobody has begun it"
    AGAIN = "an attempt failed, and may be repeated"
    DIED = "whoever was in charge of it is dead"
    BUSY = "somebody else is in charge of it, or has done it"


@dataclass(frozen=True)
class Decision:
    """What binds everybody. `reason` and `ends_as` say why it is an ABORT."""

    decision: str
    ends_as: str = "succeeded"
    reason: str = ""
    decided_by: str = "coordinator"
    ended: bool = False

    @property
    def commits(self) -> bool:
        return self.decision == COMMIT

    def outcome(self, message: Message) -> Outcome:
        if self.commits:
            return succeeded(f"${message.amount} was withdrawn and paid; every participant has committed.")
        if self.ends_as == "declined":
            return declined(self.reason)
        return failed(f"Rolled back everywhere: {self.reason}. No money moved.")


@dataclass(frozen=True)
class Party:
    """One participant, as far as the coordinator has heard."""

    name: str
    vote: str = ""
    reason: str = ""
    asked: bool = False
    done: bool = False
    driver: Mapping[str, Any] | None = None

    @property
    def claim(self) -> "Claim":
        """What a process finds that comes to this row second."""
        if self.driver is None:
            return Claim.AGAIN
        return Claim.BUSY if processes.alive(self.driver) else Claim.DIED


@dataclass(frozen=True)
class Transaction:
    """One distributed transaction, as the log has it."""

    parties: tuple[Party, ...] = ()
    decision: Decision | None = None

    @property
    def asked(self) -> bool:
        return all(party.asked for party in self.parties)

    @property
    def unanimous(self) -> bool:
        """Everybody promised: only now may anyone decide COMMIT."""
        return bool(self.parties) and all(party.vote == YES for party in self.parties)

    @property
    def voted(self) -> bool:
        return all(party.vote for party in self.parties)

    @property
    def silent(self) -> list[str]:
        return [party.name for party in self.parties if not party.vote]

    @property
    def waiting(self) -> list[str]:
        """Those who have yet to learn the decision, or to say that they have."""
        return [party.name for party in self.parties if not party.done]

    @property
    def may_be_prepared(self) -> bool:
        return any(party.asked and not party.done for party in self.parties)

    def party(self, name: str) -> Party:
        return next(party for party in self.parties if party.name == name)
