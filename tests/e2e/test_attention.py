"""The desk: what is stuck or in doubt, forced, retried and released, by people who press twice and watch each other."""

import re
from collections.abc import Callable, Iterator

import psutil
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.support.stack import Stack, running, wait_for

SLOW = {
    "RECOVERY_MIN_AGE": "600",
    "T_TERM": "600",
    "VISIBILITY_TIMEOUT": "600",
    "SWEEP_AFTER": "600",
    "LOCK_TIMEOUT_MS": "10000",
}
IN_DOUBT = "coordinator.after_prepared:hold"


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """One whose recovery leaves everything to the people."""
    with running(env=SLOW) as instance:
        yield instance


@pytest.fixture
def other(browser: Browser, stack: Stack) -> Iterator[Page]:
    """Somebody else at the same time."""
    opened = browser.new_context(base_url=stack.url)
    opened.set_default_timeout(30_000)
    yield opened.new_page()
    opened.close()


@pytest.fixture(autouse=True)
def patient(context: BrowserContext) -> None:
    expect.set_options(timeout=30_000)
    context.set_default_timeout(30_000)


def doubtful(stack: Stack, account: str) -> str:
    """A withdrawal that is prepared everywhere and not decided."""
    run_id = stack.withdraw("two_phase", account, IN_DOUBT)
    stack.reaches(run_id, "hold", "held", 60)
    return run_id


def row(page: Page, run_id: str) -> Locator:
    return page.locator(f"#run-{run_id}")


def prepared(stack: Stack, run_id: str) -> int:
    found = "SELECT count(*) AS n FROM pg_prepared_xacts WHERE gid LIKE %s"
    return sum(int(stack.sql(alias, found, f"dv:{run_id}:%")[0]["n"]) for alias in ("account", "payment"))


def actions(stack: Stack, run_id: str) -> list[dict[str, str]]:
    return stack.sql("default", "SELECT * FROM operator_actions WHERE run_id = %s ORDER BY id", run_id)


def test_a_commit_is_previewed_forced_and_watched(
    page: Page, other: Page, stack: Stack, account: Callable[[], str]
) -> None:
    who = account()
    run_id = doubtful(stack, who)
    behind = stack.withdraw("two_phase", who, amount="5.00")
    for desk in (page, other):
        desk.goto("/attention/")
        expect(row(desk, run_id)).to_contain_text("In doubt")
    mine = row(page, run_id)
    expect(mine.locator(".preview tbody tr").nth(0)).to_have_text(
        re.compile(rf"balance of {who}.*\$1,000\.00.*→\s*\$900\.00.*\$1,000\.00", re.DOTALL)
    )
    expect(mine.locator(".preview tbody tr").nth(1)).to_have_text(
        re.compile(r"payment\s*none.*→\s*COMPLETED \$100\.00\s*none", re.DOTALL)
    )
    expect(mine).to_contain_text(f"dv:{run_id}:account")
    expect(mine).to_contain_text("RowExclusiveLock on accounts")
    expect(mine).to_contain_text("undecided")
    expect(mine.locator(".behind")).to_contain_text(behind[:8])
    page.evaluate("window.still = true")
    mine.get_by_label("Reason (required)").fill("the coordinator is gone")
    mine.get_by_role("button", name="Commit everywhere").click()
    expect(mine).to_contain_text("COMMIT is decided")
    expect(mine.locator("header .status")).to_have_text("Succeeded")  # the result, in place
    expect(row(other, run_id)).to_have_count(0)
    assert page.evaluate("window.still")
    assert stack.ended(run_id)["status"] == "succeeded"
    stack.ended(behind)
    assert stack.balance("two_phase", who) == "895.00"
    (kept,) = actions(stack, run_id)
    assert (kept["what"], kept["reason"], kept["actor"]) == (
        "commit", "the coordinator is gone", "anonymous at 127.0.0.1",
    )  # fmt: skip


