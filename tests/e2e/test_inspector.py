"""A row is opened and tells everything about its event; diagram, span, log line and SQL lead to one another."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.support.stack import Stack


def seq_of(stack: Stack, run_id: str, kind: str, phase: str, name: str) -> int:
    found = [e["seq"] for e in stack.events(run_id) if (e["kind"], e["phase"], e["name"]) == (kind, phase, name)]
    return int(found[-1])


def failed_once(stack: Stack, account: Callable[[], str]) -> str:
    run_id = stack.withdraw("saga", account(), "payment.in_tx:error")
    assert stack.ended(run_id)["status"] == "succeeded"
    return run_id


def test_a_row_tells_everything(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    run_id = failed_once(stack, account)
    commit = seq_of(stack, run_id, "step", "commit", "charge")
    page.goto(f"/runs/{run_id}/")
    page.locator(f"#e-{commit} summary").press("Enter")
    inspector = page.locator(f"#e-{commit} .inspect.whole")
    expect(inspector.locator(".tale")).to_contain_text("Payment commits")
    expect(inspector.locator(".diff .after").last).to_contain_text("COMPLETED")
    expect(inspector.locator(".sql")).to_contain_text("INSERT INTO payments")
    attempts = inspector.locator(".attempts-t tbody tr")
    expect(attempts).to_have_count(2)
    expect(attempts.first).to_contain_text("injected error")
    expect(attempts.first).to_contain_text("failed, retried")
    expect(attempts.last).to_have_class("mine")
    expect(inspector.locator(".code mark")).to_have_text('    with step("charge"), PAYMENT.atomic():')
    expect(inspector.locator(".code h4")).to_contain_text(re.compile(r"protocols/saga/payment\.py:\d+"))
    expect(inspector.locator(".said")).to_contain_text("saga.payment.charge takes MoneyDeducted")
    expect(inspector.locator(".said")).not_to_contain_text("saga.account.deduct")


def test_what_the_processes_said_is_in_the_database(stack: Stack, account: Callable[[], str]) -> None:
    run_id = failed_once(stack, account)
    rows = stack.sql("default", "SELECT seq, span_id, lines FROM run_events WHERE run_id = %(run)s", run=run_id)
    lines = [(row, line) for row in rows for line in row["lines"]]
    assert any("fault error at payment.in_tx" in line["text"] for _, line in lines)
    assert all(line["span"] == row["span_id"] for row, line in lines if row["span_id"])
    said = [line["at"] for _, line in sorted(lines, key=lambda one: one[0]["seq"])]
    assert said == sorted(said)


def test_diagram_span_and_log_lead_to_one_another(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    run_id = failed_once(stack, account)
    commit = seq_of(stack, run_id, "step", "commit", "charge")
    page.goto(f"/runs/{run_id}/#e-{commit}")
    inspector = page.locator(f"#e-{commit} .inspect.whole")
    inspector.locator('a[href*="view=trace"]').click()
    span = page.locator(".span:target")
    expect(span).to_contain_text("Payment")
    span.get_by_role("link", name="log", exact=True).click()
    row = page.locator(".log-t tr:target")
    expect(row).to_be_visible()
    page.locator(f"#l-{commit}").get_by_role("link", name=f"step {commit} in the picture").click()
    expect(page.locator(f"#e-{commit} .inspect.whole .sql")).to_be_visible()


def test_a_row_that_is_open_is_open_after_a_reload(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    run_id = failed_once(stack, account)
    page.goto(f"/runs/{run_id}/")
    page.locator("#e-5 summary").click()
    expect(page.locator("#e-5 .inspect.whole")).to_be_visible()
    assert page.url.endswith("#e-5")
    page.reload()
    expect(page.locator("#e-5 .inspect.whole")).to_be_visible()


COMES_AGAIN = """
seq => {
  const row = document.getElementById(`e-${seq}`).cloneNode(true);
  row.querySelector("details").open = false;
  row.querySelector(".inspect").className = "inspect brief";
  row.classList.add("anew");
  const made = `<ol id="lanes" hx-swap-oob="beforeend">${row.outerHTML}</ol>`;
  htmx.swap(document.body, made, {swapStyle: "none"});
}
"""


def test_a_row_that_is_drawn_anew_stays_open(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    """A socket that goes on may bring what is there already."""
    run_id = failed_once(stack, account)
    page.goto(f"/runs/{run_id}/")
    page.locator("#e-5 summary").press("Enter")
    expect(page.locator("#e-5 .inspect.whole")).to_be_visible()
    page.evaluate(COMES_AGAIN, 5)
    expect(page.locator("#e-5 .inspect.whole")).to_be_visible()
    expect(page.locator("#e-5.anew")).to_be_visible()
    expect(page.locator("#e-5 summary")).to_be_focused()
    page.locator("#e-5 summary").press("Enter")
    page.evaluate(COMES_AGAIN, 5)
    expect(page.locator("#e-5 .inspect")).to_be_hidden()
    # it was asked for and has not come yet
    page.evaluate("seq => document.querySelector(`#e-${seq} .inspect`).classList.remove('whole')", 5)
    page.evaluate(f"seq => {{ document.querySelector(`#e-${{seq}} summary`).click(); ({COMES_AGAIN})(seq) }}", 5)
    expect(page.locator("#e-5 .inspect.whole")).to_be_visible()


def test_attempts_come_while_it_is_open(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    """A wait is counted down, and the next attempt appears without a click."""
    run_id = stack.withdraw("saga", account(), "payment.in_tx:hold", "payment.before_tx:error")
    scheduled = stack.reaches(run_id, "retry", "scheduled")["seq"]
    page.goto(f"/runs/{run_id}/#e-{scheduled}")
    attempts = page.locator(f"#e-{scheduled} .attempts-t tbody tr")
    expect(attempts).to_have_count(2)
    expect(attempts.last).to_contain_text("in progress")
    stack.client.post(f"/api/runs/{run_id}/release")
    expect(attempts.last).to_contain_text("committed", timeout=30_000)


def test_without_javascript_the_inspector_is_a_page(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    run_id = failed_once(stack, account)
    answer = stack.client.get(f"/runs/{run_id}/events/5/")
    assert answer.status_code == 200
    assert "The SQL that ran" in answer.text
    assert "Process log" in answer.text
    for path, status in (("events/0/", 404), ("events/9999/", 404), ("events/5/?step=3", 404), ("events/x/", 404)):
        assert stack.client.get(f"/runs/{run_id}/{path}").status_code == status, path
    page.goto(f"/runs/{run_id}/events/5/")
    page.get_by_role("link", name="Next step").click()
    expect(page).to_have_title(re.compile("Step 6"))


def test_a_fork_and_its_origin_lead_to_one_another(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    first = failed_once(stack, account)
    begin = seq_of(stack, first, "step", "commit", "charge")
    page.goto(f"/runs/{first}/#e-{begin}")
    page.locator('.inspect.whole button[name="fault"][value="payment.in_tx:decline"]').click()
    page.wait_for_url(lambda url: "/runs/" in url and first not in url)
    fork = re.findall(r"/runs/([0-9a-f-]{36})/", page.url)[0]
    stack.ended(fork)
    page.get_by_role("link", name="Compare the two").click()
    expect(page).to_have_url(f"{stack.url}/compare/?runs={first},{fork}")
    page.goto(f"/runs/{first}/")
    page.get_by_role("link", name=re.compile(fork[:8])).first.click()
    expect(page.locator(".about")).to_contain_text(first[:8])
