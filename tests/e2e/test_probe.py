"""What the probe says is what SQL says: inside a transaction, in doubt, and between two commits."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import withdraw
from tests.support.probing import held, probe, reads
from tests.support.stack import Stack, wait_for


def codes(found: dict[str, Any]) -> set[str]:
    return {finding["code"] for finding in found["findings"]}


def finish(stack: Stack, run_id: str) -> None:
    stack.client.post(f"/api/runs/{run_id}/release").raise_for_status()
    assert stack.ended(run_id)["status"] == "succeeded"
    assert codes(probe(stack, run_id)) == {"whole"}


def test_inside_a_transaction_no_other_session_sees_it_and_the_row_is_locked(
    stack: Stack, account: Callable[[], str]
) -> None:
    name = account()
    run_id = stack.withdraw("monolith", name, "account.in_tx:hold")
    held(stack, run_id)
    found = probe(stack, run_id)
    balance = reads(found)[f"accounts/{name}"]
    (row,) = stack.sql("monolith", "SELECT balance::text AS balance FROM accounts WHERE name = %s", name)
    assert balance["read_committed"] == balance["serializable"] == [row] == [{"balance": "1000.00"}]
    assert balance["uncommitted"] == {"balance": "900.00"}
    lock = balance["for_update_nowait"]
    assert (lock["free"], lock["sqlstate"]) == (False, "55P03")
    assert lock["holder"]["pid"] == stack.run(run_id)["holding"]["pid"]
    assert lock["holder"]["run"] == run_id
    assert "accounts RowExclusiveLock" in lock["holder"]["locks"]
    (activity,) = stack.sql("monolith", "SELECT state FROM pg_stat_activity WHERE pid = %s", lock["holder"]["backend"])
    assert activity["state"] == "idle in transaction"
    assert codes(found) == {"no_dirty_read", "row_locked"}
    finish(stack, run_id)


def test_in_doubt_the_prepared_transaction_holds_the_row(stack: Stack, account: Callable[[], str]) -> None:
    name = account()
    run_id = stack.withdraw("two_phase", name, "coordinator.after_prepared:hold")
    held(stack, run_id)
    found = probe(stack, run_id)
    balance = reads(found)[f"accounts/{name}"]
    assert balance["read_committed"] == [{"balance": "1000.00"}]
    assert balance["uncommitted"] == {"balance": "900.00"}
    holder = balance["for_update_nowait"]["holder"]
    (prepared,) = stack.sql("account", "SELECT gid FROM pg_prepared_xacts WHERE gid = %s", holder["gid"])
    assert prepared["gid"] == f"dv:{run_id}:account"
    assert holder["backend"] is None  # it belongs to no process
    assert reads(found)["payments"]["read_committed"] == []
    finish(stack, run_id)


def test_between_two_commits_there_is_read_skew(stack: Stack, account: Callable[[], str]) -> None:
    name = account()
    run_id = stack.withdraw("two_phase", name, "coordinator.between_commits:hold")
    held(stack, run_id)
    sql = "SELECT balance::text AS balance FROM accounts WHERE protocol = 'two_phase' AND name = %s"
    wait_for(lambda: stack.sql("account", sql, name) == [{"balance": "900.00"}], 30, "the account has committed")
    found = probe(stack, run_id)
    assert reads(found)[f"accounts/{name}"]["serializable"] == [{"balance": "900.00"}]
    assert reads(found)["payments"]["serializable"] == []
    assert reads(found)["payments"]["uncommitted"]["status"] == "COMPLETED"
    assert "read_skew" in codes(found)
    finish(stack, run_id)


@pytest.mark.parametrize(
    ("protocol", "code"), [("saga", "intermediate"), ("outbox", "intermediate"), ("dual_write", "half_done")]
)
def test_without_isolation_the_half_is_visible_to_all(
    stack: Stack, account: Callable[[], str], protocol: str, code: str
) -> None:
    name = account()
    run_id = stack.withdraw(protocol, name, "payment.before_tx:hold")
    held(stack, run_id)
    found = probe(stack, run_id)
    assert reads(found)[f"accounts/{name}"]["read_committed"] == [{"balance": "900.00"}]
    assert reads(found)[f"accounts/{name}"]["for_update_nowait"]["free"]
    assert code in codes(found)
    finish(stack, run_id)


def test_the_page_shows_both_and_keeps_what_was_read(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    run_id = withdraw(page, "monolith", account(), "account.in_tx:hold")
    expect(page.locator("#act .held")).to_contain_text("Written, not committed")
    expect(page.locator("#act .held")).to_contain_text("accounts RowExclusiveLock")
    expect(page.locator("#probe-heard")).to_contain_text("no dirty read")
    expect(page.locator("#probe-heard")).to_contain_text("The row is locked")
    page.locator("#act .held").hover()  # with a hand there, it lies over nothing
    page.locator("#probe summary").click()
    expect(page.locator("#probe")).to_contain_text("uncommitted 900.00; another session still reads 1,000.00")
    expect(page.locator("#probe")).to_contain_text("55P03")
    stack.client.post(f"/api/runs/{run_id}/release").raise_for_status()
    expect(page.locator("#state")).to_have_attribute("data-finished", "1", timeout=30_000)
    page.locator("#probe").get_by_role("button", name="Ask now").click()
    expect(page.locator("#probe-now")).to_contain_text("Both halves are visible")
    expect(page.locator("#probe-log li").last).to_contain_text("1,000.00")
