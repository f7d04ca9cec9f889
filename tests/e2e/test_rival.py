"""A second withdrawal from the same account in mid-flight: it meets a lock, a version or the balance, and no update is
lost."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import withdraw
from tests.support.probing import held, probe, reads
from tests.support.stack import Stack, wait_for


def fire(stack: Stack, run_id: str, **body: str) -> str:
    answer = stack.client.post(f"/api/runs/{run_id}/rival", json=body)
    assert answer.status_code == 202, answer.text
    assert answer.json()["rival_of"] == run_id
    return str(answer.json()["id"])


def errors(stack: Stack, run_id: str) -> str:
    return " ".join(event.get("error", "") for event in stack.events(run_id))


def end(stack: Stack, run_id: str, rival: str, protocol: str, name: str) -> None:
    """Both took their money, whoever came first; a rival whose retries were used up before the row was free took
    nothing. Never is one of two deductions lost."""
    stack.client.post(f"/api/runs/{run_id}/release")
    assert stack.ended(run_id)["status"] == "succeeded"
    if stack.ended(rival)["status"] == "succeeded":
        assert stack.balance(protocol, name) == "800.00"
    else:
        assert "lock timeout" in errors(stack, rival)
        assert stack.balance(protocol, name) == "900.00"


@pytest.mark.parametrize(
    ("protocol", "fault"),
    [
        ("monolith", "account.in_tx:hold"),
        ("saga", "account.in_tx:hold"),
        ("outbox", "account.in_tx:hold"),
        ("two_phase", "coordinator.after_prepared:hold"),
    ],
)
def test_where_the_row_is_locked_the_rival_waits_for_it(
    stack: Stack, account: Callable[[], str], protocol: str, fault: str
) -> None:
    name = account()
    run_id = stack.withdraw(protocol, name, fault)
    held(stack, run_id)
    rival = fire(stack, run_id)

    def waits() -> bool:
        lock = reads(probe(stack, run_id))[f"accounts/{name}"]["for_update_nowait"]
        return any(who["run"] == rival for who in lock["waiters"] or ())

    wait_for(waits, 30, "the rival waits for the row")
    end(stack, run_id, rival, protocol, name)
    assert stack.events(rival)[0]["data"]["rival_of"] == run_id
    event = next(event for event in stack.events(run_id) if event["phase"] == "rival")
    assert event["data"]["rival"] == rival


def test_event_sourcing_locks_nothing_and_one_of_the_two_meets_a_version(
    stack: Stack, account: Callable[[], str]
) -> None:
    name = account()
    run_id = stack.withdraw("event_sourcing", name, "account.in_tx:hold")
    held(stack, run_id)  # it has decided and not appended
    rival = fire(stack, run_id)
    assert stack.ended(rival)["status"] == "succeeded"
    end(stack, run_id, rival, "event_sourcing", name)
    assert "version conflict" in errors(stack, run_id)


@pytest.mark.parametrize("protocol", ["dual_write", "saga"])
def test_between_local_transactions_nothing_holds_the_rival_but_the_balance(
    stack: Stack, account: Callable[[], str], protocol: str
) -> None:
    name = account()
    run_id = stack.withdraw(protocol, name, "payment.before_tx:hold")
    held(stack, run_id)
    assert stack.ended(fire(stack, run_id, amount="950.00"))["status"] == "declined"
    rival = fire(stack, run_id)
    assert stack.ended(rival)["status"] == "succeeded"
    end(stack, run_id, rival, protocol, name)


def test_a_run_that_is_over_has_no_rival(stack: Stack, account: Callable[[], str]) -> None:
    run_id = stack.withdraw("monolith", account())
    stack.ended(run_id)
    assert stack.client.post(f"/api/runs/{run_id}/rival").status_code == 409


def test_what_is_to_be_decided_hides_nothing_from_the_hand(
    page: Page, stack: Stack, account: Callable[[], str]
) -> None:
    """A hold that comes while the page is open lies over what is below, until a hand comes there."""
    page.goto(f"/runs/{stack.withdraw('monolith', account(), 'account.before_tx:delay:1:4000', 'account.in_tx:hold')}/")
    expect(page.locator("#act-room.kept .held")).to_be_visible(timeout=30_000)
    page.locator("#act-room .held").hover()
    expect(page.locator("#act-room.kept")).to_have_count(0)
    page.locator("#rival > summary").click()
    expect(page.get_by_role("button", name="Withdraw now")).to_be_visible()


def test_the_page_shows_the_two_beside_each_other(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    name = account()
    run_id = withdraw(page, "monolith", name, "account.in_tx:hold")
    expect(page.locator("#act .held")).to_be_visible()
    page.locator("#act .held").hover()
    page.locator("#rival > summary").click()
    page.get_by_role("button", name="Withdraw now").dblclick()  # once
    expect(page.locator("#duels")).to_contain_text("The row is held by process", timeout=30_000)
    expect(page.locator("#lanes")).to_contain_text("COMPETING")
    page.get_by_role("button", name="Release").click()
    expect(page.locator("#duels")).to_contain_text("no update was lost", timeout=30_000)
    assert page.locator("#duels .duel").count() == 1
    assert stack.balance("monolith", name) == "800.00"
    page.get_by_role("link", name="Watch the competing run").click()
    expect(page.locator("main")).to_contain_text("This run is a competing withdrawal")
    assert run_id not in page.url
