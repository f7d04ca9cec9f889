"""Debian's Chromium, driven by Playwright, against a real `manage.py up`."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.support.browser import QUIET, chromium
from tests.support.stack import Stack

expect.set_options(timeout=20_000)  # a deadline, not a pause: what is there is seen at once


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium(), args=QUIET)
        yield opened
        opened.close()


@pytest.fixture
def context(browser: Browser, stack: Stack) -> Iterator[BrowserContext]:
    opened = browser.new_context(base_url=stack.url, viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    opened.set_default_timeout(60_000)
    yield opened
    opened.close()


def expected(error: str) -> bool:
    """A refused form and a server that was killed are what some tests are about."""
    refused = ("Failed to load resource", "WebSocket connection", "[object Event]", "htmx:sendError", "htmx:after")
    return any(words in error for words in refused)


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page on which nothing may go wrong: an error in its scripts or against its CSP fails the test."""
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)) if not expected(str(error)) else None)
    opened.on(
        "console", lambda said: wrong.append(said.text) if said.type == "error" and not expected(said.text) else None
    )
    yield opened
    assert not wrong, wrong
