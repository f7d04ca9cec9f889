"""What tests over all protocols have to know of each. One may say it in its own `protocols/<key>/tests/facts.py`:
`MESSAGES` that step mode stops at, `MOST` that a run may cost, the point of `NO_RETURN` (or several), the `EDITS` by
hand that the auditor has to notice."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from protocols.registry import PROTOCOLS


def each(name: str) -> dict[str, Any]:
    """{protocol: what it says of this}, without those that say nothing."""
    modules = (f"protocols.{key}.tests.facts" for key in PROTOCOLS)
    found = {module.split(".")[1]: import_module(module) for module in modules if find_spec(module)}
    return {key: getattr(module, name) for key, module in found.items() if hasattr(module, name)}
