"""The messages of two-phase commit: four rounds between the coordinator and each of the three participants."""

from dataclasses import dataclass
from typing import Any

from protocols.messages import Command, Message, Reply

YES, NO, FAILED = "YES", "NO", "FAILED"


class WithdrawalRequested(Command):
    """The customer's click."""


class Prepare(Command):
    """Round 1: ready? Do your work, do not commit it, and vote."""


@dataclass(frozen=True, kw_only=True)
class Vote(Reply):
    """Round 2. Yes: whatever happens, I can commit. No: nothing of it is left here. Failed: it could not be tried."""

    vote: str = FAILED


class Commit(Command):
    """Round 3: it was decided, commit what you have prepared."""


class Rollback(Command):
    """Round 3: it was decided, give up what you have prepared, if anything."""


class Done(Reply):
    """Round 4: I have done it. After the last of these the transaction is over."""


# Every participant has messages of its own, so that each can be lost or held alone. The contended account comes first.
_NAMES = {Prepare: "Prepare%s", Vote: "%sVoted", Commit: "Commit%s", Rollback: "Rollback%s", Done: "%sDone"}
LINES: dict[str, dict[type[Message], Any]] = {
    who: {kind: type(name % who.title(), (kind,), {}) for kind, name in _NAMES.items()}
    for who in ("account", "payment", "notification")
}
WHO = {own: who for who, line in LINES.items() for own in line.values()}  # who sends it, or is sent it
