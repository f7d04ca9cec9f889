"""The browser, and what a person does in it in many tests."""

import re
import shutil

from playwright.sync_api import Page, expect

from tests.support.stack import Stack

# The shell draws the same with two thirds of the processor time.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


def chromium() -> str:
    """Where the browser is."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    assert found, "no Chromium found; `make test` installs it"
    return found


def withdraw(page: Page, protocol: str, account: str, *faults: str, step: bool = False) -> str:
    """Through the form, as a person does. Returns the run's id."""
    page.goto(f"/lab/{protocol}/")
    page.get_by_label("Account", exact=True).fill(account)
    page.get_by_label("Amount, $").fill("100.00")
    if step:
        page.get_by_label("Step: every message waits").check()
    for fault in faults:
        box = page.locator(f'input[name="fault"][value="{fault}"]')
        box.evaluate("box => { box.closest('details').open = true }")
        box.check()
    page.get_by_role("button", name="Withdraw", exact=True).click()
    page.wait_for_url(re.compile(r"/runs/[0-9a-f-]{36}/$"))
    return page.url.rstrip("/").rpartition("/")[2]


def rows(page: Page) -> list[int]:
    """The numbers of the rows on the page, in their order."""
    found: list[int] = page.eval_on_selector_all("#lanes > li", "rows => rows.map(row => Number(row.dataset.seq))")
    return found


def shows_the_log(page: Page, stack: Stack, run_id: str) -> None:
    """The picture is exactly the log, without a reload."""
    expect(page.locator("#state")).to_have_attribute("data-finished", re.compile("."), timeout=30_000)
    expect(page.locator("#lanes > li")).to_have_count(len(stack.events(run_id)), timeout=15_000)
    assert rows(page) == [event["seq"] for event in stack.events(run_id)]


def waiting(page: Page) -> list[str]:
    return (page.locator("#act").get_attribute("data-parked") or "").split()


def something_waits(page: Page) -> bool:
    """True once a message waits, False once the run is over."""
    there = "document.getElementById('act').dataset.parked.trim() || document.getElementById('state').dataset.finished"
    page.wait_for_function(f"() => {there}", timeout=60_000)
    return bool(waiting(page))


def three_prepares(page: Page, stack: Stack, account: str) -> str:
    """Two-phase commit in step mode, with everybody's question parked."""
    run_id = withdraw(page, "two_phase", account, step=True)
    assert something_waits(page)
    page.locator("#act").get_by_role("button", name="Deliver").click()
    expect(page.locator("#act .queue li")).to_have_count(3, timeout=30_000)
    return run_id
