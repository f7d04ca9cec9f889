"""What templates need beyond Django's own: money, durations, icons, and the words for states and faults."""

import json
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from distviz.codes import Reason
from distviz.dashboard import navigation
from distviz.dashboard.run import highlighting
from distviz.story import money_strip
from distviz.story.words import changes, points, wording
from distviz.story.words.sentences import say
from protocols.catalogue import Protocol
from protocols.registry import PROTOCOLS

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """A drawing of the page's sprite; it repeats what the text says, so it is hidden from screen readers."""
    known = {"command": "", "event": "", "reply": ""}.get(name, name)
    return format_html('<svg class="i" aria-hidden="true"><use href="#i-{}"/></svg>', known) if known else mark_safe("")


@register.simple_tag
def wish() -> SafeString:
    """A form's idempotency key, a new one each time the page is made: a double click is one run."""
    return format_html('<input type="hidden" name="key" value="{}">', uuid.uuid4())


@register.filter
def money(value: Any) -> str:
    """Decimal("1234.5") → 1,234.50; anything that is no number stays as it is."""
    number = money_strip.decimal(value)
    return changes.amount(number) if number is not None else str(value)


@register.filter
def ms(value: Any) -> str:
    return wording.duration(value)


@register.filter
def status_word(key: str) -> str:
    return wording.status(key)


@register.filter(name="said")
def said(reason: Reason | str | None) -> str:
    """A reason in the page's language; a text stays what it is, nothing is ""."""
    return say(reason) if isinstance(reason, Reason) else reason or ""


@register.filter
def ending(run: Any) -> str:
    """How a run ended, in the page's language, beside its status."""
    return wording.beside_status(run.status, say(run.outcome_reason) if run.outcome_reason else run.outcome)


@register.filter
def verdict_word(key: str) -> str:
    return wording.verdict(key)


@register.simple_tag
def verdict_chip(status: str, verdict: str) -> SafeString:
    """The verdict beside a status; nothing where both say the same, such as "In doubt"."""
    word = wording.verdict_beside(status, verdict)
    chip = '<span class="chip v-{}">{}{}</span>'
    return format_html(chip, verdict, icon(verdict_icon(verdict)), word) if word else mark_safe("")


@register.filter
def verdict_icon(key: str) -> str:
    return {"consistent": "ok", "temporarily_inconsistent": "half", "in_doubt": "help"}.get(key, "cross")


@register.filter
def fault_word(do: str) -> str:
    return points.action(do)


@register.filter
def moment(point: str) -> str:
    """`payment.in_tx` → "in the transaction, before COMMIT"."""
    return points.moment(point)


@register.filter
def point_place(point: str) -> str:
    """`payment.in_tx` → "Payment, in the transaction, before COMMIT"."""
    return points.place(point)


@register.filter
def fault_value(value: str) -> str:
    """`payment.in_tx:crash` → "crash (Payment, in the transaction, before COMMIT)"."""
    point, _colon, do = value.rpartition(":")
    return points.fault(point, do)


@register.filter
def dose(doses: Mapping[str, str] | str, value: str) -> str:
    return doses.get(value, "1") if isinstance(doses, Mapping) else "1"


@register.filter
def wait(waits: Mapping[str, str] | str, value: str) -> str:
    return waits.get(value, "1000") if isinstance(waits, Mapping) else "1000"


register.filter("sql", highlighting.sql)


@register.filter
def cell(value: Any) -> str:
    """One value of a panel's table."""
    if value is None or value == "":
        return "—"
    if isinstance(value, Decimal):
        return changes.amount(value)
    return str(value)


@register.filter
def short_id(value: Any) -> str:
    return str(value)[:8]


@register.simple_tag
def labs() -> Iterable[Protocol]:
    """The protocols, for the navigation."""
    return PROTOCOLS.values()


@register.simple_tag(takes_context=True)
def menu(context: template.Context) -> list[navigation.Group]:
    """The pages that exist, in groups. An error page has no match and is in none of them."""
    match = getattr(context.get("request"), "resolver_match", None)
    return navigation.groups(match.url_name or "" if match else "")


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changed: Any) -> str:
    """The page's filters with some of them changed, as a query string; the place in the list is forgotten."""
    params = context["request"].GET.copy()
    params.pop("before", None)
    for name, value in changed.items():
        params.pop(name, None)
        if value not in (None, ""):
            params[name] = str(value)
    return f"?{params.urlencode()}"


@register.filter
def protocol_name(key: str) -> str:
    return str(PROTOCOLS[key].short) if key in PROTOCOLS else key


@register.filter
def took(run: Any) -> str:
    """How long a run took, if it is over."""
    return wording.duration((run.finished_at - run.created_at).total_seconds() * 1000) if run.finished_at else ""


@register.filter
def ago(at: datetime | None) -> str:
    """How long it is since then."""
    return wording.duration((timezone.now() - at).total_seconds() * 1000) if at else ""


@register.filter
def seconds(value: float) -> str:
    return wording.duration(value * 1000)


@register.filter
def pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


@register.filter
def effect_row(effect: Any, run: Any) -> str:
    """The row of a store that a forced decision would change."""
    known = {
        "account": _("balance of %(who)s") % {"who": run.account},
        "payment": _("payment"),
        "notification": _("notification"),
    }
    return known.get(effect.store, str(effect.row))


@register.filter
def effect_value(value: str) -> str:
    """ "1000.00" → "$1,000.00"; a status stays as it is, and no row is said to be none."""
    known = {"": _("none"), "ready": _("ready, not sent"), "sent": _("sent"), "thrown away": _("thrown away")}
    if value in known:
        return known[value]
    status, _space, amount = value.rpartition(" ")
    sum_ = money_strip.decimal(amount)
    return f"{status} {changes.dollars(sum_)}".strip() if sum_ is not None else value


@register.filter
def number(value: Any) -> str:
    """100000 → 100,000, as the page's language groups digits."""
    return intcomma(value) if isinstance(value, int) else str(value)


@register.filter
def is_picked(ghost: Any, chosen: Any) -> bool:
    """Whether one of this ghost's faults was ticked: then its menu stays open."""
    ticked = set(chosen or ())
    return any(f"{point}:{do}" in ticked for point, does in ghost.points for do in does)
