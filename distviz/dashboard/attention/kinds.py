"""What failed in the same way stands together: the same protocol, and the same codes from the outermost reason to the
innermost. Sums, names and numbers of runs make no difference."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _

from distviz.codes import Reason
from distviz.dashboard.attention.shapes import CauseGroup
from distviz.trace import known

_TOLD = ("at", "who", "type")  # parameters that tell one failure from another


def of(protocol: str, reason: Reason | None, error: str) -> str:
    """A short name, the same for every failure of this kind."""
    parts = list(_codes(reason)) if reason else [error[:60]]
    return hashlib.sha256("/".join([protocol, *parts]).encode()).hexdigest()[:10]


def _codes(reason: Reason) -> Iterator[str]:
    yield reason.code
    yield from (str(reason.params[name]) for name in _TOLD if name in reason.params)
    for value in reason.params.values():
        if isinstance(value, Mapping) and (inner := _read(value)):
            yield from _codes(inner)


def _read(value: Mapping[str, Any]) -> Reason | None:
    try:
        return Reason.read(value)
    except ValueError:
        return None


def parted(group: CauseGroup) -> list[CauseGroup]:
    """A group for each kind, the largest first. What is not shown of the whole is counted with the last."""
    ordered = sorted(group.items, key=lambda item: item.kind)
    found = [(kind, list(items)) for kind, items in groupby(ordered, key=lambda item: item.kind)]
    found.sort(key=lambda one: -len(one[1]))
    parts = []
    for place, (kind, items) in enumerate(found):
        first = items[0]
        says = _("%(protocol)s: %(error)s") % {
            "protocol": known.name(first.run.protocol) if first.run else "",
            "error": first.error or _("no reason is known"),
        }
        last = place == len(found) - 1
        parts.append(replace(group, items=items, kind=kind, says=says, more=group.more if last else 0))
    return parts
