"""The form of `/bench/`: what is asked, within bounds that fit a page; more is for the terminal."""

from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from distviz.bench.asked import CONTENTIONS
from distviz.errors import BadRequest
from distviz.story.words import points
from distviz.web.fields import ticked, whole

# name: (what it is called, least, most)
NUMBERS = {
    "seconds": (_("Seconds for each protocol"), 1, 30),
    "clients": (_("Clients"), 1, 32),
    "rounds": (_("Rounds"), 1, 5),
}
START = {"seconds": 4, "clients": 4, "rounds": 1, "contention": "spread", "fault": "", "percent": 100}
# One of each kind, at points that most protocols have; the terminal takes any.
FAULTS = (
    ("payment.in_tx", "decline"),
    ("payment.in_tx", "error"),
    ("account.in_tx", "crash"),
    ("payment.after_commit", "crash"),
    ("notification.before_tx", "error"),
)


def read(form: QueryDict) -> dict[str, Any]:
    """What `asked.check` takes. Raises BadRequest naming the field; a field that is not there has its first value."""
    numbers = {name: whole(form, name, low, high, START[name]) for name, (_label, low, high) in NUMBERS.items()}
    faults = _faults(form.get("fault", ""))
    return {
        **numbers,
        "contention": form.get("contention", CONTENTIONS[0]),
        "faults": faults,
        "fault_rate": whole(form, "percent", 1, 100, START["percent"]) / 100,
        **{name: ticked(form, name) for name in ("floor", "engine")},
    }


def shown(form: QueryDict | None) -> dict[str, Any]:
    """The fields as they were typed, or as they are at first."""
    typed = {name: form[name][:100] for name in START if name in form} if form else {}
    fields = {**START, **typed}
    return {
        "fields": fields,
        "numbers": [
            {"name": name, "label": label, "low": low, "high": high, "value": fields[name]}
            for name, (label, low, high) in NUMBERS.items()
        ],
        "faults": [(f"{at}:{do}", points.fault(at, do)) for at, do in FAULTS],
        "ticked": {name for name in ("floor", "engine") if form and form.get(name) == "on"},
    }


def _faults(text: str) -> list[dict[str, Any]]:
    known = {f"{at}:{do}": {"at": at, "do": do} for at, do in FAULTS}
    if text and text not in known:
        raise BadRequest("fault", "one_of", known=", ".join(known))
    return [known[text]] if text else []
