"""A person withdraws money, breaks things, and watches."""

import re
from collections.abc import Callable
from contextlib import suppress

from playwright.sync_api import Browser, BrowserContext, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.support.browser import shows_the_log, withdraw
from tests.support.stack import Stack


def test_a_saga_is_watched_live(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    run_id = withdraw(page, "saga", account(), "payment.before_tx:delay", "payment.in_tx:decline")
    page.evaluate("window.still = true")  # gone after a reload
    expect(page.locator("#conn")).to_contain_text(re.compile("Live|Finished"))
    shows_the_log(page, stack, run_id)
    assert page.evaluate("window.still")
    expect(page.locator("#state")).to_contain_text("Compensated")
    expect(page.locator("#lanes")).to_contain_text("compensates")
    expect(page).to_have_title(re.compile("compensated", re.IGNORECASE))


def test_a_socket_that_is_cut_catches_up(
    page: Page, context: BrowserContext, stack: Stack, account: Callable[[], str]
) -> None:
    run_id = withdraw(page, "saga", account(), "payment.in_tx:hold")
    expect(page.get_by_role("button", name="Release")).to_be_visible()
    page.evaluate("window.still = true")
    killed = stack.kill("web")
    expect(page.locator("#conn")).to_contain_text("Reconnecting")
    expect(page.get_by_role("button", name="Release")).to_be_disabled()
    stack.back("web", killed)
    while not stack.ready():
        page.wait_for_timeout(100)
    stack.client.post(f"/api/runs/{run_id}/release")
    stack.ended(run_id)
    shows_the_log(page, stack, run_id)
    assert page.evaluate("window.still")


def test_the_dual_write_loses_the_money_in_red(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    run_id = withdraw(page, "dual_write", account(), "account.after_commit:crash")
    shows_the_log(page, stack, run_id)
    expect(page.locator("#state")).to_contain_text("Money lost")
    expect(page.locator("#lanes")).to_contain_text("$100.00 missing")


def test_step_mode_lets_one_be_the_network(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    run_id = withdraw(page, "saga", account(), step=True)
    for message, verb in (
        ("WithdrawalRequested", "Deliver"),
        ("MoneyDeducted", "Duplicate"),
        ("PaymentProcessed", "Deliver"),
    ):
        expect(page.locator("#act")).to_contain_text(message)
        page.locator("#act").get_by_role("button", name=verb).first.click()
        page.wait_for_load_state()
    for _ in range(2):  # the copy's answer, and the last message
        page.locator("#act").get_by_role("button", name="Deliver").first.click()
        page.wait_for_load_state()
        page.wait_for_timeout(300)
    while stack.run(run_id)["status"] != "succeeded":
        deliver = page.locator("#act").get_by_role("button", name="Deliver").first
        with suppress(PlaywrightTimeout):  # what was to be delivered may have been the last, and its button gone
            if deliver.is_visible():
                deliver.click(timeout=3000)
        page.wait_for_timeout(100)
    shows_the_log(page, stack, run_id)


def test_a_finished_run_is_broken_again_from_its_picture(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    first = withdraw(page, "saga", account())
    shows_the_log(page, stack, first)
    page.locator("#lanes > li", has_text="BEGIN").filter(has_text="Make the payment").first.locator("summary").click()
    page.locator('#lanes button[name="fault"][value="payment.in_tx:decline"]:visible').first.click()
    page.wait_for_url(lambda url: "/runs/" in url and first not in url)
    fork = page.url.rstrip("/").rpartition("/")[2]
    assert stack.ended(fork)["status"] == "compensated"
    assert stack.events(fork)[0]["data"]["forked_from"] == first


def test_without_javascript_forms_and_pages_work(browser: Browser, stack: Stack, account: Callable[[], str]) -> None:
    with browser.new_context(base_url=stack.url, java_script_enabled=False) as plain:
        page = plain.new_page()
        page.goto("/lab/saga/")
        page.locator("#account").fill(account())
        decline = 'input[value="payment.in_tx:decline"]'
        page.locator(f"details:has({decline}) > summary").click()
        page.locator(decline).check()
        page.get_by_role("button", name="Withdraw", exact=True).click()
        page.wait_for_url("**/runs/*/")
        run_id = page.url.rstrip("/").rpartition("/")[2]
        stack.ended(run_id)
        page.reload()
        expect(page.locator("#state")).to_contain_text("Compensated")
        assert page.locator("#lanes > li").count() == len(stack.events(run_id))


def test_a_double_click_is_one_withdrawal(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    name = account()
    page.goto("/lab/saga/")
    page.get_by_label("Account", exact=True).fill(name)
    page.get_by_role("button", name="Withdraw", exact=True).dblclick()
    page.wait_for_url(re.compile("/runs/"))
    stack.ended(page.url.rstrip("/").rpartition("/")[2])
    assert stack.balance("saga", name) == "900.00"


def test_a_bad_amount_is_told_beside_its_field(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    before = stack.sql("default", "SELECT count(*) AS n FROM runs")
    page.goto("/lab/saga/")
    page.get_by_label("Account", exact=True).fill(account())
    page.get_by_label("Amount, $").fill("1e3")
    with page.expect_response(lambda response: response.request.method == "POST") as answered:
        page.get_by_role("button", name="Withdraw", exact=True).click()
    assert answered.value.status == 422
    expect(page.locator("#amount-wrong")).to_be_visible()
    assert stack.sql("default", "SELECT count(*) AS n FROM runs") == before


def test_the_admin_shows_the_run_and_leads_to_its_page(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    run_id = stack.withdraw("saga", account(), "payment.in_tx:decline")
    stack.ended(run_id)
    password = re.search(r"shown this once: (\S+)", stack.output())
    assert password, stack.output()[-2000:]
    page.goto("/admin/")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(password[1])
    page.get_by_role("button", name="Log in").click()
    for table in (
        "trace/run",
        "trace/event",
        "trace/fault",
        "trace/parked",
        "trace/deadletter",
        "account/account",
        "account/ledgerentry",
        "account/inbox",
        "payment/payment",
        "payment/inbox",
        "saga/sagalog",
        "monolith/account",
        "monolith/transaction",
    ):
        answer = page.goto(f"/admin/{table}/?q={run_id[:8]}")
        assert answer is not None
        assert answer.status == 200, table
    page.goto(f"/admin/trace/run/{run_id}/change/")
    expect(page.locator("#content")).to_contain_text("refund")
    page.locator(f'a[href*="/runs/{run_id}/"]').first.click()
    expect(page.locator("#state")).to_contain_text("Compensated")
