"""Fault points and what can be done there, by names for people: `payment.in_tx` is "in the transaction, before COMMIT"
at the Payment. The points themselves are distviz.trace.faults'."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Text = str | _StrPromise

# By the point, or by its last part.
_MOMENTS: "dict[str, Text]" = {
    "before_tx": gettext_lazy("before the transaction"),
    "in_tx": gettext_lazy("in the transaction, before COMMIT"),
    "after_commit": gettext_lazy("after COMMIT, before the next message"),
}
_SERVICES: "dict[str, Text]" = {
    "account": gettext_lazy("Account"),
    "payment": gettext_lazy("Payment"),
    "notification": gettext_lazy("Notification"),
    "refund": gettext_lazy("Refund"),
    "coordinator": gettext_lazy("Coordinator"),
}
_MESSAGE = "message."


def register(moments: "Mapping[str, Text]", services: "Mapping[str, Text] | None" = None) -> None:
    """A protocol's own points, and who is asked there where that is none of the services; see its words.py."""
    _MOMENTS.update(moments)
    _SERVICES.update(services or {})


def moment(point: str) -> str:
    """When: "after all participants have prepared"."""
    if point.startswith(_MESSAGE):
        return _("%(name)s on its way") % {"name": point.removeprefix(_MESSAGE)}
    last = point.rpartition(".")[2]
    return str(_MOMENTS.get(point) or _MOMENTS.get(last) or last.replace("_", " "))


def place(point: str) -> str:
    """Where and when: "Payment, in the transaction, before COMMIT"."""
    key = point.partition(".")[0]
    where = service(key)
    return f"{where}, {moment(point)}" if where != key else moment(point)


def service(key: str) -> str:
    """Who is asked at a point: "payment" → Payment; another name stays as it is."""
    return str(_SERVICES.get(key, key))


def action(do: str) -> str:
    """The same word for a fault everywhere."""
    return {
        "decline": _("decline"),
        "error": _("error"),
        "delay": _("delay"),
        "hold": _("hold"),
        "crash": _("crash"),
        "drop": _("drop"),
        "duplicate": _("duplicate"),
        "reorder": _("reorder"),
    }.get(do, do)


def fault(point: str, do: str) -> str:
    """ "crash (Payment, in the transaction, before COMMIT)"."""
    return f"{action(do)} ({place(point)})"
