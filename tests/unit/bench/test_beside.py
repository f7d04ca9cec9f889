"""What is measured beside the lab: the medians of rounds, how many times, the floors as data, the form of the page."""

import json
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict
from django.template.loader import render_to_string

from distviz.bench import asked, telling
from distviz.bench.beside import floor, own, peers, template
from distviz.bench.beside.loop import CallLoop
from distviz.bench.load import carries
from distviz.bench.models import Result
from distviz.bench.rounds import compared, merged, ratio
from distviz.dashboard.bench import beside, form
from distviz.errors import BadRequest
from distviz.services.account import operations as account
from distviz.trace.messages import TYPES
from protocols.floor import FLOORS, RATES
from protocols.registry import PROTOCOLS

ROWS = [
    {"protocol": "saga", "runs": 10, "p50_ms": 90.0, "per_second": 20.0, "statuses": {"succeeded": 10}, "books": True},
    {"protocol": "saga", "runs": 4, "p50_ms": 300.0, "per_second": 2.0, "statuses": {"failed": 4}, "books": True},
    {"protocol": "saga", "runs": 8, "p50_ms": 100.0, "per_second": 18.0, "statuses": {"succeeded": 8}, "books": False},
]


def test_rounds_become_medians_and_what_is_counted_is_added_up() -> None:
    row = merged(ROWS)
    assert (row["protocol"], row["p50_ms"], row["per_second"], row["runs"]) == ("saga", 100.0, 18.0, 22)
    assert row["statuses"] == {"succeeded": 18, "failed": 4}
    assert row["books"] is False
    assert [one["p50_ms"] for one in row["rounds"]] == [90.0, 300.0, 100.0]


def test_one_round_stays_as_it_is() -> None:
    assert merged(ROWS[:1]) == ROWS[0]


def test_a_round_without_a_figure_leaves_the_others() -> None:
    assert merged([{"p50_ms": None}, {"p50_ms": 4.0}, {"p50_ms": 6.0}])["p50_ms"] == 5.0
    assert merged([{"p50_ms": None}, {"p50_ms": None}])["p50_ms"] is None


@pytest.mark.parametrize(
    ("one", "other", "times"), [(92, 2.3, 40), (20, 80, 0.25), (3, 900, 0.00333), (None, 3, None), (3, 0, None)]
)
def test_ratios(one: Any, other: Any, times: Any) -> None:
    assert ratio(one, other) == times


BESIDE = [
    {"name": "floor", "of": "saga", "p50_ms": 4.0, "per_second": 200.0},
    {"name": "dbos", "peer": True, "of": "saga", "p50_ms": 12.0, "per_second": 80.0},
    {"name": "distviz", "rate": "relay", "per_second": 300.0},
    {"name": "django-outbox-pattern", "peer": True, "rate": "relay", "per_second": 1500.0},
    {"name": "saga-framework", "error": "no such wheel"},
]


def test_everything_is_compared_with_its_own() -> None:
    found = {(one["of"], one["to"], one["what"]): one["times"] for one in compared([merged(ROWS)], BESIDE)}
    assert found == {
        ("saga", "floor", "p50_ms"): 25.0,
        ("saga", "floor", "per_second"): 0.09,
        ("saga", "dbos", "p50_ms"): 8.33,
        ("saga", "dbos", "per_second"): 0.225,
        ("relay", "django-outbox-pattern", "relay"): 0.2,
    }


def test_what_could_not_be_measured_is_said() -> None:
    report = {"rows": [merged(ROWS)], "beside": BESIDE, "ratios": compared([merged(ROWS)], BESIDE), "history": {}}
    text = "\n".join(telling.lines({**report, "asked": {}, "conditions": {}}))
    assert "saga-framework: no such wheel" in text
    assert "saga p50 = 25 x floor" in text
    shown = beside.read(Result(asked=asked.check().as_dict(), rows=[merged(ROWS)], beside=BESIDE))
    assert [one["name"] for one in shown.unable] == ["saga-framework"]


def test_the_page_draws_the_floor_in_proportion() -> None:
    shown = beside.read(Result(asked=asked.check().as_dict(), rows=[merged(ROWS)], beside=BESIDE))
    pair = shown.latency[0]
    assert (pair.width, pair.floor_width, pair.times) == ("100.00%", "4.00%", "×25.0")
    others = {group.title: group.lines for group in shown.groups}
    assert [line[0] for line in others["Saga beside others"]] == ["distviz", "dbos"]
    assert len(others) == 2
    assert not beside.read(Result(asked={}, rows=[merged(ROWS)])).any


def test_every_protocol_has_a_floor() -> None:
    assert set(FLOORS) == set(PROTOCOLS)
    assert set(RATES) == {"relay", "append", "fold"}


def hops(of: str = "saga") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(json.dumps(floor.recorded(of)))
    return found


