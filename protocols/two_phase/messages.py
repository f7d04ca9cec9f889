"""The messages of two-phase commit: four rounds between the coordinator and each participant.

Every participant has messages of its own, so that the lab can lose or hold exactly one of them.
"""

from dataclasses import dataclass
from typing import ClassVar

from distviz.trace.messages import Message
from protocols.messages import Command

YES, NO, FAILED = "YES", "NO", "FAILED"


@dataclass(frozen=True, kw_only=True)
class WithdrawalRequested(Command):
    """The customer's click."""


# Round 1: "Ready?" Do your work, do not commit it, and vote.


@dataclass(frozen=True, kw_only=True)
class PrepareAccount(Command):
    """To the Account Service: deduct, and prepare to commit."""


@dataclass(frozen=True, kw_only=True)
class PreparePayment(Command):
    """To the Payment Service: record the payment, and prepare to commit."""


@dataclass(frozen=True, kw_only=True)
class PrepareNotification(Command):
    """To the Notification Service: keep the email ready."""


# Round 2: the votes.


@dataclass(frozen=True, kw_only=True)
class Vote:
    """Yes: whatever happens, I can commit. No: a business reason. Failed: it could not be tried.

    `undone` says that nothing of it is left here, so that this participant need not hear of a rollback.
    """

    vote: str = FAILED
    undone: bool = False
    form: ClassVar[str] = "reply"


@dataclass(frozen=True, kw_only=True)
class AccountVoted(Vote, Message):
    """The Account Service's promise, or its refusal."""


@dataclass(frozen=True, kw_only=True)
class PaymentVoted(Vote, Message):
    """The Payment Service's promise, or its refusal."""


@dataclass(frozen=True, kw_only=True)
class NotificationVoted(Vote, Message):
    """The Notification Service's promise, or its refusal."""


# Round 3: what was decided.


@dataclass(frozen=True, kw_only=True)
class CommitAccount(Command):
    """To the Account Service: it was decided, commit."""


@dataclass(frozen=True, kw_only=True)
class CommitPayment(Command):
    """To the Payment Service: it was decided, commit."""


@dataclass(frozen=True, kw_only=True)
class CommitNotification(Command):
    """To the Notification Service: it was decided, send the email."""


@dataclass(frozen=True, kw_only=True)
class RollbackAccount(Command):
    """To the Account Service: it was decided, give up what you prepared."""


@dataclass(frozen=True, kw_only=True)
class RollbackPayment(Command):
    """To the Payment Service: it was decided, give up what you prepared."""


@dataclass(frozen=True, kw_only=True)
class RollbackNotification(Command):
    """To the Notification Service: it was decided, throw the email away."""


# Round 4: the acknowledgements. After the last one the transaction is over.


@dataclass(frozen=True, kw_only=True)
class AccountDone(Message):
    """The Account Service has committed, or rolled back."""

    form = "reply"


@dataclass(frozen=True, kw_only=True)
class PaymentDone(Message):
    """The Payment Service has committed, or rolled back."""

    form = "reply"


@dataclass(frozen=True, kw_only=True)
class NotificationDone(Message):
    """The Notification Service has sent the email, or thrown it away."""

    form = "reply"


@dataclass(frozen=True)
class Line:
    """The messages between the coordinator and one participant."""

    prepare: type[Message]
    voted: type[Message]
    commit: type[Message]
    rollback: type[Message]
    done: type[Message]


# In the order in which they are told; the account, whose rows are contended, always comes first.
LINES = {
    "account": Line(PrepareAccount, AccountVoted, CommitAccount, RollbackAccount, AccountDone),
    "payment": Line(PreparePayment, PaymentVoted, CommitPayment, RollbackPayment, PaymentDone),
    "notification": Line(
        PrepareNotification, NotificationVoted, CommitNotification, RollbackNotification, NotificationDone
    ),
}
SENDER = {kind: name for name, line in LINES.items() for kind in (line.voted, line.done)}
