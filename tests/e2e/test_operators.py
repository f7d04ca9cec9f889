"""A lab that others reach, in a browser: what one may not do is not there, in rows that come over the socket too."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.stack import Stack, running, wait_for


@pytest.fixture(scope="module")
def gated() -> Iterator[Stack]:
    env = {"DISTVIZ_HOST": "0.0.0.0", "ALLOWED_HOSTS": "localhost", "FAULTS_ENABLED": "1"}
    with running(accounts=0, env=env) as instance:
        yield instance


@pytest.fixture(scope="module")
def olha(gated: Stack) -> tuple[str, str]:
    return "olha", gated.manage("operator", "olha").stdout.rpartition(" ")[2].strip()


@pytest.fixture
def parked(gated: Stack, olha: tuple[str, str]) -> str:
    """A run in step mode, with a message that waits."""
    body = {"protocol": "saga", "account": "alice", "amount": "1.00", "mode": "step"}
    run = str(gated.client.post("/api/runs", json=body, auth=olha).raise_for_status().json()["id"])
    wait_for(lambda: gated.run(run)["parked"])
    return run


@pytest.fixture
def visitor(browser: Browser, gated: Stack) -> Iterator[Page]:
    context = browser.new_context(base_url=gated.url, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


def test_who_may_only_look_finds_nothing_to_press(gated: Stack, parked: str, visitor: Page) -> None:
    visitor.goto(f"/runs/{parked}/")
    expect(visitor.locator("#conn")).to_have_text("Live")
    expect(visitor.get_by_text("1 message is parked.")).to_be_visible()
    expect(visitor.get_by_text("Only operators can act on a run here")).to_be_visible()
    assert visitor.locator("[form=operate]:visible").count() == 0
    visitor.keyboard.press("d")  # the key of the button that is not there
    gated.client.get(f"/api/runs/{parked}").raise_for_status()
    assert gated.run(parked)["parked"]
    assert visitor.url.endswith(f"/runs/{parked}/")


def test_who_logs_in_comes_back_and_acts(gated: Stack, parked: str, visitor: Page, olha: tuple[str, str]) -> None:
    visitor.goto(f"/runs/{parked}/")
    visitor.locator("main").get_by_role("link", name="Log in").click()
    visitor.get_by_label("User name").fill(olha[0])
    visitor.get_by_label("Password").fill("guess")
    visitor.get_by_role("button", name="Log in").click()
    expect(visitor.get_by_role("alert")).to_contain_text("correct username and password")
    visitor.get_by_label("Password").fill(olha[1])
    visitor.get_by_role("button", name="Log in").click()
    visitor.wait_for_url(f"**/runs/{parked}/")
    visitor.locator("#act").get_by_role("button", name="Deliver WithdrawalRequested").click()
    expect(visitor.locator("#by-hand")).to_contain_text("was delivered to")
    visitor.get_by_role("button", name="Log out").click()
    expect(visitor.get_by_role("link", name="Log in").first).to_be_visible()


@pytest.mark.parametrize("path", ["/", "/lab/saga/", "/race/", "/learn/", "/import/", "/attention/", "/outbox/"])
def test_each_page_says_who_may_and_where_to_log_in(visitor: Page, path: str) -> None:
    visitor.goto(path)
    note = visitor.locator(".only-operators").first
    expect(note).to_contain_text("Only operators can")
    expect(note.get_by_role("link", name="Log in")).to_have_attribute("href", f"/login/?next={path}")
    assert visitor.locator("input[name=fault]:visible, [form=operate]:visible").count() == 0
