"""The list of runs: counts that add up, filters in the URL, pages, and a hundred thousand runs that nobody notices."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.stack import Stack

MANY = """
INSERT INTO runs (id, protocol, account, amount, note, mode, status, ending, outcome, verdict, trace_id, span_id, seq,
    open, deliveries, money, scope, key, body_hash, created_at, updated_at, finished_at, attempts, faulty)
SELECT gen_random_uuid(), 'saga', 'nobody-' || i %% 20, 1, '', 'run', s, s, s, 'consistent', md5(i::text), '', 9, 0,
    '{}', '{}', '', '', '', at, at, at, 1 + i %% 3, false
FROM generate_series(1, 100000) i,
    LATERAL (SELECT CASE WHEN i %% 7 = 0 THEN 'declined' ELSE 'succeeded' END AS s,
                    now() - i * interval '1 minute' AS at) x
"""


def counts(page: Page) -> dict[str, int]:
    """What the chips say, by their status."""
    found = page.eval_on_selector_all(
        ".counts a",
        """chips => chips.map(chip => [(chip.querySelector(".status")?.className ?? "").replace("status s-", ""),
                                       chip.querySelector("b").textContent])""",
    )
    return {status: int(re.sub(r"\D", "", number)) for status, number in found}


def test_the_counts_add_up_and_every_filter_is_in_the_url(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    who = account()
    good = stack.withdraw("saga", who, note="rent of November")
    bad = stack.withdraw("saga", who, "payment.in_tx:decline")
    tried = stack.withdraw("monolith", who, "account.in_tx:error")
    for run_id in (good, bad, tried):
        stack.ended(run_id, 60)
    page.goto(f"/runs/?account={who}")
    numbers = counts(page)
    assert numbers == {"": 3, "succeeded": 2, "compensated": 1}
    page.locator(".counts a", has_text="Compensated").click()
    page.locator(".counts a", has_text="Succeeded").click()  # several at once
    expect(page).to_have_url(re.compile(r"status=compensated&status=succeeded"))
    expect(page.locator(".runs-table tbody tr")).to_have_count(3)
    page.get_by_label("with failures").check()
    page.get_by_role("button", name="Filter").click()
    expect(page).to_have_url(re.compile("faults=1"))
    expect(page.locator(".runs-table tbody tr")).to_have_count(2)
    page.goto(f"/runs/?account={who}&retries=1")
    expect(page.locator(".runs-table tbody tr")).to_have_count(1)
    expect(page.locator("td.attempts")).to_contain_text("2")
    page.goto("/runs/?q=RENT+of+Nov&account=" + who)
    expect(page.locator(".runs-table code.id")).to_have_text(good[:8])
    page.goto(f"/runs/?q={bad[:13]}")
    expect(page.locator(".runs-table code.id")).to_have_text(bad[:8])
    page.goto(f"/runs/?account={who}&status=failed")
    expect(page.get_by_text("No run matches.")).to_be_visible()
    page.get_by_role("link", name="All runs").click()
    expect(page).to_have_url(re.compile("/runs/$"))


def test_what_goes_on_now_is_there_without_a_reload(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    who = account()
    page.goto(f"/runs/?account={who}")
    run_id = stack.withdraw("saga", who, "payment.in_tx:hold")
    line = page.locator(".runs-table tr", has_text=run_id[:8])
    expect(line).to_contain_text("Temporarily inconsistent", timeout=30_000)
    expect(line).to_contain_text("so far")
    page.goto("/runs/?verdict=temporarily_inconsistent")
    expect(line).to_be_visible()
    stack.client.post(f"/api/runs/{run_id}/release")
    stack.ended(run_id, 60)
    expect(line).to_have_count(0, timeout=30_000)


def test_saved_views_answer_and_say_where_one_is(page: Page) -> None:
    page.goto("/runs/")
    names = page.locator(".saved a").all_inner_texts()
    assert {"Retrying now", "In doubt", "Needs manual action", "Money lost"} <= set(names)
    for name in names:
        page.locator(".saved").get_by_role("link", name=name, exact=True).click()
        expect(page.locator('.saved a[aria-current="true"]')).to_have_text(name)


@pytest.mark.thorough
def test_a_hundred_thousand_runs_are_counted_and_paged_without_reading_them(page: Page, stack: Stack) -> None:
    before = stack.sql("default", "SELECT COALESCE(sum(n), 0) AS n FROM run_counts")[0]["n"]
    stack.sql("default", MANY)
    stack.sql("default", "ANALYZE runs")
    try:
        kept = stack.sql("default", "SELECT sum(n) AS n FROM run_counts")[0]["n"]
        assert kept - before >= 100_000
        scans = "SELECT seq_scan AS n FROM pg_stat_user_tables WHERE relname = 'runs'"
        page.goto("/runs/?status=declined&account=nobody-7")
        first = page.locator(".runs-table code.id").all_inner_texts()
        assert len(first) == 40
        page.get_by_role("link", name="Older").click()
        expect(page.get_by_role("link", name="Newest")).to_be_visible()
        assert not set(first) & set(page.locator(".runs-table code.id").all_inner_texts())
        numbers = counts(page)
        assert numbers[""] == 5_000 == numbers["declined"] + numbers["succeeded"]
        was = stack.sql("default", scans)[0]["n"]
        queries = (
            "/runs/",
            "/runs/?protocol=saga",
            "/runs/?status=retrying",
            "/runs/?verdict=money_lost",
            "/runs/?account=nobody-7",
            "/runs/?faults=1",
            "/runs/?q=zz",
            "/api/runs?protocol=saga&limit=50",
        )
        for _ in range(10):
            for query in queries:
                stack.client.get(query).raise_for_status()
        # No page reads the whole table. PostgreSQL tells late: a scan of before the ANALYZE may be counted only now.
        assert stack.sql("default", scans)[0]["n"] - was < 5
    finally:
        stack.reset()
    assert not stack.sql("default", "SELECT sum(n) AS n FROM run_counts")[0]["n"]


def test_the_api_pages_do_not_overlap(stack: Stack, account: Callable[[], str]) -> None:
    who = account()
    made = [stack.withdraw("monolith", who, amount="1.00") for _ in range(5)]
    seen: list[str] = []
    before = ""
    while True:
        page = stack.client.get("/api/runs", params={"account": who, "limit": 2, "before": before}).json()
        seen += [run["id"] for run in page["runs"]]
        if not page["next"]:
            break
        before = page["next"]
    assert seen == made[::-1]
