"""The page that describes the API: each call can be tried where it is described."""

import json
import re
from collections.abc import Callable
from typing import Literal

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support import pages
from tests.support.stack import Stack


def opened(page: Page, call: str) -> Locator:
    one = page.locator(f"[id='{call}']")
    one.locator(".trying > summary").click()
    return one


def field(one: Locator, name: str) -> Locator:
    return one.locator(f".trying [name='{name}']")


def send(one: Locator) -> None:
    one.get_by_role("button", name="Send").click()


def test_a_withdrawal_is_asked_for_and_read(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    page.goto("/api/docs")
    one = opened(page, "POST-api-runs")
    name = account()
    one.get_by_label("Body").fill(f'{{"protocol": "saga", "account": "{name}", "amount": "100.00", "note": "it\'s"}}')
    send(one)
    expect(one.locator(".status-code")).to_have_text("202 Accepted")
    expect(one.locator(".took")).to_have_text(re.compile(r"^\d+ ms$"))
    answer = json.loads(one.locator(".answer pre").inner_text())
    stack.ended(run_id := answer["id"])
    one.get_by_text("From a terminal").click()
    expect(one.locator(".curl")).to_contain_text("-X POST")
    expect(one.locator(".curl")).to_contain_text(r"it'\''s")

    one = opened(page, "GET-api-runs--run-id--events")
    expect(field(one, "run_id")).to_have_value(run_id)  # the newest one is offered
    field(one, "limit").fill("2")
    send(one)
    expect(one.locator(".status-code")).to_have_text("200 OK")
    expect(one.locator(".answer pre")).to_contain_text('"seq": 2')
    expect(one.locator(".answer pre")).not_to_contain_text('"seq": 3')
    one.get_by_text("From a terminal").click()
    expect(one.locator(".curl")).to_have_text(f"curl '{stack.url}/api/runs/{run_id}/events?after=0&limit=2'")


def test_a_refusal_is_shown_as_it_is(page: Page) -> None:
    page.goto("/api/docs")
    one = opened(page, "GET-api-accounts--protocol---name-")
    field(one, "name").fill("nobody/at?all")
    with page.expect_response(re.compile("/api/accounts/")) as answer:
        send(one)
    assert "nobody%2Fat%3Fall" in answer.value.url
    expect(one.locator(".status-code.refused")).to_contain_text("404")


def test_a_get_without_a_part_in_its_path_needs_no_script(browser: Browser, stack: Stack) -> None:
    with browser.new_context(base_url=stack.url, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto("/api/docs")
        expect(page.locator("[id='POST-api-runs'] .trying")).to_be_hidden()
        one = opened(page, "GET-api-books")
        field(one, "protocol").select_option("saga")
        send(one)
        expect(page.locator("body")).to_contain_text('"invariants"')


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_by_everybody(page: Page, scheme: Literal["light", "dark"]) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto("/api/docs")
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    send(page.locator("[id='GET-api-protocols']"))
    expect(page.locator("[id='GET-api-protocols'] .status-code")).to_have_text("200 OK")
    assert not pages.violations(page)
    page.set_viewport_size({"width": 320, "height": 800})
    assert not pages.too_wide(page)
