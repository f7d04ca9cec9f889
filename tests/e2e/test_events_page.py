"""At the event store: travels in time, stops the projector, rebuilds, verifies, and tries to rewrite the past."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.stack import Stack, wait_for

SEEN = 30_000  # ms until another browser shows it


@pytest.fixture(autouse=True)
def _projector_at_work_again(stack: Stack) -> Iterator[None]:
    yield
    stack.sql("events", "UPDATE checkpoint SET stopped = false")


def stream(stack: Stack, name: str) -> list[dict]:
    return stack.sql("events", "SELECT * FROM events WHERE aggregate = %s ORDER BY version", f"account:{name}")


def projected(stack: Stack, name: str) -> str:
    found = stack.sql("events", "SELECT balance FROM balance_view WHERE account = %s", name)
    return str(found[0]["balance"])


def withdrawn(stack: Stack, name: str, *faults: str) -> str:
    run_id = stack.withdraw("event_sourcing", name, *faults)
    stack.ended(run_id)
    wait_for(
        lambda: (
            not stack.sql(
                "events",
                "SELECT 1 FROM events, checkpoint c WHERE events.position > c.position AND NOT c.stopped LIMIT 1",
            )
        ),
        30,
    )
    return run_id


def press(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).click()
    expect(page.locator("#notices .notice")).to_be_visible()


def test_any_version_is_a_permalink_also_without_javascript(
    browser: Browser, stack: Stack, account: Callable[[], str]
) -> None:
    name = account()
    withdrawn(stack, name)
    facts = stream(stack, name)
    with browser.new_context(base_url=stack.url, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"/events/?account={name}&version=3")
        expect(page.locator("#fold")).to_have_text("$1,000.00")
        expect(page.locator("#view")).to_have_text("$900.00")
        expect(page.locator(".fact.here")).to_contain_text("BalanceChecked")
        expect(page.locator(".fact.later").first).to_contain_text("WithdrawalCompleted")
        page.get_by_role("link", name="one on").click()
        expect(page).to_have_url(re.compile("version=4"))
        expect(page.locator("#fold")).to_have_text("$900.00")
        page.locator("#version").fill("0")
        page.locator("#slide button").click()
        expect(page).to_have_url(re.compile("version=0"))
        expect(page.locator("#fold")).to_have_text("$0.00")
        moment = facts[2]["at"].strftime("%Y-%m-%dT%H:%M:%S.%f")
        page.goto(f"/events/?account={name}&at={moment}")
        expect(page.locator(".steps .at")).to_have_text(f"version 3 of {len(facts)}")
        for query, field in (
            ("account=nobody-here", "account"),
            (f"account={name}&version=x", "version"),
            (f"account={name}&at=later", "at"),
        ):
            answer = page.goto(f"/events/?{query}")
            assert answer is not None
            assert answer.status == 422, query
            expect(page.locator(f"[id$={field}-wrong]")).to_be_visible()


def test_the_slider_travels_without_a_reload(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    name = account()
    withdrawn(stack, name)
    page.goto(f"/events/?account={name}")
    page.evaluate("window.still = true")
    slider = page.locator("#version")
    slider.focus()
    page.keyboard.press("Home")
    expect(page.locator("#fold")).to_have_text("$0.00")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#fold")).to_have_text("$1,000.00")
    expect(page).to_have_url(re.compile(r"version=1$"))
    page.keyboard.press("End")
    expect(page.locator("#fold")).to_have_text("$900.00")
    expect(page).to_have_url(re.compile(rf"account={name}$"))
    assert page.evaluate("window.still")


def test_a_stale_read_is_shown_on_every_page(
    page: Page, browser: Browser, stack: Stack, account: Callable[[], str]
) -> None:
    name = account()
    with browser.new_context(base_url=stack.url) as second:
        other = second.new_page()
        other.goto(f"/events/?account={name}")
        other.evaluate("window.still = true")
        page.goto(f"/events/?account={name}")
        page.get_by_label("Reason (optional)").fill("to read something old")
        press(page, "Stop")
        expect(other.locator("#projector")).to_contain_text("Stopped by an operator", timeout=SEEN)
        withdrawn(stack, name)
        for one in (page, other):
            expect(one.locator("#read-says")).to_contain_text("stale: 5 events of this account behind", timeout=SEEN)
            expect(one.locator("#fold")).to_have_text("$900.00")
            expect(one.locator("#view")).to_have_text("$1,000.00")
            expect(one.locator("#projector")).to_contain_text(re.compile(r"stale:\s+\d+\s+events\s+behind"))
        assert projected(stack, name) == "1000.00"
        press(page, "Start")
        for one in (page, other):
            expect(one.locator("#view")).to_have_text("$900.00", timeout=SEEN)
            expect(one.locator("#projector")).to_contain_text("up to date", timeout=SEEN)
        assert other.evaluate("window.still")
    kept = stack.sql(
        "default", "SELECT what, reason FROM operator_actions WHERE what LIKE 'events: %%' ORDER BY id DESC LIMIT 2"
    )
    assert [(row["what"], row["reason"]) for row in kept] == [
        ("events: start", ""),
        ("events: stop", "to read something old"),
    ]


def test_catch_up_by_hand_rebuild_and_verify(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    name = account()
    page.goto(f"/events/?account={name}")
    press(page, "Stop")
    withdrawn(stack, name)
    press(page, "Catch up now")
    expect(page.locator("#notices")).to_contain_text(re.compile(r"\d+\s+events\s+were\s+projected"))
    assert projected(stack, name) == "900.00"
    stack.sql("events", "UPDATE balance_view SET balance = 1 WHERE account = %s RETURNING 1", name)
    page.get_by_role("link", name="Verify").click()
    expect(page.locator("#verdict")).to_contain_text("1 difference")
    expect(page.locator("#verdict")).to_contain_text(name)
    press(page, "Rebuild")
    expect(page.locator("#notices")).to_contain_text("rebuilt from")
    assert projected(stack, name) == "900.00"
    page.get_by_role("link", name="Verify").click()
    expect(page.locator("#verdict")).to_contain_text("match the events")


def test_the_past_cannot_be_rewritten(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    name = account()
    withdrawn(stack, name)
    before = stream(stack, name)
    page.goto(f"/events/?account={name}&version=4")
    press(page, "Change event 4")
    expect(page.locator("#notices")).to_contain_text("UPDATE events SET data")
    expect(page.locator("#notices")).to_contain_text("permission denied for table events")
    expect(page.locator("#notices")).to_contain_text("stored events are immutable")
    expect(page).to_have_url(re.compile("version=4"))
    press(page, "Delete event 4")
    expect(page.locator("#notices")).to_contain_text("DELETE FROM events")
    assert stream(stack, name) == before


def test_snapshots_are_listed_and_lead_to_their_version(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    name = account()
    for _ in range(10):  # of five events each
        stack.ended(stack.withdraw("event_sourcing", name, amount="1.00"))
    kept = wait_for(
        lambda: stack.sql("events", "SELECT version FROM snapshots WHERE aggregate = %s", f"account:{name}"), 30
    )
    page.goto(f"/events/?account={name}")
    page.get_by_role("link", name=str(kept[0]["version"]), exact=True).last.click()
    expect(page).to_have_url(re.compile(f"version={kept[0]['version']}"))
