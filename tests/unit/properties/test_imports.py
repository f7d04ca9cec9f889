"""A file that is imported: refused with the name of a field, or it can be shown and exported as long as it is there."""

import copy
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from distviz.errors import BadRequest
from distviz.export import csv_log, json_file, markdown, mermaid, replay, svg
from distviz.imports import keeping
from tests.support.exported import SPECIAL_CHARACTERS, eventful, story
from tests.support.generated import JSON

GOOD = json.loads(json_file.draw(story(eventful(), note=SPECIAL_CHARACTERS.replace("\u2028", ""))))
DRAWN = (svg, mermaid, markdown, csv_log, json_file, replay)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (object or list, key) in it."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inside:
        yield value, key
        yield from places(one)


ODD = (
    JSON
    | st.sampled_from(["banana", "", "\x00", "finished", "commit", "lost", -1, 0, 10**9, "2025-03-01T12:00:00Z"])
    | st.sampled_from([{"account": "1.00"}, [{"store": "account"}], {"code": "text", "params": {}}, {"code": 1}])
)


def read(made: Any) -> Any:
    try:
        return keeping.read(json.dumps(made).encode())
    except BadRequest as refusal:
        return refusal


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example])
@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), ODD), min_size=1, max_size=3))
def test_a_tampered_file_is_refused_or_can_be_drawn(edits: list[tuple[float, Any]]) -> None:
    made = copy.deepcopy(GOOD)
    for where, value in edits:
        found = list(places(made))
        holder, key = found[int(where * len(found))]
        holder[key] = copy.deepcopy(value)
    found = read(made)
    if isinstance(found, BadRequest):
        assert found.field
    else:
        assert all(kind.draw(found) for kind in DRAWN)
