"""A short bench, started as a person starts it, with its figures and their conditions."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from protocols.registry import PROTOCOLS
from tests.support.stack import Stack, wait_for


def test_a_bench_from_the_terminal_is_on_the_page(page: Page, stack: Stack) -> None:
    before = stack.sql("default", "SELECT count(*) AS n FROM runs")[0]["n"]
    done = stack.manage("bench", "--protocols", "monolith,saga", "--runs", "6", "--clients", "2", "--json")
    report = json.loads(done.stdout)
    assert [row["protocol"] for row in report["rows"]] == ["monolith", "saga"]
    for row in report["rows"]:
        assert row["runs"] == 6
        assert row["statuses"] == {"succeeded": 6}
        assert row["books"] is True
        assert 0 < row["p50_ms"] <= row["p95_ms"] <= row["p99_ms"]
        assert row["per_second"] > 0
        assert row["locks_p50_ms"] > 0
        assert row["commits"] >= 1
    assert report["rows"][1]["messages"] > report["rows"][0]["messages"]
    assert report["rows"][0]["gap_p95_ms"] == 0
    assert report["conditions"]["cores"]
    warm = 3
    made = stack.sql("default", "SELECT count(*) AS n FROM runs")[0]["n"] - before
    assert made == 2 * (6 + warm)

    page.goto("/bench/")
    expect(page.locator(".bench-table tbody tr")).to_have_count(2)
    expect(page.locator(".conditions")).to_contain_text("2 clients")
    expect(page.locator(".bench-table")).to_contain_text("hold")
    with page.expect_download() as asked:
        page.get_by_role("link", name="CSV").click()
    assert re.fullmatch(r"distviz-bench-[0-9a-f]{8}\.csv", asked.value.suggested_filename)


def test_nothing_is_measured_twice_at_once(page: Page, stack: Stack) -> None:
    columns = "id, state, asked, conditions, rows, beside, ratios, history, doing, error, started_at, beat_at"
    insert = f"INSERT INTO bench_results ({columns}) VALUES "
    row = "(gen_random_uuid(), 'running', %s, '{}', '[]', '[]', '[]', '{}', 'saga: 3', '', now(), now())"
    stack.sql("default", insert + row, json.dumps({"protocols": ["saga"], "clients": 1}))
    try:
        page.goto("/bench/")
        expect(page.locator("#bench-running")).to_contain_text("saga: 3")
        expect(page.get_by_role("button", name="Run the bench")).to_be_disabled()
        refused = stack.manage("bench", "--runs", "1", check=False)
        assert refused.returncode
        assert "running already" in refused.stderr
    finally:
        stack.sql("default", "DELETE FROM bench_results WHERE state = 'running'")


@pytest.mark.parametrize("path", ["/bench/?result=1", "/bench/00000000-0000-0000-0000-000000000000.csv"])
def test_a_result_that_is_not_there(stack: Stack, path: str) -> None:
    assert stack.client.get(path).status_code == 404


@pytest.mark.thorough
def test_the_form_takes_what_the_terminal_takes(page: Page, stack: Stack) -> None:
    page.goto("/bench/")
    page.get_by_label("Seconds for each protocol").fill("1")
    page.get_by_label("Clients").fill("2")
    page.get_by_label("Rounds").fill("1")
    page.get_by_label("Hot: all withdraw from one account").check()  # the others are other tests'
    page.locator("[name=fault]").select_option("payment.in_tx:decline")
    page.get_by_label("percent of the runs").fill("50")
    page.get_by_label("Floor: the same statements without the lab").check()
    page.get_by_role("button", name="Run the bench").click()
    expect(page.locator("#bench-running")).to_contain_text("A bench is running")
    running = "SELECT count(*) AS n FROM bench_results WHERE state = 'running'"
    wait_for(lambda: not stack.sql("default", running)[0]["n"], 240, "the bench is over")

    page.goto("/bench/")
    conditions = page.locator(".conditions")
    expect(conditions).to_contain_text("2 clients")
    expect(conditions).to_contain_text("payment.in_tx: decline, in 50 % of the runs")
    table = page.locator(".bench-table.floors tbody tr")
    expect(table).to_have_count(len(PROTOCOLS))
    expect(page.locator(".chart.medians").first.locator("li")).to_have_count(len(PROTOCOLS))
    own, floor = (page.locator(".chart.medians").first.locator(f"li .{name}").first for name in ("b-50", "b-floor"))
    assert own.bounding_box()["width"] > floor.bounding_box()["width"] > 0
    assert page.locator(".endings").filter(has_text="Compensated").count() > 0


def test_a_field_that_makes_no_sense_starts_nothing(page: Page, stack: Stack) -> None:
    before = stack.sql("default", "SELECT count(*) AS n FROM bench_results")[0]["n"]
    page.goto("/bench/")
    page.get_by_label("Clients").evaluate("field => field.removeAttribute('max')")
    page.get_by_label("Clients").fill("1000")
    page.get_by_role("button", name="Run the bench").click()
    expect(page.get_by_role("alert")).to_contain_text("clients")
    expect(page.get_by_label("Clients")).to_have_value("1000")
    assert stack.sql("default", "SELECT count(*) AS n FROM bench_results")[0]["n"] == before
