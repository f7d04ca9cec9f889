"""How fast one client may ask."""

import pytest

from distviz.web.limits import CLIENTS, Buckets


def test_a_burst_of_one_second_and_then_the_rate():
    buckets = Buckets()
    assert [buckets.take("a", 3, 0.0) for _ in range(3)] == [0, 0, 0]
    assert buckets.take("a", 3, 0.0) == pytest.approx(1 / 3)
    assert buckets.take("a", 3, 0.4) == 0


def test_being_refused_costs_nothing():
    buckets = Buckets()
    buckets.take("a", 1, 0.0)
    assert [buckets.take("a", 1, 0.1 * n) > 0 for n in range(1, 10)] == [True] * 9
    assert buckets.take("a", 1, 1.01) == 0


def test_clients_do_not_share():
    buckets = Buckets()
    assert buckets.take("a", 1, 0.0) == 0
    assert buckets.take("b", 1, 0.0) == 0


def test_memory_is_bounded():
    buckets = Buckets()
    for number in range(CLIENTS + 100):
        buckets.take(str(number), 1, 0.0)
    assert len(buckets._buckets) == CLIENTS
