"""The form of `/explore/`, within bounds that fit a page; more is for the terminal."""

from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from distviz.errors import BadRequest
from distviz.web.fields import ticked, whole
from protocols import registry

# name: (what it is called, least, most, at first)
NUMBERS = {"seconds": (_("Seconds at most"), 5, 900, 120), "seed": (_("Seed"), 0, 10**9, 1)}
TICKS = {
    "pairs": _("A second failure wherever the first one leads"),
    "orders": _("Every order in which messages can arrive"),
    "rivals": _("While a withdrawal is held, another one from the same account, or a copy of its message"),
}


def read(form: QueryDict) -> dict[str, Any]:
    """What `asked.check` takes. Raises BadRequest naming the field; a field that is not there has its first value."""
    protocol = form.get("protocol", "")
    if protocol not in registry.PROTOCOLS:
        raise BadRequest("protocol", "one_of", known=", ".join(registry.PROTOCOLS))
    return {
        "protocol": protocol,
        **{name: whole(form, name, low, high, at_first) for name, (_label, low, high, at_first) in NUMBERS.items()},
        **{name: ticked(form, name) for name in TICKS},
        "without": form.getlist("without"),
    }


def shown(form: QueryDict, protocol: str) -> dict[str, Any]:
    """The fields as they were typed, or as they are at first."""
    chosen = form.get("protocol", "") if form.get("protocol", "") in registry.PROTOCOLS else protocol
    return {
        "chosen": chosen,
        "numbers": [
            {"name": name, "label": label, "low": low, "high": high, "value": form.get(name, str(at_first))[:20]}
            for name, (label, low, high, at_first) in NUMBERS.items()
        ],
        "guards": [(key, ", ".join(whose), key in form.getlist("without")) for key, whose in _guards().items()],
        "ticks": [(name, label, form.get(name) == "on") for name, label in TICKS.items()],
    }


def _guards() -> dict[str, list[str]]:
    """Each guard, and the protocols that have it."""
    found: dict[str, list[str]] = {}
    for protocol in registry.PROTOCOLS.values():
        for guard in protocol.guards:
            found.setdefault(guard.key, []).append(str(protocol.short))
    return found
