"""How a try ended, and what was done, in words."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from distviz.explore import chart, checklist, ends, kinds
from distviz.explore.failures import Failure
from distviz.explore.models import Try
from distviz.story.words import points

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Text = str | _StrPromise

ENDS: "dict[str, Text]" = {
    ends.KEPT: gettext_lazy("paid once, deducted once"),
    ends.DECLINED: gettext_lazy("declined, nothing moved"),
    ends.MADE_GOOD: gettext_lazy("compensated: refunded"),
    ends.SETTLED: gettext_lazy("was in doubt, recovered"),
    ends.PERSON: gettext_lazy("waited for manual action"),
    ends.BROKEN: gettext_lazy("money right, records or notification wrong"),
    ends.LOST: gettext_lazy("money lost, paid twice or overdrawn"),
    ends.UNKNOWN: gettext_lazy("not over in time: unknown"),
    chart.NOT_MET: gettext_lazy("the run never came to it"),
    "": gettext_lazy("still to come"),
}
ICONS = {
    ends.KEPT: "ok",
    ends.DECLINED: "hand",
    ends.MADE_GOOD: "undo",
    ends.SETTLED: "clock",
    ends.PERSON: "user",
    ends.BROKEN: "half",
    ends.LOST: "cross",
    ends.UNKNOWN: "help",
}

# The boxes of the checklist; what is not known has one that is dotted and a word.
BOXES = {checklist.TICKED: "ok", checklist.NOT_TICKED: "cross", checklist.NOT_KNOWN: "help", checklist.NOTHING: ""}
_TICKED: "dict[str, Text]" = {
    checklist.TICKED: gettext_lazy("ticked"),
    checklist.NOT_TICKED: gettext_lazy("not ticked"),
    checklist.NOT_KNOWN: gettext_lazy("not known yet"),
    checklist.NOTHING: gettext_lazy("nothing to try"),
}

MEANWHILE: "dict[str, Text]" = {
    kinds.RIVAL: gettext_lazy("%(what)s, and a competing withdrawal meanwhile"),
    kinds.BOTH: gettext_lazy("%(what)s, and meanwhile a competing withdrawal, for which there is enough as well"),
    kinds.COPY: gettext_lazy("%(what)s, and the copy is handled meanwhile"),
}


MONEY: "dict[str, Text]" = {
    ends.PAID: gettext_lazy("paid"),
    ends.NOTHING: gettext_lazy("nothing moved"),
    ends.BACK: gettext_lazy("refunded"),
    ends.LOST: gettext_lazy("LOST"),
    "": "",
}


def no_return() -> str:
    return _("Point of no return: from here on it is paid, whatever dies")


def money(key: str) -> str:
    return str(MONEY[key])


def end(key: str) -> str:
    return str(ENDS.get(key, key))


def ticked(state: str) -> str:
    return str(_TICKED[state])


def done(key: str) -> str:
    """The head of a column: "crash", and "crash, each time"."""
    do, _underscore, often = key.partition("_")
    return _("%(action)s, each time") % {"action": points.action(do)} if often else points.action(do)


def failure(one: Failure) -> str:
    """ "crash ×4 (Payment, in the transaction, before COMMIT)"."""
    times = f" ×{one.times}" if one.times > 1 else ""
    return f"{points.action(one.do)}{times} ({points.place(one.at)})"


def failures(what: list[Failure]) -> str:
    return " + ".join(map(failure, what)) or _("no failure")


def tried(one: Try) -> str:
    """What was done in this try."""
    what = _("an order of deliveries") if one.order else failures(one.what)
    return str(MEANWHILE[one.kind]) % {"what": what} if one.kind in MEANWHILE else what
