"""What a run may cost, in counts: statements, transactions that write, commands to Valkey. Clocks differ from machine
to machine; these do not. docs/performance.md has the same table, and what is in it."""

import itertools
import os
from collections.abc import Iterator

import pytest

from tests.support import counting, facts
from tests.support.stack import Stack

RUNS = 10
# Per run: statements (BEGIN and COMMIT are some), transactions that write, commands; its money is among them. One event
# more that is written by itself, and it is more than this.
MOST = {
    "monolith": (19, 5, 8),
    "dual_write": (40, 14, 22),
    "two_phase": (124, 46, 92),
    "saga": (32, 13, 26),
    "event_sourcing": (92, 34, 54),
    "outbox": (68, 34, 60),
    **facts.each("MOST"),
}


@pytest.fixture(scope="module")
def quiet() -> Iterator[Stack]:
    with counting.counted() as stack:
        yield stack


@pytest.fixture(scope="module")
def accounts() -> Iterator[str]:
    return (f"account-{number}" for number in itertools.count(9))


@pytest.mark.parametrize("protocol", MOST)
def test_a_run_costs_no_more(quiet: Stack, accounts: Iterator[str], protocol: str) -> None:
    cost = counting.of(quiet, protocol, RUNS, accounts)
    if os.environ.get("DISTVIZ_COUNTS"):
        print(cost.lines(protocol))
    assert all(is_ <= most for is_, most in zip(cost.brief(), MOST[protocol], strict=True)), cost.lines(protocol)