def test_a_floor_as_data_is_of_any_withdrawal() -> None:
    assert [hop["queue"] for hop in hops()] == ["account", "payment", "notification", "account"]
    tx = str(uuid.uuid4())
    deduct = next(one for one in hops()[0]["work"] if one.get("sql") == account.DEDUCT)
    given = {name: template.filled(value, tx, "bob", Decimal("2.00")) for name, value in deduct["params"].items()}
    assert given == {"protocol": "saga", "name": "bob", "amount": Decimal("2.00"), "withdrawal": tx}
    charge = next(one for one in hops()[1]["work"] if "INSERT INTO inbox" in one.get("sql", ""))
    request = TYPES["saga.WithdrawalRequested"](tx_id=tx, user_id="bob", amount=Decimal("2.00"))
    expected = TYPES["saga.MoneyDeducted"].of(request).id
    assert template.filled(charge["params"]["message"], tx, "bob", Decimal("2.00")) == expected


def test_nothing_of_the_recorded_withdrawal_is_left_in_it() -> None:
    recorded = json.dumps(hops())
    assert not [word for word in recorded.replace('"', " ").split() if len(word) == 36 and word.count("-") == 4]
    assert recorded.count("sent_at") == 1


def test_other_libraries_get_only_the_money_and_the_email() -> None:
    given = peers.statements(asked.check(amount="3.00"))
    assert [len(hop) for hop in given] == [1, 1, 1]
    assert given[0][0]["sql"] == account.DEDUCT


def test_the_floor_is_in_databases_of_its_own() -> None:
    at = own.where()
    assert {url.rpartition("/")[2] for url in at.databases.values()} == {f"bench_{alias}" for alias in at.databases}
    assert at.notification.endswith("/bench")
    env = at.environment()
    assert env["ACCOUNT_URL"].endswith("/bench_account")
    assert env["BROKER_URL"].endswith("/14")


@pytest.mark.parametrize(("share", "number"), [(1.0, 100), (0.25, 25), (0.01, 1), (0.0, 0), (1 / 3, 33)])
def test_the_given_share_of_the_runs_has_the_faults(share: float, number: int) -> None:
    assert sum(carries(n, share) for n in range(100)) == number


def test_a_loop_ends_by_its_number_and_tells_an_error() -> None:
    from contextlib import contextmanager

    calls: list[int] = []

    @contextmanager
    def opened() -> Any:
        yield lambda: calls.append(1)

    sample = CallLoop(opened, clients=3, seconds=60, runs=20).go()
    assert len(sample.latencies_ms) == 20
    assert len(calls) == 20 + 3 * 3

    @contextmanager
    def broken() -> Any:
        yield lambda: 1 / 0

    with pytest.raises(ZeroDivisionError):
        CallLoop(broken, clients=2, seconds=60).go()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"rounds": 0}, "rounds"),
        ({"rounds": 1000}, "rounds"),
        ({"fault_rate": 1.1}, "fault_rate"),
        ({"fault_rate": float("nan")}, "fault_rate"),
        ({"history": -1}, "history"),
        ({"history": 10**9}, "history"),
    ],
)
def test_what_is_measured_beside_it_is_bounded_too(given: dict[str, Any], field: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        asked.check(**given)
    assert refusal.value.field == field


def test_the_form_of_the_page() -> None:
    typed = QueryDict("seconds=2&clients=3&rounds=2&contention=hot&fault=payment.in_tx:decline&percent=20&floor=on")
    assert asked.check(**form.read(typed)) == asked.BenchAsked(
        list(PROTOCOLS),
        clients=3,
        seconds=2,
        rounds=2,
        contention="hot",
        faults=[{"at": "payment.in_tx", "do": "decline"}],
        fault_rate=0.2,
        floor=True,
    )
    assert asked.check(**form.read(QueryDict())) == asked.BenchAsked(list(PROTOCOLS), clients=4, seconds=4)


@pytest.mark.parametrize(
    "typed",
    [
        "seconds=0",
        "seconds=31",
        "seconds=",
        "seconds=1e1",
        "clients=٣",
        "clients=-1",
        "rounds=6",
        "percent=0",
        "percent=101",
        "fault=account.in_tx:hold",
        "floor=yes",
        "engine=",
        "contention=",
    ],
)
def test_a_wrong_field_starts_nothing(typed: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        asked.check(**form.read(QueryDict(typed)))
    assert refusal.value.field == typed.partition("=")[0]


def test_the_page_has_the_figures_as_a_table_too() -> None:
    result = Result(asked=asked.check().as_dict(), rows=[merged(ROWS)], beside=BESIDE)
    pages = [{"path": "/runs/", "before_ms": 10.0, "after_ms": 25.0, "times": 2.5}]
    given = {"beside": beside.read(result), "history": {"runs": 1000, "pages": pages}}
    html = " ".join(render_to_string("bench/beside.html", given).split())
    assert '<rect class="b-floor" width="4.00%"' in html
    assert "100 ms · 4.0 ms · ×25.0" in html
    assert html.count('<th scope="row">') == 2
    assert "saga-framework: no such wheel" in html


def test_figures_are_rounded_not_cut() -> None:
    assert beside.duration(8.69) == "8.7 ms"
    assert beside.rate(1999.6) == "2000 / s"
