"""The statistics of the bench, what it may be asked, and that its figures carry their conditions."""

import csv
import io
import random
from datetime import UTC, datetime
from typing import Any

import pytest

from distviz.bench import asked, starting
from distviz.bench.models import Result
from distviz.bench.stats import Cost, Sample, mean, percentile
from distviz.dashboard.bench import table
from distviz.errors import BadRequest, Forbidden
from protocols import registry


@pytest.mark.parametrize(
    ("percent", "value"), [(0, 15), (5, 15), (30, 20), (40, 20), (50, 35), (95, 50), (99, 50), (100, 50)]
)
def test_percentiles_by_nearest_rank(percent: float, value: float) -> None:
    assert percentile([15, 20, 35, 40, 50], percent) == value


def test_a_percentile_is_a_value_that_was_measured() -> None:
    rng = random.Random(1)
    values = [rng.random() for _n in range(997)]
    for percent in (1, 50, 95, 99, 99.9):
        found = percentile(values, percent)
        assert found in values
        assert sum(value <= found for value in values) >= len(values) * percent / 100
    assert percentile([3, 1, 2], 50) == 2


def test_of_nothing_there_are_no_figures() -> None:
    assert percentile([], 50) is None
    assert mean([]) is None
    row = Sample().row("saga", [], books=True)
    assert row["p50_ms"] is None
    assert row["per_second"] is None


def sample() -> Sample:
    made = Sample(elapsed_s=2.0, latencies_ms=[10.0, 20.0, 30.0, 1000.0], late=1, refused=2)
    made.statuses.update({"succeeded": 3, "declined": 1})
    return made


def test_a_row_of_figures() -> None:
    costs = [Cost(5, 0, False, 4, 3), Cost(7, 100, True, 6, 3), Cost(9, 50, False, 5, 4)]
    row = sample().row("saga", costs, books=False)
    assert (row["p50_ms"], row["p95_ms"], row["per_second"]) == (20.0, 1000.0, 2.0)
    assert (row["locks_p50_ms"], row["gap_p50_ms"], row["gap_p95_ms"], row["for_ever"]) == (7, 50, 100, 1)
    assert (row["messages"], row["commits"], row["books"]) == (5.0, 3.3, False)
    assert (row["late"], row["refused"], row["statuses"]) == (1, 2, {"succeeded": 3, "declined": 1})


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"protocols": ["bitcoin"]}, "protocols"),
        ({"clients": 0}, "clients"),
        ({"clients": 1000}, "clients"),
        ({"seconds": 0}, "seconds"),
        ({"seconds": 1e9}, "seconds"),
        ({"seconds": float("nan")}, "seconds"),
        ({"runs": -1}, "runs"),
        ({"runs": 10**6}, "runs"),
        ({"contention": "icy"}, "contention"),
        ({"amount": "1e9"}, "amount"),
        ({"amount": "-1"}, "amount"),
        ({"faults": [{"at": "nowhere", "do": "crash"}]}, "faults[0].at"),
    ],
)
def test_a_bench_is_bounded_whatever_is_asked(given: dict[str, Any], field: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        asked.check(**given)
    assert refusal.value.field == field


def test_without_a_choice_all_protocols_are_measured_once() -> None:
    assert asked.check().protocols == list(registry.PROTOCOLS)
    assert asked.check(protocols=["saga", "outbox", "saga"]).protocols == ["saga", "outbox"]
    wanted = asked.check(protocols=["saga"], clients=2)
    assert asked.check(**wanted.as_dict()) == wanted


@pytest.mark.parametrize(("loopback", "faults"), [(True, False), (False, True), (False, False)])
def test_anonymous_clients_cannot_start_a_bench(settings: Any, loopback: bool, faults: bool) -> None:
    settings.LOOPBACK, settings.FAULTS_ENABLED = loopback, faults
    with pytest.raises(Forbidden):
        starting.start(contention="spread")


def result() -> Result:
    rows = [sample().row(key, [Cost(5, 0, False, 4, 3)], books=True) for key in ("saga", "outbox")]
    conditions = {"cores": 2, "load_before": [0.5, 0.25, 0.1], "postgresql": "18.1", "fsync": "on", "path": "POST"}
    when = datetime(2025, 3, 1, tzinfo=UTC)
    return Result(asked=asked.check().as_dict(), conditions=conditions, rows=rows, started_at=when)


def test_figures_are_never_without_their_conditions() -> None:
    named = dict(table.conditions(result()))
    assert "4 clients" in named["Load"]
    assert named["Load before"] == "0.5 0.25 0.1"
    assert "2 cores" in named["Machine"]
    lines = list(csv.DictReader(io.StringIO(table.as_csv(result()), newline="")))
    assert [line["protocol"] for line in lines] == ["saga", "outbox"]
    assert {line["on_cores"] for line in lines} == {"2"}
    assert {line["p95_ms"] for line in lines} == {"1000.0"}


def test_bars_are_in_proportion() -> None:
    rows = [{**sample().row(key, [], books=True), "per_second": rate} for key, rate in (("saga", 10), ("outbox", 5))]
    _latency, throughput, *_rest = table.charts(rows)
    assert [bar.width for bar in throughput.bars] == ["100.00%", "50.00%"]
    assert table.charts([])[0].bars == []
