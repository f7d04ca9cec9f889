"""Back and forward through a run: a step is a permalink of the exact picture and state."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.stack import Stack

# What a person sees, without what only scripts know.
_SEEN = """() => ({
    rows: [...document.querySelectorAll('#lanes > .row:not([hidden]) summary')].map(row => row.innerText),
    cells: [...document.querySelectorAll('#lanes > .row:not([hidden]) .cell, #next .cell')].map(one => one.className),
    next: document.getElementById('next').innerText, state: document.getElementById('state').innerText,
    sums: document.getElementById('sums').innerText, act: document.getElementById('act').innerText,
    caption: document.getElementById('caption').innerText, at: document.getElementById('at').innerText,
    of: document.getElementById('of').innerText, slider: document.getElementById('slider').value, title: document.title,
    icon: document.querySelector('link[rel=icon]').getAttribute('href'), url: location.search,
})"""


def compensated(stack: Stack, account: Callable[[], str]) -> str:
    run_id = stack.withdraw("saga", account(), "payment.in_tx:decline")
    assert stack.ended(run_id)["status"] == "compensated"
    return run_id


def at(page: Page, step: int) -> None:
    """Until both the rows and the server's state are at this step."""
    expect(page.locator("#at")).to_have_text(str(step))
    expect(page.locator("#state")).to_have_attribute("data-last", str(step))


def test_a_step_is_the_same_in_another_browser(
    browser: Browser, page: Page, stack: Stack, account: Callable[[], str]
) -> None:
    run_id = compensated(stack, account)
    last = len(stack.events(run_id))
    page.goto(f"/runs/{run_id}/")
    with browser.new_context(base_url=stack.url, viewport={"width": 1440, "height": 900}) as other:
        second = other.new_page()
        for step in (3, 5, 8, last - 2, last):
            page.locator("#slider").evaluate(
                "(slider, step) => { slider.value = step; slider.dispatchEvent(new Event('input')) }", step
            )
            at(page, step)
            second.goto(page.url)
            at(second, step)
            assert second.evaluate(_SEEN) == page.evaluate(_SEEN)
            second.reload()
            at(second, step)
            assert second.evaluate(_SEEN) == page.evaluate(_SEEN)


def test_keys_go_by_steps_by_phases_and_to_the_ends(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    run_id = compensated(stack, account)
    events = stack.events(run_id)
    last = len(events)
    page.goto(f"/runs/{run_id}/?step=4")
    at(page, 4)
    page.keyboard.press("ArrowRight")
    at(page, 5)
    page.keyboard.press("ArrowLeft")
    at(page, 4)
    page.keyboard.press("Home")
    at(page, 1)
    turns = [
        e["seq"]
        for e in events
        if (e["kind"] == "step" and e["phase"] != "begin")
        or (e["kind"] == "message" and e["phase"] == "sent")
        or e["kind"] in ("request", "finished")
    ]
    for seq in turns[1:5]:
        page.keyboard.press("Shift+ArrowRight")
        at(page, seq)
    page.keyboard.press("Shift+ArrowLeft")
    at(page, turns[3])
    page.keyboard.press("End")
    at(page, last)
    assert "step=" not in page.url
    page.locator("#speed").select_option("150")
    page.keyboard.press("Home")
    at(page, 1)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press(" ")
    at(page, last)
    expect(page.locator("#lanes > .row:visible")).to_have_count(last)


def test_one_click_leads_to_the_first_failure(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    run_id = compensated(stack, account)
    first = next(e["seq"] for e in stack.events(run_id) if e["kind"] == "fault")
    for start in ("", "?step=2", "?view=log"):
        page.goto(f"/runs/{run_id}/{start}")
        page.get_by_role("link", name="First failure").click()
        at(page, first)
    page.goto(f"/runs/{run_id}/")
    page.get_by_role("link", name="First failure").click()
    expect(page.locator(f"#e-{first} summary")).to_be_focused()
    quiet = stack.withdraw("saga", account())
    stack.ended(quiet)
    page.goto(f"/runs/{quiet}/")
    expect(page.locator("[data-go=failure]")).to_be_hidden()


def test_times_are_since_the_start_or_since_the_step_before(
    page: Page, stack: Stack, account: Callable[[], str]
) -> None:
    run_id = compensated(stack, account)
    page.goto(f"/runs/{run_id}/")
    gutter = page.locator("#e-5 .gut")
    expect(gutter).to_contain_text("+")
    page.locator("#clock").click()
    expect(gutter.locator(".t-prev")).to_be_visible()
    expect(gutter.locator(".t-start")).to_be_hidden()
    page.reload()
    expect(gutter.locator(".t-prev")).to_be_visible()


@pytest.mark.parametrize("view", ["trace", "state", "log"])
def test_every_view_knows_the_step(page: Page, stack: Stack, account: Callable[[], str], view: str) -> None:
    run_id = compensated(stack, account)
    page.goto(f"/runs/{run_id}/?step=5")
    page.get_by_role("navigation", name="Views of this run").get_by_role("link", name=view, exact=False).click()
    page.wait_for_url(re.compile(rf"\?view={view}&step=5$"))
    at(page, 5)
    before = page.locator("#view").inner_text()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    at(page, 10)
    page.wait_for_url(re.compile(rf"\?view={view}&step=10$"))
    seen = page.locator("#view").inner_text()
    assert seen != before or view == "state"
    page.reload()
    at(page, 10)
    assert page.locator("#view").inner_text() == seen
    page.get_by_role("navigation", name="Views of this run").get_by_role("link", name="Lanes").click()
    page.wait_for_url(re.compile(r"/\?step=10$"))


def test_the_state_view_is_a_ledger(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    run_id = compensated(stack, account)
    page.goto(f"/runs/{run_id}/?view=state")
    refund = page.locator(".entry.comp")
    expect(refund).to_have_count(1)
    expect(refund.locator("tr", has_text="balance").locator("del")).to_have_text("900.00")
    expect(refund.locator("tr", has_text="balance").locator("ins")).to_have_text("1,000.00")


def test_the_tab_says_how_the_run_is(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    run_id = stack.withdraw("saga", account(), "payment.in_tx:hold")
    stack.reaches(run_id, "hold", "held")
    page.goto(f"/runs/{run_id}/")
    icon = page.locator('link[rel="icon"]')
    expect(page).to_have_title(re.compile("^Running · "))
    expect(icon).to_have_attribute("href", re.compile(r"running\.svg$"))
    stack.client.post(f"/api/runs/{run_id}/release")
    expect(page).to_have_title(re.compile("^Succeeded · "), timeout=30_000)
    expect(icon).to_have_attribute("href", re.compile(r"ok\.svg$"))
    lost = stack.withdraw("dual_write", account(), "account.after_commit:crash")
    stack.ended(lost)
    page.goto(f"/runs/{lost}/")
    expect(page).to_have_title(re.compile("^Money lost · "))
    expect(icon).to_have_attribute("href", re.compile(r"lost\.svg$"))
    for name in ("running", "ok", "undone", "no", "doubt", "lost"):
        assert stack.client.get(f"/static/icons/{name}.svg").status_code == 200
