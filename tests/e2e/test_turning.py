"""Where the point of no return of a run is: at each point that it passed, a real run that died there."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from protocols.registry import PROTOCOLS
from tests.support import facts
from tests.support.legal import all_over, illegal
from tests.support.stack import Stack, running, wait_for
from tests.support.thorough import but

# From which point on the withdrawal takes place, whatever dies: the COMMIT that decides.
NO_RETURN = {
    "monolith": "account.after_commit",
    "dual_write": "payment.after_commit",
    "two_phase": "coordinator.after_decision",
    "saga": "payment.after_commit",
    "event_sourcing": "payment.after_commit",
    "outbox": "payment.after_commit",
    **facts.each("NO_RETURN"),
}
WINDOW = ["account.after_commit", "message.MoneyDeducted", "payment.before_tx", "payment.in_tx"]


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """Its runs are nothing that other tests should find among theirs."""
    with running(env={"RUNS_PER_SECOND": "1000"}) as instance:
        yield instance
        assert instance.manage("books", check=False).returncode == 0


def ended(stack: Stack, protocol: str, *faults: str) -> str:
    run = stack.withdraw(protocol, "alice", *faults, amount="10.00")
    stack.ended(run)
    return run


def looked(stack: Stack, run: str) -> dict[str, Any]:
    """Of a run that never came to its point nothing is said: it is looked at once more."""
    for _turn in range(2):
        said = stack.manage("explore", "--run", run, "--anew", "--json", timeout=280).stdout
        found: dict[str, Any] = json.loads(said)
        if not left_open(found):
            break
    return found


def left_open(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in found["points"] if one["end"] in ("", "unknown")]


@pytest.mark.parametrize("protocol", but({"dual_write", "two_phase"}, PROTOCOLS))
def test_the_losing_window_is_the_dual_write_s_alone(stack: Stack, protocol: str) -> None:
    run = ended(stack, protocol)
    found = looked(stack, run)
    assert left_open(found) == [], [stack.events(one["run"])[-12:] for one in left_open(found) if one["run"]]
    assert found["loses"] == (WINDOW if protocol == "dual_write" else [])
    assert found["no_return"]["withdrawal"] == "happens"
    assert found["no_return"]["point"] in NO_RETURN[protocol].split(), found["points"]
    assert found["safe_from"] == ("payment.after_commit" if protocol == "dual_write" else None)
    assert found["keeps"] is (None if protocol == "dual_write" else True)
    assert {stack.run(one["run"])["forked_from"] for one in found["points"]} == {run}
    assert {stack.run(one["run"])["amount"] for one in found["points"]} == {"10.00"}


def test_its_own_failures_are_kept(stack: Stack) -> None:
    """The payment is declined: what can no longer be called back is the refund."""
    run = ended(stack, "saga", "payment.in_tx:decline")
    found = looked(stack, run)
    assert found["no_return"]["withdrawal"] == "happens_not"
    assert found["loses"] == []
    assert "refund.after_commit" in {one["point"] for one in found["points"]}


def test_an_open_run_is_refused(stack: Stack) -> None:
    run = stack.withdraw("saga", "bob", "payment.in_tx:hold")
    wait_for(lambda: stack.run(run)["holding"], what="it is held")
    done = stack.manage("explore", "--run", run, check=False)
    assert done.returncode == 1
    assert "not over yet" in done.stderr
    stack.client.post(f"/api/runs/{run}/release").raise_for_status()
    stack.ended(run)


def test_the_strip_fills_beside_the_rows_and_is_kept(page: Page, stack: Stack) -> None:
    run = ended(stack, "dual_write")
    page.goto(f"/runs/{run}/")
    expect(page.locator(".deaths")).to_have_count(0)
    page.get_by_role("button", name="What if everything died here?").click()
    page.wait_for_url("**/runs/*/#turning")
    expect(page.locator("#lanes a.death").first).to_be_visible()
    expect(page.locator("#turning")).to_contain_text("can no longer be called back", timeout=60_000)
    expect(page.locator("#turning progress")).to_have_count(0)

    page.reload()
    lost = page.locator("#lanes a.death.x-lost")
    expect(lost).to_have_count(len(WINDOW))
    expect(page.locator("#lanes .row:has(.x-lost)")).to_have_count(3)
    expect(page.locator("#lanes .turn")).to_have_text(
        ["from here money can be lost", "from here money can no longer be lost · the point of no return"]
    )
    expect(page.locator("#turning")).to_contain_text("Money is lost if everything dies between")
    place = "Account, after COMMIT, before the next message"
    said = f"If everything dies here ({place}): money lost, paid twice or overdrawn"
    expect(lost.first).to_have_attribute("aria-label", said)
    expect(page.get_by_text("Run again as:")).to_have_count(0)
    lost.first.click()
    page.wait_for_url(lambda url: run not in url)
    expect(page.locator("body")).to_contain_text("again, from")


def test_all_logs_are_legal(stack: Stack) -> None:
    """Of whatever was broken here: the last test of its module."""
    runs = all_over(stack)
    assert len(runs) > 60
    assert illegal(stack, *runs) == []
