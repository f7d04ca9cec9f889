"""Nothing is drawn that did not happen: each failure under each protocol, held against the databases and the spans.
One of a protocol's parts is tried each time, all of them by `make thorough`."""

from collections.abc import Callable, Iterator
from math import ceil
from typing import Any

import pytest

from protocols import registry
from tests.support.drawn_truth import Drawn
from tests.support.stack import Stack, wait_for
from tests.support.waiting import let_go

pytestmark = pytest.mark.long

TOGETHER = {"dual_write": 6}  # runs at a time, where they give up once they have been silent for long
MOST = 12
PART = 45  # failures of one test, at most


def faults_of(protocol: str) -> list[str]:
    """Every failure that can be switched on, and none."""
    steps = registry.get(protocol).steps
    found = {f"{point}:{action}:1:300" for step in steps for point, actions in step.points() for action in actions}
    return ["", *sorted(found)]


def ended(stack: Stack, run_id: str) -> dict[str, object]:
    """The run once it is over; what it waits for with a person is let go."""

    def over() -> bool:
        run = stack.run(run_id)
        if run["holding"] or [one for one in run["parked"] if one["why"] == "hold"]:
            let_go(stack, run_id)
        return bool(run["finished"]) or run["status"] == "needs_attention"

    wait_for(over, 90, f"{run_id} is over")
    return stack.run(run_id)


def in_groups(faults: list[str], together: int) -> Iterator[list[str]]:
    """A held step keeps a whole process of its service: those come one at a time."""
    held = [fault for fault in faults if ":hold:" in fault]
    others = [fault for fault in faults if fault not in held]
    yield from ([fault] for fault in held)
    yield from (others[start : start + together] for start in range(0, len(others), together))


EACH_TIME = [("two_phase", 0), ("saga", 0), ("outbox", 0), ("tcc", 0)]


def parts() -> list[Any]:
    """Each has some of every step's failures."""
    found = []
    for key in registry.PROTOCOLS:
        many = ceil(len(faults_of(key)) / PART)
        found += [
            pytest.param(key, first, many, marks=[] if (key, first) in EACH_TIME else [pytest.mark.thorough])
            for first in range(many)
        ]
    return found


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(("protocol", "first", "many"), parts())
def test_what_is_drawn_is_what_happened(
    stack: Stack, account: Callable[[], str], protocol: str, first: int, many: int
) -> None:
    untrue: dict[str, list[str]] = {}
    for group in in_groups(faults_of(protocol)[first::many], TOGETHER.get(protocol, MOST)):
        started = [(fault, name := account(), stack.withdraw(protocol, name, *fault.split())) for fault in group]
        for fault, name, run_id in started:
            drawn = Drawn(stack, ended(stack, run_id), name)
            if found := drawn.untrue():
                untrue[f"{protocol} {fault} {run_id}"] = found
    assert not untrue, "\n".join(f"{run}\n    " + "\n    ".join(found) for run, found in untrue.items())
