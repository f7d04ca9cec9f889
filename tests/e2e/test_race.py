"""A person races all protocols, watches the table fill in, and goes back in time."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from protocols.registry import PROTOCOLS
from tests.support.stack import Stack

ALL = len(PROTOCOLS)


def race(page: Page, account: str, *faults: str) -> list[str]:
    """Through the form, as a person does. Returns the runs' ids, in the order of the page."""
    page.goto("/race/")
    page.get_by_label("Account", exact=True).fill(account)
    for fault in faults:
        box = page.locator(f'input[name="fault"][value="{fault}"]')
        box.evaluate("box => { box.closest('details').open = true }")
        box.check()
    page.get_by_role("button", name="Start the race").click()
    page.wait_for_url(re.compile(r"/compare/\?runs=[0-9a-f,]+$"))
    return page.url.rpartition("=")[2].split(",")


def over(page: Page) -> None:
    expect(page.locator("#outcome")).to_have_attribute("data-live", "", timeout=60_000)


def row(page: Page, number: int) -> str:
    return " ".join(page.locator("#outcome tbody tr").nth(number - 1).inner_text().split())


def test_one_fault_and_every_protocol(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    runs = race(page, account(), "payment.in_tx:decline")
    page.evaluate("window.still = true")
    assert len(runs) == ALL
    over(page)
    assert page.evaluate("window.still"), "it filled in without a reload"
    for number, run_id in enumerate(runs, 1):
        ended = stack.ended(run_id)
        assert ended["status"] in row(page, number).lower()
        assert page.locator(f"#rows-{number - 1} > li").count() == len(stack.events(run_id))
    assert "permanently" in row(page, 2)
    assert "$100.00 missing" in row(page, 2)
    assert "Compensated" in row(page, 4)
    expect(page.locator(".is-money_lost .rank.best")).to_have_count(0)
    expect(page.locator("#outcome .rank.best").first).to_be_visible()
    page.reload()
    assert "permanently" in row(page, 2)


def test_one_cursor_for_all(page: Page, account: Callable[[], str]) -> None:
    race(page, account())
    over(page)
    every = page.locator(".board .row[data-ms]")
    shown = page.locator(".board .row[data-ms]:not([hidden])")
    later = page.locator(".board .row[data-ms][hidden]")
    expect(later).to_have_count(0)
    page.keyboard.press("Home")
    expect(shown).to_have_count(ALL)  # the requests themselves
    expect(page.locator("#outcome")).to_contain_text("as of 0 ms")
    expect(page.locator("#outcome .end").first).to_contain_text("Pending")
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile(r"&t=[1-9]\d*$"))
    page.reload()  # the moment is in the permalink
    assert ALL < shown.count() < every.count()
    page.locator("#slider").evaluate("s => { s.value = s.max; s.dispatchEvent(new Event('input')) }")
    expect(later).to_have_count(0)
    page.locator("#speed").select_option("0.1")
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    assert shown.count() < every.count()
    page.keyboard.press("End")
    expect(page).to_have_url(re.compile(r"runs=[0-9a-f,]+$"))
    expect(later).to_have_count(0)


def test_without_javascript(browser: Browser, stack: Stack, account: Callable[[], str]) -> None:
    with browser.new_context(base_url=stack.url, java_script_enabled=False) as plain:
        page = plain.new_page()
        page.goto("/race/")
        page.locator("#account").fill(account())
        for key in set(PROTOCOLS) - {"dual_write", "two_phase", "saga"}:
            page.locator(f'input[name="protocol"][value="{key}"]').uncheck()
        page.locator('input[value="payment.in_tx:decline"]').check()  # its part of the form is open already
        page.get_by_role("button", name="Start the race").click()
        page.wait_for_url("**/compare/*")
        runs = page.url.rpartition("=")[2].split(",")
        assert len(runs) == 3
        for run_id in runs:
            stack.ended(run_id)
        page.reload()
        assert "Compensated" in row(page, 3)
        page.get_by_label("To the event before").click()
        page.wait_for_url("**&t=*")  # whole: the boards come after the table
        assert "as of" in page.locator("#outcome").inner_text()
        assert page.locator(".board .row[data-ms][hidden]").count() > 0


def test_nothing_is_started_where_it_cannot_run(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    before = stack.sql("default", "SELECT count(*) AS n FROM runs")
    for name, amount, wrong in (("nobody", "100.00", "#account-wrong"), (account(), "1e3", "#amount-wrong")):
        page.goto("/race/")
        page.get_by_label("Account", exact=True).fill(name)
        page.get_by_label("Amount, $").fill(amount)
        page.get_by_role("button", name="Start the race").click()
        expect(page.locator(wrong)).to_be_visible()
    assert stack.sql("default", "SELECT count(*) AS n FROM runs") == before


def test_a_double_click_is_one_race(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    name = account()
    page.goto("/race/")
    page.get_by_label("Account", exact=True).fill(name)
    page.get_by_role("button", name="Start the race").dblclick()
    page.wait_for_url(re.compile("/compare/"))
    over(page)
    assert len(stack.sql("default", "SELECT id FROM runs WHERE account = %s", name)) == ALL


def test_two_ticked_runs_are_compared(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    name = account()
    good, bad = stack.withdraw("saga", name), stack.withdraw("saga", name, "payment.in_tx:decline")
    stack.ended(good)
    stack.ended(bad)
    page.goto(f"/runs/?account={name}")
    for run_id in (good, bad):
        page.locator(f'input[name="run"][value="{run_id}"]').check()
    page.locator("h1").click()
    page.wait_for_timeout(3500)  # the list has renewed itself meanwhile
    page.get_by_role("button", name="Compare the selected runs").click()
    page.wait_for_url(re.compile(r"/compare/\?runs="))
    expect(page.locator("#outcome tbody tr")).to_have_count(2)
    expect(page.locator(".row.alone").filter(has_text="Refund").first).to_be_attached()
    expect(page.locator("#outcome")).to_contain_text("Compensated")
    expect(page.locator(".shapes h2")).to_contain_text("They part at step")
    expect(page.locator(".shapes .apart").filter(has_text="Refund").first).to_be_visible()


@pytest.mark.parametrize("path", ["/compare/?runs=1", "/compare/?runs=00000000000000000000000000000000"])
def test_runs_that_are_gone(page: Page, path: str) -> None:
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == 404
