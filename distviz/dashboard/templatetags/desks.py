"""The words and shapes of the operators' desks."""

from decimal import Decimal
from typing import Any

from django import template
from django.utils.translation import gettext as _

from distviz.story.words import changes, states, wording

register = template.Library()

_ICONS = {"pending": "clock", "publishing": "play", "sent": "envelope", "acknowledged": "ok", "dead": "cross"}


@register.filter
def state_icon(state: str) -> str:
    return _ICONS.get(state, "help")


@register.filter
def state_word(state: str) -> str:
    """The state of a row of the outbox or of a dead letter."""
    return states.state(state)


@register.filter
def state_means(state: str) -> str:
    return {
        "pending": _("committed, not published"),
        "publishing": _("claimed by the relay"),
        "sent": _("published, not acknowledged yet"),
        "acknowledged": _("received and acknowledged"),
        "dead": _("given up: needs manual action"),
    }.get(state, "")


@register.filter
def service_word(service: str) -> str:
    return {"account": _("Account"), "payment": _("Payment"), "notification": _("Notification")}.get(service, service)


@register.filter
def actor_word(actor: str) -> str:
    return wording.person(actor)


@register.filter
def verb_word(what: str) -> str:
    """What an operator did; a desk's action stands behind the desk's name."""
    return states.verb(what)


@register.filter
def dollars(delta: Decimal) -> str:
    """A movement of money, with its direction: −$100.00, +$100.00."""
    return f"{'+' if delta > 0 else ''}{changes.dollars(delta)}"


@register.filter
def ago(ms: Any) -> str:
    """An age; what is younger than half a second is simply now."""
    if ms is None:
        return "—"
    return _("just now") if ms < 500 else wording.duration(ms)
