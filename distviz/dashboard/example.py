"""The picture on the start page: the newest real run that lost money without a protocol, or else only its plan."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from distviz.dashboard.kinds import StepLike
from distviz.dashboard.picture import Picture
from distviz.trace.models import Event, Run
from protocols.registry import PROTOCOLS

ROWS = 14  # a longer run does not fit beside the headline


@dataclass(frozen=True)
class _Nothing:
    """The facts of a run that has not happened: the plan is drawn, and no row."""

    account: str = "alice"
    amount: Decimal = Decimal("100.00")


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


def picture() -> tuple[Picture, Run | None]:
    """The picture, and the run that it shows (None: nothing was ever lost here, so it shows the plan)."""
    lost = Run.objects.filter(protocol="dual_write", status="inconsistent", seq__lte=ROWS).first()
    plan = _Plan(PROTOCOLS["dual_write"].steps)
    if lost is None:
        return Picture(_Nothing(), plan), None
    drawn = Picture(lost, plan)
    drawn.feed_all(Event.objects.filter(run=lost).order_by("seq"))
    return drawn, lost
