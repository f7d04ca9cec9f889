"""The messages of TCC: three verbs for each of the two branches, and the notification after them."""

from dataclasses import dataclass
from typing import Any

from protocols.messages import Command, Message, Reply


class WithdrawalRequested(Command):
    """The customer's click."""


class Try(Command):
    """Reserve what the withdrawal will need. Nothing moves yet."""


@dataclass(frozen=True, kw_only=True)
class Tried(Reply):
    """It is reserved until it is confirmed or cancelled; or it is not, and so the withdrawal ends."""

    ends_as: str = ""


class Confirm(Command):
    """It was decided: use what is reserved."""


class Cancel(Command):
    """It was decided: give back what is reserved, if anything is, and reserve nothing any more."""


class Done(Reply):
    """Confirmed or cancelled: nothing is left to do here."""


class NotifyCustomer(Command):
    """Every branch has confirmed. An email cannot be reserved, so it comes last."""


class CustomerNotified(Reply):
    """It was sent."""


# Every branch has messages of its own, so that each can be lost or held alone.
_AS = {Try: "Try%s", Tried: "%sTried", Confirm: "Confirm%s", Cancel: "Cancel%s", Done: "%sDone"}
LINES: dict[str, dict[type[Message], Any]] = {
    who: {kind: type(name % who.title(), (kind,), {}) for kind, name in _AS.items()} for who in ("account", "payment")
}
WHO = {own: who for who, line in LINES.items() for own in line.values()}  # who sends it, or is sent it
