"""A person is the network: every message of every protocol waits on its arrow until somebody decides about it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.support import facts
from tests.support.browser import shows_the_log, something_waits, three_prepares, waiting, withdraw
from tests.support.stack import Stack, wait_for
from tests.support.thorough import but

# What the picture must at least have waited for, in step mode, from the first message to the last.
MESSAGES = {
    "monolith": ["WithdrawalRequested"],
    "dual_write": ["WithdrawalRequested", "MoneyDeducted", "PaymentProcessed"],
    "two_phase": ["WithdrawalRequested", "PrepareAccount", "AccountVoted", "CommitPayment", "NotificationDone"],
    "saga": ["WithdrawalRequested", "MoneyDeducted", "PaymentProcessed", "CustomerNotified"],
    "event_sourcing": ["WithdrawalRequested", "MoneyDeducted", "EventsAppended", "NotifyCustomer", "CustomerNotified"],
    "outbox": ["WithdrawalRequested", "MoneyDeducted", "PaymentProcessed", "CustomerNotified", "Acknowledged"],
    **facts.each("MESSAGES"),
}


@pytest.mark.parametrize("protocol", but({"two_phase", "orchestrated"}, MESSAGES))
def test_every_protocol_runs_in_step_mode_from_its_first_message_to_its_last(
    page: Page, stack: Stack, account: Callable[[], str], protocol: str
) -> None:
    name = account()
    run_id = withdraw(page, protocol, name, step=True)
    page.evaluate("window.still = true")  # gone after a reload
    expect(page.locator("#conn")).to_contain_text("Live")
    seen = []
    while something_waits(page):
        mid = waiting(page)[0]
        envelope = page.locator(f'.envelope[data-mid="{mid}"]')
        expect(envelope).to_be_visible()  # on the arrow itself
        seen.append(page.locator("#act .queue li code").first.inner_text())
        expect(page.locator(".lanes.streams")).to_have_count(0)  # nobody presses what still moves
        envelope.get_by_role("button", name="Deliver").click()
        expect(page.locator(f'#act[data-parked*="{mid}"]')).to_have_count(0, timeout=30_000)
        expect(envelope).to_be_hidden()
    assert [name for name in MESSAGES[protocol] if name not in seen] == []
    shows_the_log(page, stack, run_id)
    assert stack.run(run_id)["status"] == "succeeded"
    assert stack.balance(protocol, name) == "900.00"
    assert page.evaluate("window.still")


def test_two_browsers_see_the_same_and_the_second_press_changes_nothing(
    page: Page, browser: Browser, stack: Stack, account: Callable[[], str]
) -> None:
    run_id = withdraw(page, "saga", account(), step=True)
    assert something_waits(page)
    first = waiting(page)[0]
    with browser.new_context(base_url=stack.url) as elsewhere:
        other = elsewhere.new_page()
        other.goto(f"/runs/{run_id}/")
        expect(other.locator("#conn")).to_contain_text("Live")
        expect(other.locator(f'.envelope[data-mid="{first}"]')).to_be_visible()
        page.locator("#act").get_by_role("button", name="Deliver").click()
        for viewer in (page, other):
            expect(viewer.locator("#by-hand")).to_contain_text("WithdrawalRequested was delivered to Account by hand")
            expect(viewer.locator("#act")).to_contain_text("MoneyDeducted")
            expect(viewer.locator(f'.envelope[data-mid="{first}"]')).to_be_hidden()
        second = waiting(other)[0]
        verb = f"/api/runs/{run_id}/messages/{second}"
        assert stack.client.post(f"{verb}/drop").status_code == 200
        again = stack.client.post(f"{verb}/deliver")
        assert again.status_code == 409
        assert "dropped before" in again.json()["detail"]
        expect(other.locator("#by-hand")).to_contain_text("dropped by hand")
    assert [event["phase"] for event in stack.events(run_id) if event.get("name") == "MoneyDeducted"][:2] == [
        "parked",
        "dropped",
    ]


def delivered(stack: Stack, run_id: str) -> list[str]:
    return [event["name"] for event in stack.events(run_id) if event["phase"] == "delivered"]


def test_parallel_messages_are_a_queue_that_can_be_reordered(
    page: Page, stack: Stack, account: Callable[[], str]
) -> None:
    run_id = three_prepares(page, stack, account())
    prepare = page.locator("#act .queue li", has_text="PrepareAccount")
    prepare.get_by_role("button", name="Let the others overtake").click()
    wait_for(lambda: len(delivered(stack, run_id)) == 4, 30, "all of them are delivered")
    assert delivered(stack, run_id)[1:] == ["PreparePayment", "PrepareNotification", "PrepareAccount"]
    expect(page.locator("#lanes")).to_contain_text("overtakes PrepareAccount")
    while something_waits(page):
        many = len(waiting(page)) > 1
        page.locator("#act").get_by_role(
            "button", name="Deliver all, newest first" if many else "Deliver"
        ).first.click()
        page.wait_for_timeout(200)
    assert stack.ended(run_id)["status"] == "succeeded"


def test_the_keyboard_alone_is_enough(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    run_id = withdraw(page, "saga", account(), step=True)
    assert something_waits(page)
    page.locator("#act").get_by_role("button", name="Deliver").focus()
    for message in ("MoneyDeducted", "PaymentProcessed"):
        page.keyboard.press("Enter")
        expect(page.locator("#act")).to_contain_text(message, timeout=30_000)
        expect(page.locator("#act .queue .primary")).to_be_focused()
    page.keyboard.press("d")
    expect(page.locator("#act")).to_contain_text("CustomerNotified", timeout=30_000)
    page.keyboard.press("d")
    shows_the_log(page, stack, run_id)


def test_one_message_that_a_fault_holds_is_an_envelope_too(
    page: Page, stack: Stack, account: Callable[[], str]
) -> None:
    run_id = withdraw(page, "saga", account(), "message.MoneyDeducted:hold")
    assert something_waits(page)
    expect(page.locator("#act .late")).to_be_hidden()  # there is nothing that could
    page.locator(".envelope").get_by_role("button", name="Duplicate").click()
    shows_the_log(page, stack, run_id)
    expect(page.locator("#lanes")).to_contain_text("DUPLICATE")


def test_a_step_of_the_past_shows_its_envelope_without_its_buttons(
    page: Page, stack: Stack, account: Callable[[], str]
) -> None:
    withdraw(page, "saga", account(), step=True)
    assert something_waits(page)
    page.locator("#act").get_by_role("button", name="Deliver").click()
    expect(page.locator("#act")).to_contain_text("MoneyDeducted", timeout=30_000)
    # A frame that is laid in between press and release moves the next button away.
    with page.expect_response(re.compile("step=")):
        page.locator('[data-go="back"]').click()
    page.wait_for_function("() => !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')")
    expect(page.locator("body")).to_have_class(re.compile("is-past"))
    expect(page.locator("#act .verbs button").first).to_be_hidden()
    page.locator('[data-go="live"]').click()
    expect(page.locator("#act .verbs button").first).to_be_visible()


def test_what_comes_while_a_page_goes_live_again_is_on_it(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    """A message over the socket has only what has changed: one that comes between the server's answer and the page's
    taking it has to be kept."""
    run_id = withdraw(page, "saga", account(), step=True)
    assert something_waits(page)
    first = waiting(page)[0]
    page.locator('[data-go="back"]').click()
    expect(page.locator("body")).to_have_class(re.compile("is-past"))
    page.wait_for_function("() => !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')")

    def meanwhile(route: Route) -> None:
        answer = route.fetch()
        assert stack.client.post(f"/api/runs/{run_id}/messages/{first}/deliver").status_code == 200
        wait_for(lambda: any(m["name"] == "MoneyDeducted" for m in stack.run(run_id)["parked"]), 30, "it is parked")
        events = len(stack.events(run_id))
        page.wait_for_function("n => Number(document.getElementById('of').textContent) >= n", arg=events)
        route.fulfill(response=answer)

    page.route(re.compile(r"/frame/\?after="), meanwhile)
    page.locator('[data-go="live"]').click()
    expect(page.locator("#act")).to_contain_text("MoneyDeducted")
    assert first not in waiting(page)
    expect(page.locator("#lanes > li")).to_have_count(len(stack.events(run_id)))


def test_by_hand_without_javascript(browser: Browser, stack: Stack, account: Callable[[], str]) -> None:
    run_id = stack.withdraw("monolith", account(), mode="step")
    wait_for(lambda: stack.run(run_id)["parked"], 30, "the request is parked")
    with browser.new_context(base_url=stack.url, java_script_enabled=False) as plain:
        page = plain.new_page()
        page.goto(f"/runs/{run_id}/")
        page.locator(".envelope").get_by_role("button", name="Deliver").click()
        stack.ended(run_id)
        page.reload()
        expect(page.locator("#state")).to_contain_text("Succeeded")
