"""An operator at the outbox: stops the relay, lets it pass by hand, sends a row twice, brings a dead one back."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.checks import completed
from tests.support.stack import Stack, wait_for

SEEN = 30_000  # ms until another browser shows it


@pytest.fixture(autouse=True)
def _relays_at_work_again(stack: Stack) -> Iterator[None]:
    yield
    for alias in ("account", "payment"):
        stack.sql(alias, "UPDATE relay SET stopped = false")


@pytest.fixture
def plain(browser: Browser, stack: Stack) -> Iterator[Page]:
    """A second browser, without JavaScript."""
    with browser.new_context(base_url=stack.url, java_script_enabled=False) as context:
        yield context.new_page()


def states(stack: Stack, run_id: str) -> list[str]:
    """Of the rows in both outboxes, by their databases."""
    ask = "SELECT status FROM outbox WHERE withdrawal_id = %s ORDER BY id"
    return [row["status"] for alias in ("account", "payment") for row in stack.sql(alias, ask, run_id)]


def duplicates(stack: Stack, run_id: str) -> int:
    ask = "SELECT duplicates FROM inbox WHERE consumer = 'outbox.payment' AND withdrawal_id = %s"
    return int(stack.sql("payment", ask, run_id)[0]["duplicates"])


def press(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).click()
    expect(page.locator("#notices .notice")).to_be_visible()


def test_a_stopped_relay_is_seen_by_everybody_and_a_run_waits(
    page: Page, browser: Browser, stack: Stack, account: Callable[[], str]
) -> None:
    name = account()
    with browser.new_context(base_url=stack.url) as second:
        other = second.new_page()
        other.goto("/outbox/")
        other.evaluate("window.still = true")
        page.goto("/outbox/")
        page.get_by_label("Reason (optional)").fill("to see who waits")
        press(page, "Stop both")
        expect(page.locator(".halted")).to_contain_text("Stopped by an operator")
        expect(other.locator(".halted")).to_be_visible(timeout=SEEN)
        assert [row["stopped"] for alias in ("account", "payment") for row in stack.sql(alias, "TABLE relay")] == [
            True
        ] * 2

        run_id = stack.withdraw("outbox", name)
        stack.reaches(run_id, "relay", "stopped")
        other.goto(f"/outbox/?run={run_id}")
        expect(other.locator(".way")).to_have_count(1, timeout=SEEN)
        expect(other.locator(".way")).to_contain_text("pending")
        expect(other.locator(".way")).to_contain_text("ledger −$100.00")
        expect(other.locator(".way")).to_contain_text("not received yet")
        assert stack.run(run_id)["status"] == "delivering"
        assert stack.balance("outbox", name) == "900.00"
        other.goto(f"/runs/{run_id}/")
        expect(other.locator("#lanes")).to_contain_text("WAITS")
        expect(other.locator("#state")).to_contain_text("Delivering")
        expect(other.locator(".rail")).to_contain_text("is stopped")

        old = "SELECT now() - created_at > '3 s' AS old FROM outbox WHERE withdrawal_id = %s"
        wait_for(lambda: stack.sql("account", old, run_id)[0]["old"], 20)
        assert states(stack, run_id) == ["pending"]  # no tick, nudge or sweep goes past the switch
        assert stack.run(run_id)["status"] == "delivering"
        other.goto(f"/outbox/?run={run_id}")
        press(page, "Start both")
        assert stack.ended(run_id)["status"] == "succeeded"
        expect(other.locator(".way.st-acknowledged")).to_have_count(2, timeout=SEEN)
        expect(other.locator(".halted")).to_have_count(0)
    kept = stack.sql(
        "default",
        "SELECT what, reason, actor FROM operator_actions WHERE what LIKE 'outbox: %%' ORDER BY id DESC LIMIT 2",
    )
    assert [(row["what"], row["reason"]) for row in kept] == [
        ("outbox: start", ""),
        ("outbox: stop", "to see who waits"),
    ]
    assert all(row["actor"] for row in kept)
    expect(page.locator(".did")).to_contain_text("to see who waits")


def test_published_by_hand_hop_by_hop_without_javascript(plain: Page, stack: Stack, account: Callable[[], str]) -> None:
    plain.goto("/outbox/")
    press(plain, "Stop both")
    run_id = stack.withdraw("outbox", account())
    wait_for(lambda: states(stack, run_id) == ["pending"], 30)
    press(plain, "Account: publish now")
    wait_for(lambda: states(stack, run_id) == ["sent", "pending"], 30)
    plain.reload()
    expect(plain.locator("#relay-account .by-hand")).to_contain_text(re.compile(r"\d\s+published"))
    press(plain, "Payment: publish now")
    assert stack.ended(run_id)["status"] == "succeeded"
    assert states(stack, run_id) == ["acknowledged", "acknowledged"]


def test_a_row_delivered_again_is_recognised_and_moves_no_money(
    page: Page, browser: Browser, stack: Stack, account: Callable[[], str]
) -> None:
    name = account()
    run_id = stack.withdraw("outbox", name)
    stack.ended(run_id)
    wait_for(lambda: states(stack, run_id) == ["acknowledged"] * 2, 30)
    first, events = duplicates(stack, run_id), stack.events(run_id)
    with browser.new_context(base_url=stack.url) as second:
        other = second.new_page()
        other.goto(f"/outbox/?run={run_id}")
        other.evaluate("window.still = true")
        page.goto(f"/outbox/?run={run_id}")
        row = page.locator(".way", has_text="MoneyDeducted")
        row.get_by_role("button").dblclick()
        wait_for(lambda: duplicates(stack, run_id) > first, 30)
        for one in (page, other):
            mine = one.locator(".way", has_text="MoneyDeducted").locator(".dups")
            expect(mine).to_contain_text(f"{first + 1} duplicate", timeout=SEEN)
        assert other.evaluate("window.still")
    assert duplicates(stack, run_id) == first + 1  # a double click is one copy
    assert completed(stack, run_id) == 1
    assert stack.balance("outbox", name) == "900.00"
    assert stack.events(run_id) == events  # its story is closed
    assert states(stack, run_id) == ["acknowledged"] * 2


def test_a_dead_row_is_requeued(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    stack.manage("relay", "--stop")
    run_id = stack.withdraw("outbox", account())
    wait_for(lambda: states(stack, run_id) == ["pending"], 30)
    good = stack.sql("account", "SELECT payload::text AS p FROM outbox WHERE withdrawal_id = %s", run_id)[0]["p"]
    stack.sql("account", "UPDATE outbox SET payload = '{\"garbage\": 1}' WHERE withdrawal_id = %s RETURNING 1", run_id)
    stack.manage("relay", "--start")
    wait_for(lambda: states(stack, run_id) == ["dead"], 60)
    wait_for(lambda: stack.run(run_id)["status"] == "needs_attention", 30)
    digest = stack.sql("default", "SELECT digest FROM dead_letters WHERE run_id = %s", run_id)[0]["digest"]
    assert stack.client.get("/attention/").text.count(f'data-run="{run_id}"') == 1  # its dead row is no second item

    page.goto(f"/outbox/?run={run_id}")
    expect(page.locator(".way.st-dead")).to_contain_text("KeyError")
    letter = page.locator(".letter.open", has_text=run_id[:8])
    expect(letter).to_contain_text(digest[:12])
    expect(letter).to_contain_text("attempts")
    page.locator(".way summary").click()
    expect(page.locator(".way .inside")).to_contain_text(digest)
    stack.sql("account", "UPDATE outbox SET payload = %s::jsonb WHERE withdrawal_id = %s RETURNING 1", good, run_id)
    page.locator(".way").get_by_role("button", name=re.compile("^Requeue")).click()
    expect(page.locator("#notices .notice")).to_contain_text("new attempts")
    assert stack.ended(run_id)["status"] == "succeeded"
    expect(page.locator(".way.st-acknowledged")).to_have_count(2, timeout=SEEN)
    assert stack.sql("default", "SELECT state FROM dead_letters WHERE run_id = %s", run_id)[0]["state"] == "requeued"


def test_every_state_is_counted_and_filters_are_in_the_address(
    page: Page, stack: Stack, account: Callable[[], str]
) -> None:
    name = account()
    for _ in range(2):
        stack.ended(stack.withdraw("outbox", name))
    page.goto(f"/outbox/?account={name}")
    counts = [int(text) for text in page.locator(".states b").all_inner_texts()]
    assert len(counts) == 6
    wait_for(lambda: {*states_of(stack, name)} == {"acknowledged"}, 30)
    page.reload()
    counts = [int(text) for text in page.locator(".states b").all_inner_texts()]
    assert counts[0] == sum(counts[1:]) == 4
    page.locator(".states a.st-acknowledged").click()
    expect(page).to_have_url(re.compile(rf"account={name}&state=acknowledged|state=acknowledged&account={name}"))
    expect(page.locator(".way")).to_have_count(4)
    answer = page.goto("/outbox/?run=nonsense")
    assert answer is not None
    assert answer.status == 422
    expect(page.locator("#f-run-wrong")).to_be_visible()


def states_of(stack: Stack, name: str) -> list[str]:
    ask = "SELECT status FROM outbox WHERE account = %s"
    return [row["status"] for alias in ("account", "payment") for row in stack.sql(alias, ask, name)]


def test_pages_are_keyed_and_show_each_row_once(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    name = account()
    stack.sql(
        "payment",
        "INSERT INTO outbox (event_type, payload, account, withdrawal_id, message_id, status) SELECT 'Old', '{}', %s, "
        "gen_random_uuid(), gen_random_uuid(), 'acknowledged' FROM generate_series(1, 65) RETURNING 1",
        name,
    )
    try:
        seen: list[str] = []
        page.goto(f"/outbox/?account={name}")
        while True:
            seen += page.locator(".way").evaluate_all("ways => ways.map(way => way.id)")
            older = page.get_by_role("link", name="Older")
            if not older.count():
                break
            older.click()
            page.wait_for_load_state()
        assert len(seen) == len(set(seen)) == 65
    finally:
        stack.sql("payment", "DELETE FROM outbox WHERE account = %s AND event_type = 'Old' RETURNING 1", name)
