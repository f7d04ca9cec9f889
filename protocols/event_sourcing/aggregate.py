"""The account as an aggregate: `apply` folds facts into state, the others decide which facts follow. All of it pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from distviz.money import text
from protocols.event_sourcing.events import KINDS, Fact, Kind

ZERO = Decimal("0.00")
PREFIX = "account:"


class CorruptStream(Exception):
    """The stream has an event that nobody here understands. Nothing was appended, no money moved."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """The state that the first `version` events of a stream add up to.

    `about` is the withdrawal that is being worked on and `known` what the stream says of it. The other withdrawals
    are not remembered: their facts are in the store, and an index finds them.
    """

    name: str
    version: int = 0
    position: int = 0
    balance: Decimal = ZERO
    deposited: Decimal = ZERO
    about: str = ""
    known: tuple[Fact, ...] = ()
    kept: int = 0  # the version of the snapshot that it was made from

    @property
    def stream(self) -> str:
        return PREFIX + self.name

    @property
    def last(self) -> str:
        """The last thing that happened to the withdrawal, or ""."""
        return self.known[-1].kind if self.known else ""

    @property
    def reason(self) -> str:
        """Why the withdrawal failed, or ""."""
        return next((fact.reason for fact in reversed(self.known) if fact.reason), "")

    def state(self) -> dict[str, Any]:
        """What a snapshot keeps."""
        return {"balance": text(self.balance), "deposited": text(self.deposited)}


def apply(account: Account, fact: Fact) -> Account:
    """The state after one more fact."""
    if fact.kind not in KINDS:
        raise CorruptStream(f"{account.stream} has an event {fact.kind!r} at version {fact.version}: unknown here")
    if fact.version != account.version + 1:
        raise CorruptStream(f"{account.stream} goes from version {account.version} to {fact.version}")
    mine = bool(account.about) and fact.withdrawal == account.about
    return replace(
        account,
        version=fact.version,
        position=fact.position,
        balance=account.balance + fact.delta,
        deposited=account.deposited + (fact.delta if fact.kind == Kind.MONEY_DEPOSITED else ZERO),
        known=(*account.known, fact) if mine else account.known,
    )


def fold(account: Account, facts: Iterable[Fact]) -> Account:
    for fact in facts:
        account = apply(account, fact)
    return account


# --- decisions ------------------------------------------------------------------------------------------------------


def request(account: Account, amount: Decimal, refusal: str = "") -> list[Fact]:
    """What follows from the wish to withdraw. Nothing, if this withdrawal is known already."""
    if account.known:
        return []
    reason = refusal or ("" if account.balance >= amount else "insufficient funds")
    asked = Fact(kind=Kind.WITHDRAWAL_REQUESTED, withdrawal=account.about, amount=amount)
    checked = Fact(kind=Kind.BALANCE_CHECKED, withdrawal=account.about, amount=amount, balance=account.balance)
    if reason:
        answer = Fact(kind=Kind.WITHDRAWAL_DECLINED, withdrawal=account.about, amount=amount, reason=reason[:300])
    else:
        answer = Fact(kind=Kind.MONEY_DEDUCTED, withdrawal=account.about, amount=amount)
    return [asked, checked, answer]


def give_up(account: Account, amount: Decimal, reason: str) -> list[Fact]:
    """A tombstone for a withdrawal that could not even be decided: a late copy of its request finds it."""
    if account.known:
        return []
    return [
        Fact(kind=Kind.WITHDRAWAL_REQUESTED, withdrawal=account.about, amount=amount),
        Fact(kind=Kind.WITHDRAWAL_FAILED, withdrawal=account.about, amount=amount, reason=reason[:300]),
    ]


def record_payment(account: Account, amount: Decimal) -> list[Fact]:
    """The payment was made. Nothing, if that is known, or if nobody has asked for it."""
    if account.last != Kind.MONEY_DEDUCTED:
        return []
    return [Fact(kind=Kind.PAYMENT_PROCESSED, withdrawal=account.about, amount=amount)]


def refund(account: Account, amount: Decimal, reason: str) -> list[Fact]:
    """The payment was not made: that fact and its compensation, not an undo but a second and opposite fact."""
    if account.last != Kind.MONEY_DEDUCTED:
        return []
    return [
        Fact(kind=Kind.PAYMENT_FAILED, withdrawal=account.about, amount=amount, reason=reason[:300]),
        Fact(kind=Kind.MONEY_REFUNDED, withdrawal=account.about, amount=amount),
    ]


def finish(account: Account, amount: Decimal) -> list[Fact]:
    """The last fact: the withdrawal is complete, or all of it was made good."""
    if account.last == Kind.PAYMENT_PROCESSED:
        return [Fact(kind=Kind.WITHDRAWAL_COMPLETED, withdrawal=account.about, amount=amount)]
    if account.last == Kind.MONEY_REFUNDED:
        reason = account.reason
        return [Fact(kind=Kind.WITHDRAWAL_FAILED, withdrawal=account.about, amount=amount, reason=reason)]
    return []