def test_a_rollback_after_the_coordinator_was_killed(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    who = account()
    run_id = doubtful(stack, who)
    family = psutil.Process(stack.pid("worker:coordinator"))
    for process in [*family.children(recursive=True), family]:
        process.kill()
    page.goto("/attention/")
    mine = row(page, run_id)
    assert prepared(stack, run_id) == 2
    mine.get_by_label("Reason (required)").fill("it will not come back")
    mine.get_by_role("button", name="Roll back everywhere").click()
    wait_for(lambda: prepared(stack, run_id) == 0, 60, "nothing is prepared any more")
    expect(mine.locator("header .status")).not_to_have_text("In doubt")

    def swept() -> bool:
        """What the killed coordinator had in hand is asked for again, once its successor has heard of the rollbacks."""
        stack.manage("sweep", "--once", "--min-age", "0")
        return stack.run(run_id)["status"] == "failed"

    wait_for(swept, 120, "the run has ended")
    assert stack.balance("two_phase", who) == "1000.00"


def test_what_is_decided_can_only_be_carried_out(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    who = account()
    run_id = stack.withdraw("two_phase", who, "message.CommitAccount:drop")
    stack.reaches(run_id, "message", "lost", 60)
    page.goto("/attention/")
    mine = row(page, run_id)
    expect(mine).to_contain_text("COMMIT is in the decision log")
    expect(mine.get_by_role("button", name="Roll back everywhere")).to_be_disabled()
    refused = stack.client.post(f"/api/runs/{run_id}/resolve", json={"action": "rollback", "reason": "no"})
    assert refused.status_code == 409
    assert "That stands" in refused.text
    mine.get_by_label("Reason (required)").fill("the order was lost")
    mine.get_by_role("button", name="Commit everywhere").click()
    expect(mine.locator("header .status")).to_have_text("Succeeded")
    assert stack.balance("two_phase", who) == "900.00"
    assert [one["outcome"][:7] for one in actions(stack, run_id)] == ["refused", "COMMIT,"]


def test_a_reason_is_required_by_the_server_and_enter_decides_nothing(
    page: Page, stack: Stack, account: Callable[[], str]
) -> None:
    run_id = doubtful(stack, account())
    page.goto("/attention/")
    mine = row(page, run_id)
    field = mine.get_by_label("Reason (required)")
    field.fill("I only pressed Enter")
    field.press("Enter")
    field.fill("")
    mine.locator("form").evaluate("form => { form.noValidate = true }")
    mine.get_by_role("button", name="Commit everywhere").click()
    expect(mine.get_by_role("alert")).to_contain_text("Give a reason")
    assert prepared(stack, run_id) == 2
    assert actions(stack, run_id) == []
    field.fill("half a sen")
    for _ in range(2):
        page.wait_for_event("response", lambda answer: "/attention/?" in answer.url)
    expect(field).to_have_value("half a sen")  # the desk renewed itself meanwhile
    expect(field).to_be_focused()
    mine.get_by_role("button", name="Release: Coordinator, after all participants have prepared").click()
    expect(mine.locator("header .status")).to_have_text("Succeeded")


def test_a_held_step_says_that_it_holds_locks_where_it_does(
    page: Page, stack: Stack, account: Callable[[], str]
) -> None:
    """Inside of a transaction, and between two."""
    inside = stack.withdraw("orchestrated", account(), "payment.in_tx:hold")
    between = stack.withdraw("tcc", account(), "coordinator.between_confirms:hold")
    for run_id in (inside, between):
        stack.reaches(run_id, "hold", "held", 60)
    page.goto("/attention/")
    expect(row(page, inside)).to_contain_text("Its transaction is open and its locks are held")
    expect(row(page, between)).to_contain_text("after the first branch was told to confirm")
    expect(row(page, between)).not_to_contain_text("transaction is open")
    for run_id in (inside, between):
        stack.client.post(f"/api/runs/{run_id}/release")
        stack.ended(run_id, 60)


def test_pressing_twice_is_harmless(page: Page, other: Page, stack: Stack, account: Callable[[], str]) -> None:
    who = account()
    run_id = doubtful(stack, who)
    for desk in (page, other):
        desk.goto("/attention/")
        row(desk, run_id).get_by_label("Reason (required)").fill("both of us")
    row(other, run_id).get_by_role("button", name="Commit everywhere").click(no_wait_after=True)
    row(page, run_id).get_by_role("button", name="Commit everywhere").click()
    assert stack.ended(run_id)["status"] == "succeeded"
    assert stack.balance("two_phase", who) == "900.00"
    decided = stack.sql("default", "SELECT count(*) AS n FROM two_phase_decisions WHERE tx_id = %s", run_id)
    assert decided[0]["n"] == 1


def test_many_are_retried_in_a_batch_with_progress(
    page: Page, other: Page, stack: Stack, account: Callable[[], str]
) -> None:
    runs = [stack.withdraw("saga", account(), "payment.in_tx:decline", "refund.in_tx:error:4") for _ in range(3)]
    for run_id in runs:
        wait_for(lambda run=run_id: stack.run(run)["status"] == "needs_attention", 90, "a person is needed")
    for desk in (page, other):
        desk.goto("/attention/")
        expect(row(desk, runs[0])).to_contain_text("$100.00 has left")
        expect(row(desk, runs[0])).to_contain_text("max retries exceeded")
    page.get_by_label("Retry the oldest").fill("2")
    page.get_by_role("button", name="Retry them").click()
    expect(page.locator(".batch output")).to_have_text("2 / 2")
    ended = [run for run in runs if stack.run(run)["status"] != "needs_attention"]
    for run_id in ended:
        assert stack.ended(run_id, 60)["status"] == "compensated"
        expect(row(page, run_id).locator("header .status")).to_have_text("Compensated")
        expect(row(other, run_id)).to_have_count(0)
    assert len(ended) == 2
    expect(page.locator("#cause-done h2")).to_contain_text("2 of 2 have ended")
    (left,) = set(runs) - set(ended)
    expect(row(other, left)).to_be_visible()
    row(page, left).get_by_role("button", name="Retry now").click()
    wait_for(lambda: stack.run(left)["status"] == "compensated", 60, "the last one is compensated, too")
    assert stack.client.post(f"/api/runs/{left}/retry").status_code == 409


def test_failures_of_one_kind_stand_together_and_are_retried_together(
    page: Page, stack: Stack, account: Callable[[], str]
) -> None:
    alike = [stack.withdraw("saga", account(), "payment.in_tx:decline", "refund.in_tx:error:4") for _ in range(4)]
    other = stack.withdraw("saga", account(), "payment.in_tx:decline", "refund.before_tx:error:4")
    for run_id in (*alike, other):
        wait_for(lambda run=run_id: stack.run(run)["status"] == "needs_attention", 90, "a person is needed")
    page.goto("/attention/")
    group = page.locator("[data-group]", has=page.locator(f"#run-{alike[0]}"))
    for run_id in alike:
        expect(group.locator(f"#run-{run_id}")).to_be_visible()
    expect(group.locator(f"#run-{other}")).to_have_count(0)
    expect(group.locator("h2")).to_contain_text("$400.00 in all is taken and not paid")
    group.get_by_role("button", name="Retry them").click()
    expect(page.locator("#cause-done h2")).to_contain_text("4 of 4 have ended")
    assert {stack.run(run_id)["status"] for run_id in alike} == {"compensated"}
    assert stack.run(other)["status"] == "needs_attention"
    row(page, other).get_by_role("button", name="Retry now").click()
    stack.ended(other, 60)


def test_the_badge_counts_by_itself_on_any_page(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    page.goto("/promises/")
    badge = page.locator(".menu .badge")
    expect(badge).to_have_count(1)
    run_id = stack.withdraw("saga", account(), "payment.in_tx:hold")
    expect(badge).to_contain_text("1")
    expect(badge).to_contain_text("manual action")
    page.goto("/attention/")
    row(page, run_id).get_by_role("button", name="Release").click()
    stack.ended(run_id)
    expect(badge).to_have_text("")
    expect(page.get_by_text("Nothing needs manual action.")).to_be_attached()


def test_it_works_without_javascript(browser: Browser, stack: Stack, account: Callable[[], str]) -> None:
    run_id = doubtful(stack, account())
    plain = browser.new_context(base_url=stack.url, java_script_enabled=False)
    page = plain.new_page()
    wait_for(
        lambda: page.goto("/attention/") and row(page, run_id).get_by_label("Reason (required)").count(), 30, "in doubt"
    )
    row(page, run_id).get_by_label("Reason (required)").fill("no script")
    row(page, run_id).get_by_role("button", name="Roll back everywhere").click()
    expect(page).to_have_url(re.compile(f"acted={run_id}#run-{run_id}"))
    stack.ended(run_id, 60)
    page.reload()
    expect(page.locator("#cause-done")).to_contain_text("No money moved")
    plain.close()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("runs/00000000-0000-0000-0000-000000000007/force/", 404),
        ("runs/00000000-0000-0000-0000-000000000007/retry/", 404),
        ("runs/00000000-0000-0000-0000-000000000007/nonsense/", 404),
        ("letters/999999/aside/", 404),
        ("retry/", 422),
    ],
)
def test_bad_input_is_refused(page: Page, path: str, status: int) -> None:
    page.goto("/lab/saga/")
    found = page.evaluate(
        """async path => (await fetch("/attention/" + path, {method: "POST", headers: {
            "X-CSRFToken": document.cookie.match(/csrftoken=([^;]+)/)[1], "X-Requested-With": "fetch"}})).status""",
        path,
    )
    assert found == status
