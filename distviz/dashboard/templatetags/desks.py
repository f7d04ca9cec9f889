"""The words and shapes of the operators' desks."""

from decimal import Decimal
from typing import Any

from django import template
from django.utils.translation import gettext as _

from distviz.runs.operators import ANONYMOUS
from distviz.story.words import changes, wording

register = template.Library()

_ICONS = {"pending": "clock", "publishing": "play", "sent": "envelope", "acknowledged": "ok", "dead": "cross"}


@register.filter
def state_icon(state: str) -> str:
    return _ICONS.get(state, "help")


@register.filter
def state_word(state: str) -> str:
    """The state of an outbox row."""
    return {
        "pending": _("pending"),
        "publishing": _("publishing"),
        "sent": _("sent"),
        "acknowledged": _("acknowledged"),
        "dead": _("dead"),
    }.get(state, state)


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
def letter_word(state: str) -> str:
    return {"dead": _("dead"), "requeued": _("requeued"), "discarded": _("discarded")}.get(state, state)


@register.filter
def actor_word(actor: str) -> str:
    """Who did it: a name, or the address of who had none."""
    if not actor.startswith(ANONYMOUS):
        return actor
    return _("anonymous at %(address)s") % {"address": actor.removeprefix(ANONYMOUS)}


@register.filter
def verb_word(what: str) -> str:
    """What an operator did; a desk's action stands behind the desk's name."""
    verb = what.rpartition(": ")[2]
    return {
        "commit": _("commit"),
        "deliver": _("deliver"),
        "drop": _("drop"),
        "duplicate": _("duplicate"),
        "fork": _("run again"),
        "nudge": _("re-drive"),
        "project": _("catch up"),
        "publish": _("publish"),
        "rebuild": _("rebuild"),
        "redeliver": _("deliver again"),
        "release": _("release"),
        "reorder": _("reorder"),
        "requeue": _("requeue"),
        "retry": _("retry"),
        "rewrite": _("try to rewrite history"),
        "rival": _("competing withdrawal"),
        "rollback": _("roll back"),
        "set aside": _("set aside"),
        "start": _("start"),
        "stop": _("stop"),
    }.get(verb, what)


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
