"""Servers that are gone and stay gone: every page is still a page, and says what it means for the money."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support import pages
from tests.support.stack import Stack, running, wait_for


@pytest.fixture(scope="module")
def alone() -> Iterator[Stack]:
    """Nobody brings back here what was killed."""
    with running("--no-supervise", accounts=0, env={"T_TERM": "60"}) as stack:
        yield stack


@pytest.fixture(scope="module")
def tab(browser: Browser, alone: Stack) -> Iterator[Page]:
    with browser.new_context(base_url=alone.url) as context:
        context.set_default_timeout(60_000)
        yield context.new_page()


def opened(page: Page, path: str, status: int = 200) -> Page:
    """The page, which is one that everybody can read whatever is missing."""
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == status
    assert page.locator("h1").count() == 1
    assert not pages.violations(page)
    return page


def test_nothing_has_happened_yet(tab: Page) -> None:
    """A fresh database: every page says how to begin."""
    expect(opened(tab, "/").get_by_role("link", name="Withdraw $100")).to_be_visible()
    expect(opened(tab, "/runs/").locator("main")).to_contain_text("No run yet.")
    expect(opened(tab, "/compare/").locator("main")).to_contain_text("Start a race")
    expect(opened(tab, "/notifications/").locator("main")).to_contain_text("No notifications yet.")
    opened(tab, "/promises/")
    opened(tab, "/lab/event_sourcing/")


@pytest.mark.thorough
def test_one_after_the_other_goes(tab: Page, alone: Stack) -> None:
    alone.kill("worker:payment")
    run_id = alone.withdraw("saga", "alice")
    opened(tab, f"/runs/{run_id}/")
    expect(tab.locator("#workers")).to_contain_text("No worker is running for: worker:payment", timeout=60_000)

    alone.kill("mongo")
    expect(opened(tab, "/notifications/", 503).locator("main")).to_contain_text("No money depends on it")

    alone.kill("postgres:account")
    expect(opened(tab, "/lab/saga/").locator("main")).to_contain_text("does not respond")
    expect(opened(tab, f"/runs/{run_id}/").locator("main")).to_contain_text("does not respond")
    expect(opened(tab, "/race/").locator("main")).to_contain_text("a race can start when it is back")
    expect(opened(tab, "/").locator(".health")).to_contain_text("Down: PostgreSQL account")

    alone.kill("valkey")
    opened(tab, "/lab/monolith/").get_by_role("button", name="Withdraw", exact=True).click()
    tab.wait_for_url("**/runs/*/")
    assert tab.locator("#state").inner_text().strip()

    alone.kill("postgres:lab")
    wait_for(lambda: alone.client.get("/runs/").status_code == 503, 60, "the page says that its database is gone")
    expect(opened(tab, "/runs/", 503).locator("main")).to_contain_text("A database does not answer")
    expect(tab.locator("main")).to_contain_text("no money moved")
