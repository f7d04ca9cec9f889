"""How many events a second the store appends, one at a time, and how many a fold of one stream goes through."""

import json
import time
import uuid

from protocols.event_sourcing import snapshots
from protocols.event_sourcing.account import APPEND, EVENTS, PREFIX, append, load
from protocols.event_sourcing.aggregate import Fact
from protocols.event_sourcing.snapshots import State
from protocols.floor import rate

LONG, AT_ONCE = 20_000, 1_000  # events of the stream that is folded
NONE = "00000000-0000-0000-0000-000000000000"


def deposit() -> Fact:
    return Fact("MoneyDeposited", None, {"amount": "0.01"})


@rate("append")
def appends(seconds: float) -> float:
    """As a command does it: load the account from its newest snapshot on, append one event after what was loaded."""
    name, since, done = f"append-{uuid.uuid4().hex[:8]}", time.perf_counter(), 0
    while (took := time.perf_counter() - since) < seconds:
        account, _known = load(name, NONE)
        append(account, [deposit()])
        done += 1
    return done / took


@rate("fold")
def folds(seconds: float) -> float:
    """All events of a long stream, without a snapshot."""
    stream = _long_stream()
    since, done = time.perf_counter(), 0
    while (took := time.perf_counter() - since) < seconds or not done:
        state = State(stream)
        for row in EVENTS.ask(snapshots.SINCE, {"stream": stream, "after": 0, "upto": LONG}):
            state.apply(Fact.read(row))
        assert state.version == LONG
        done += LONG
    return done / took


def _long_stream() -> str:
    stream = f"{PREFIX}fold-{uuid.uuid4().hex[:8]}"
    facts = json.dumps([deposit()] * AT_ONCE)
    for version in range(0, LONG, AT_ONCE):
        EVENTS.ask(APPEND, {"stream": stream, "version": version, "facts": facts})
    return stream
