"""A page says what it knows: whether it is live, and whether anybody would hear a button."""

import re
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.browser import shows_the_log
from tests.support.stack import Stack, wait_for

SHIFTS = """() => {
  window.shifted = 0;
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) if (!one.hadRecentInput) window.shifted += one.value;
  }).observe({ type: "layout-shift", buffered: true });
}"""


def frozen(stack: Stack, role: str) -> AbstractContextManager[None]:
    """It is there and does not answer: worse than being gone."""
    return stack.paused(stack.pid(role))


def test_the_lab_without_its_server(page: Page, stack: Stack) -> None:
    page.goto("/lab/saga/")
    page.evaluate("window.still = true")
    chip, button = page.locator("#line"), page.get_by_role("button", name="Withdraw", exact=True)
    expect(chip).to_contain_text("Live")
    button.focus()
    killed = stack.kill("web")
    expect(chip).to_contain_text("Reconnecting")
    expect(button).to_be_disabled()
    stack.back("web", killed)
    expect(chip).to_contain_text("Live", timeout=60_000)
    expect(button).to_be_enabled()
    expect(button).to_be_focused()
    assert page.evaluate("window.still")


def test_a_run_without_a_network(page: Page, context: BrowserContext, stack: Stack, account: Callable[[], str]) -> None:
    run_id = stack.withdraw("saga", account(), "payment.in_tx:hold")
    wait_for(lambda: stack.run(run_id)["holding"], 30, "it is held")
    page.goto(f"/runs/{run_id}/")
    expect(page.locator("#conn")).to_contain_text("Live")
    context.set_offline(True)
    expect(page.locator("#conn")).to_contain_text("Offline")
    expect(page.get_by_role("button", name="Release")).to_be_disabled()
    stack.client.post(f"/api/runs/{run_id}/release")
    stack.ended(run_id)
    context.set_offline(False)
    shows_the_log(page, stack, run_id)
    expect(page.get_by_role("button", name="Run again", exact=True)).to_be_enabled()


def test_a_message_without_a_handler(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    with frozen(stack, "worker:payment"):
        run_id = stack.withdraw("saga", account())
        page.goto(f"/runs/{run_id}/")
        expect(page.locator("#workers")).to_contain_text("No worker is running for: worker:payment", timeout=60_000)
    shows_the_log(page, stack, run_id)
    expect(page.locator("#workers")).to_be_hidden(timeout=15_000)


def test_a_broker_that_hangs_does_not_hang_a_form(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    page.goto("/lab/saga/")
    page.get_by_label("Account", exact=True).fill(account())
    with frozen(stack, "valkey"):
        began = time.monotonic()
        with page.expect_response(lambda answer: answer.request.method == "POST", timeout=60_000) as answered:
            page.get_by_role("button", name="Withdraw", exact=True).click(no_wait_after=True)
        assert answered.value.status == 303
        assert time.monotonic() - began < 10  # 2.5 s, and what a busy machine adds
    page.wait_for_url(re.compile("/runs/"))
    run_id = page.url.rstrip("/").rpartition("/")[2]
    assert stack.ended(run_id, 60)["status"] == "succeeded"


@pytest.mark.parametrize("name", ["Watch it break", "prove it: Saga, none"])
def test_a_double_click_starts_one_run(page: Page, stack: Stack, name: str) -> None:
    count = "SELECT count(*) AS n FROM runs"
    page.goto("/" if name.startswith("Watch") else "/promises/")
    before = stack.sql("default", count)[0]["n"]
    page.get_by_role("button", name=re.compile(f"^{name}")).first.dblclick()
    page.wait_for_url(re.compile("/runs/|watch="))
    assert stack.sql("default", count)[0]["n"] == before + 1


def test_a_form_that_was_sent_twice_is_one_run(stack: Stack, account: Callable[[], str]) -> None:
    """Without the script's help: the page's key tells the server."""
    run_id = stack.withdraw("saga", account())
    stack.ended(run_id)
    html = stack.client.get(f"/runs/{run_id}/").text
    form = html[html.index('<form id="again"') :]
    fields = dict(re.findall(r'name="(csrfmiddlewaretoken|key)" value="([^"]+)"', form)[:2])
    assert set(fields) == {"csrfmiddlewaretoken", "key"}
    sent = [
        stack.client.post(f"/runs/{run_id}/again/", data=fields, headers={"Referer": stack.url, "Origin": stack.url})
        for _ in range(2)
    ]
    assert [answer.status_code for answer in sent] == [303, 303]
    assert sent[0].headers["Location"] == sent[1].headers["Location"]


def test_the_picture_grows_without_a_jolt(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    run_id = stack.withdraw("saga", account(), "payment.in_tx:hold")
    wait_for(lambda: stack.run(run_id)["holding"], 30, "it is held")
    page.add_init_script(f"({SHIFTS})()")
    page.goto(f"/runs/{run_id}/")
    expect(page.locator("#conn")).to_contain_text("Live")
    stack.client.post(f"/api/runs/{run_id}/release")
    shows_the_log(page, stack, run_id)
    assert page.evaluate("window.shifted") < 0.1
