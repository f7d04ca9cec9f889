"""The picture on the start page: what "watch it break" will show, drawn by the same fold from a short made-up log."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from distviz.dashboard.kinds import StepLike
from distviz.dashboard.picture import Picture
from protocols.registry import PROTOCOLS


@dataclass(frozen=True)
class _Facts:
    account: str = "alice"
    amount: Decimal = Decimal("100.00")


@dataclass(frozen=True)
class _Event:
    seq: int
    lane: str
    kind: str
    phase: str
    name: str
    to: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    changes: tuple[dict[str, Any], ...] = ()
    statements: tuple[str, ...] = ()
    attempt: int = 1
    caused_by: int | None = None
    span_id: str = ""
    error: str = ""

    @property
    def at(self) -> datetime:
        return datetime(2000, 1, 1, tzinfo=UTC) + timedelta(milliseconds=9 * self.seq)


@dataclass(frozen=True)
class _Plan:
    """The dual write with short names: the picture is half as wide as a run's own."""

    steps: Sequence[StepLike]
    key: str = "dual_write"

    @property
    def lanes(self) -> dict[str, str]:
        return {
            "client": _("Client"),
            "api": _("API"),
            "account": _("Account"),
            "payment": _("Payment"),
            "notification": _("Email"),
        }


_BALANCE = {
    "store": "account",
    "row": "accounts/alice",
    "before": {"balance": "1000.00"},
    "after": {"balance": "900.00"},
}
_LOG = (
    _Event(1, "client", "request", "made", "withdraw", to="api"),
    _Event(2, "api", "message", "sent", "WithdrawalRequested", to="account", data={"form": "command"}),
    _Event(3, "account", "step", "begin", "deduct"),
    _Event(
        4,
        "account",
        "step",
        "commit",
        "deduct",
        changes=(_BALANCE,),
        data={"money": {"ledger": {"account": "-100.00"}}},
    ),
    _Event(5, "account", "fault", "fired", "crash", data={"pid": 4711}),
)


def picture() -> Picture | None:
    lesson = PROTOCOLS.get("dual_write")
    if lesson is None:
        return None
    made = Picture(_Facts(), _Plan(lesson.steps))
    made.feed_all(_LOG)
    return made
