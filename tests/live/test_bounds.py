"""Without a guard, the explorer finds a failure that needs it within so many runs; with every guard in its place the
same is harmless. The cheap ones are tried each time, all of them by `make thorough` (docs/explore.md has the table)."""

import json
from collections.abc import Iterator

import pytest

from tests.support.stack import Stack, running

# protocol, what is out, the most runs
QUICK = [
    ("saga", ["inbox", "payment_lookup"], 30),
    ("outbox", ["same_transaction"], 50),
]
THOROUGH = [
    ("saga", ["sweep"], 45),
    ("saga", ["saga_log"], 60),
    ("event_sourcing", ["sweep"], 45),
    ("saga", ["refusal"], 70),
    ("saga", ["payment_lookup"], 90),
    ("saga", ["late_ack", "sweep"], 50),
    ("saga", ["refund_recorded"], 200),
    ("outbox", ["inbox"], 130),
    ("outbox", ["payment_lookup"], 100),
    ("outbox", ["refusal"], 90),
    ("outbox", ["sweep"], 75),
    ("outbox", ["late_ack", "sweep"], 90),
    ("outbox", ["acknowledged"], 130),
    ("outbox", ["account_order"], 125),
    ("event_sourcing", ["inbox", "payment_lookup"], 30),
    ("event_sourcing", ["payment_lookup"], 100),
    ("event_sourcing", ["refusal"], 80),
    ("event_sourcing", ["late_ack", "sweep"], 50),
    ("event_sourcing", ["unique_version", "floor"], 120),
    ("event_sourcing", ["fact_once", "unique_version"], 130),
    ("two_phase", ["sweep", "presumed_abort"], 200),
    ("two_phase", ["late_ack", "sweep", "presumed_abort"], 150),
    ("monolith", ["for_update", "check"], 90),
    ("orchestrated", ["inbox", "payment_lookup"], 60),
    ("orchestrated", ["payment_lookup"], 100),
    ("orchestrated", ["refusal"], 90),
    ("orchestrated", ["sweep"], 60),
    ("orchestrated", ["late_ack", "sweep"], 130),
    ("tcc", ["inbox", "confirm_once", "payment_lookup"], 40),
    ("tcc", ["sweep"], 70),
    ("tcc", ["late_ack", "sweep"], 120),
    ("tcc", ["barrier"], 40),
    ("tcc", ["freeze_in_turn"], 240),
]
FIRST = """
import json, threading
from distviz.explore.guarding import Search
from distviz.explore.kinds import is_bad
from distviz.explore.running import Like, Runner
from distviz.explore.under_way import Wanted
from protocols.registry import get
protocol, out = get("{protocol}"), {out}
guards = [guard for guard in protocol.guards if guard.key in out]
search = Search(protocol, 240, lambda doing: None, threading.Event())
tries = list(search.first(*out, pairs=any(guard.second for guard in guards)).tries.all())
bad = next((one for one in tries if is_bad(one)), None)
within = []
if bad:
    same = Wanted(bad.number, bad.kind, tuple(bad.what))
    Runner(protocol, 2, "explore within", Like()).go([same], within.append, lambda: True)
print(json.dumps({{
    "runs": len(tries), "bad": str(bad), "fired": [one.fired for one in within],
    "within": [one.ending.end for one in within],
}}))
"""


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """Hundreds of runs are nothing that other tests should find among theirs."""
    with running(env={"RUNS_PER_SECOND": "1000"}) as instance:
        yield instance


@pytest.mark.parametrize(
    ("protocol", "out", "most"),
    [*QUICK, *(pytest.param(*one, marks=pytest.mark.thorough) for one in THOROUGH)],
    ids=lambda one: "+".join(one) if isinstance(one, list) else str(one),
)
def test_what_needs_a_guard_is_found_within_few_runs(stack: Stack, protocol: str, out: list[str], most: int) -> None:
    said = stack.manage("shell", "-v", "0", "-c", FIRST.format(protocol=protocol, out=out), timeout=280).stdout
    found = json.loads(said)
    assert found["runs"] <= most, found
    assert found["bad"] != "None", found
    assert found["within"][0] not in ("lost", "broken", "unknown"), found


def test_the_books_that_no_guard_was_taken_from_hold(stack: Stack) -> None:
    assert stack.manage("books", check=False).returncode == 0
