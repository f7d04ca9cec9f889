"""What can be asked for in a race: who has which fault points, who knows which accounts, and the ready-made races."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from distviz.dashboard.templatetags.setups import faults_of
from distviz.trace import faults
from protocols import registry

GENERAL = 2  # a point that so many protocols have is general


@dataclass(frozen=True)
class Handle:
    """A fault point, what can be done there, and the numbers of the protocols that have it."""

    point: str
    actions: tuple[str, ...]
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class PointGroup:
    """The fault points of one service, or all messages; `open` if something in it was ticked."""

    key: str
    title: str
    handles: list[Handle]
    open: bool


@dataclass(frozen=True)
class Ready:
    """A race worth seeing: what it shows, and the form filled in for it."""

    title: str
    says: str
    query: str


def groups(chosen: Sequence[str]) -> list[PointGroup]:
    """General points first, by service; then messages; then what one protocol alone has."""
    owners: dict[str, set[int]] = {}
    for protocol in registry.PROTOCOLS.values():
        for step in protocol.steps:
            for point, _actions in step.points():
                owners.setdefault(point, set()).add(protocol.number)
    titles = {
        "account": _("At the account: deduct"),
        "payment": _("At the payment"),
        "notification": _("At the notification"),
        "refund": _("At the refund, if there is one"),
        "message": _("Messages in transit"),
        "own": _("Specific to one protocol"),
    }
    found: dict[str, list[Handle]] = {key: [] for key in titles}
    for point, actions in faults.POINTS.items():
        mine = tuple(sorted(owners.get(point, ())))
        service = point.partition(".")[0]
        general = len(mine) >= GENERAL or (service in faults.SERVICE_POINTS and point.endswith(_MOMENTS))
        if mine:
            found[service if general and service in found else "own"].append(Handle(point, actions, mine))
    ticked = {value.rpartition(":")[0] for value in chosen}
    return [
        PointGroup(key, titles[key], handles, any(handle.point in ticked for handle in handles))
        for key, handles in found.items()
        if handles
    ]


_MOMENTS = (".before_tx", ".in_tx", ".after_commit")


def ready() -> list[Ready]:
    offers: list[tuple[str, str, list[str]]] = [
        (_("No failure"), _("what each costs without failures"), []),
        (_("The payment is declined"), _("which protocols refund, and how"), ["payment.in_tx:decline"]),
        (
            _("Killed after the first COMMIT"),
            _("which protocols know what was left to do"),
            ["account.after_commit:crash"],
        ),
        (_("The payment is slow"), _("which protocols block others meanwhile"), ["payment.in_tx:delay"]),
        (_("A message is lost"), _("which protocols notice and resend it"), ["message.MoneyDeducted:drop"]),
        (_("A message comes twice"), _("which protocols pay twice"), ["message.MoneyDeducted:duplicate"]),
    ]
    return [Ready(title, says, urlencode({"fault": does}, doseq=True)) for title, says, does in offers]


def prefilled(account: str, amount: object, protocols: Sequence[str], asked: Sequence[Any]) -> list[tuple[str, str]]:
    """The form's fields for the same race again."""
    fields = [("account", account), ("amount", str(amount)), *(("protocol", key) for key in protocols)]
    return [*fields, *faults_of(asked)]
