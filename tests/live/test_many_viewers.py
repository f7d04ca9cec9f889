"""Many live views of real runs: nobody misses an event, and nobody gets one twice."""

import json
from pathlib import Path

from tests.support.many_viewers.measuring import measure, template
from tests.support.stack import Stack


def test_everybody_sees_every_event_once(stack: Stack, tmp_path: Path) -> None:
    events = tmp_path / "events.json"
    events.write_text(json.dumps(template(stack)))
    seen = measure(stack, events, viewers=20, rate=100, pages=2, seconds=3)
    assert (seen["lost"], seen["twice"], seen["closed"]) == (0, 0, 0)
    assert seen["events"] == 300
