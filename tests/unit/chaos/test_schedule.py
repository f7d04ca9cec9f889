"""The schedule of failures and the clients' wishes are pure functions of the seed, and bounded."""

import itertools
from decimal import Decimal

import pytest

from distviz.chaos import own, schedule, workload
from distviz.chaos.schedule import KINDS, TARGETS, make
from distviz.chaos.workload import Points, Wish
from protocols import registry, seeding

SEEDS = range(40)


def first(seed: int, client: int, count: int = 50) -> list[Wish]:
    points = {key: Points.of(protocol) for key, protocol in registry.PROTOCOLS.items()}
    return list(itertools.islice(workload.wishes(seed, client, points, seeding.names(8)), count))


def test_the_same_seed_fails_in_the_same_way() -> None:
    for seed in SEEDS:
        assert make(seed, 90, 4) == make(seed, 90, 4)
    assert len({str(make(seed, 90, 4)) for seed in SEEDS}) == len(SEEDS)


def test_a_schedule_is_the_one_that_it_was_in_every_version() -> None:
    """A seed that found something is worth nothing if the next Python deals its failures otherwise."""
    assert [str(failure) for failure in make(1, 12, 3)] == [
        "   0.4 s  kill beat",
        "   2.0 s  double messages for 4.6 s",
        "   6.3 s  read_only events for 2.3 s",
        "   9.3 s  kill_child worker:coordinator",
        "  10.9 s  sessions payment",
    ]


@pytest.mark.parametrize(("seconds", "pace"), [(5, 1), (20, 2.5), (90, 4), (600, 60), (5, 0.5)])
def test_everything_begins_and_is_healed_in_time(seconds: float, pace: float) -> None:
    for seed in SEEDS:
        for failure in make(seed, seconds, pace):
            assert 0 <= failure.at < seconds
            assert failure.until <= seconds + 0.01
            assert failure.target in TARGETS[failure.kind]


def test_each_kind_comes_before_any_comes_again() -> None:
    for seed in SEEDS:
        kinds = [failure.kind for failure in make(seed, 120, 4)]
        assert set(kinds) == set(KINDS)
        assert max(kinds.count(kind) for kind in KINDS) - min(kinds.count(kind) for kind in KINDS) <= 1


def test_a_long_pause_is_longer_than_the_broker_waits() -> None:
    lasting = [f.lasts for seed in SEEDS for f in make(seed, 90, 4) if f.kind == schedule.LONG_PAUSE]
    assert min(lasting) > schedule.VISIBILITY_S


def test_the_same_client_wants_the_same_with_the_same_seed() -> None:
    assert first(7, 3) == first(7, 3)
    assert first(7, 3) != first(7, 4)
    assert first(7, 3) != first(8, 3)


def test_wishes_are_of_all_protocols_with_cents_declines_and_keys() -> None:
    wanted = [wish for client in range(workload.CLIENTS) for wish in first(1, client)]
    assert {wish.protocol for wish in wanted} == set(registry.PROTOCOLS)
    assert len({wish.account for wish in wanted}) == workload.ACCOUNTS
    assert any(wish.amount % 1 for wish in wanted)
    assert all(Decimal("0.01") <= wish.amount <= 90 for wish in wanted)
    assert {str(fault["do"]) for wish in wanted for fault in wish.faults} == {
        "decline",
        "crash",
        "error",
        "delay",
    }
    assert len({wish.name for wish in wanted}) == len(wanted)
    keys = [wish.key for wish in wanted if wish.key]
    assert len(wanted) / 3 < len(keys) == len(set(keys))


def test_a_stubborn_error_uses_up_the_retries() -> None:
    assert int(own.TIMING["RETRY_MAX"]) + 1 == workload.ATTEMPTS


def test_no_compensation_is_made_to_fail() -> None:
    """One that is declined waits for an operator, and a run that waits for one counts as a violation."""
    for protocol in registry.PROTOCOLS.values():
        assert not [at for at in Points.of(protocol).stumbles if at.startswith("refund.")]


def test_the_network_disturbs_messages_of_this_protocol() -> None:
    points = Points.of(registry.get("saga"))
    wish = next(wish for wish in first(1, 0) if wish.lot < 0.5)
    (fault,) = workload.disturbed(wish, schedule.LOSE, points)
    assert fault["at"] in points.messages
    assert fault["do"] == "drop"
    assert workload.disturbed(wish, "", points) == []
