"""A person answers questions, gets a ranking with reasons, and has a claim proved."""

import re

from playwright.sync_api import Page, expect

from tests.support.stack import Stack


def test_answers_rank_the_protocols_and_the_address_keeps_them(page: Page) -> None:
    page.goto("/choose/")
    expect(page.locator(".ranks")).to_contain_text("The ranking appears here")
    page.get_by_role("group", name=re.compile("in one database")).get_by_label("no").check(force=True)
    page.get_by_role("group", name=re.compile("opposite one")).get_by_label("yes").check(force=True)
    page.get_by_role("group", name=re.compile("coordinator is down")).get_by_label("no").check(force=True)
    page.get_by_role("button", name="Rank them").click()
    page.wait_for_url(re.compile(r"one_db=no"))
    expect(page.locator(".rank-of h2").first).to_contain_text("Saga")
    expect(page.locator(".rank-of h2").last).to_contain_text("Monolith")
    expect(page.locator(".rank-of").filter(has_text="Dual write")).to_have_count(0)
    page.reload()
    expect(page.locator(".rank-of h2").first).to_contain_text("fits")
    page.locator(".rank-of").first.get_by_role("link", name=re.compile("see it")).first.click()
    page.wait_for_url(re.compile(r"/learn/[a-z-]+/$"))


def test_a_claim_is_proved_by_runs(page: Page, stack: Stack) -> None:
    page.goto("/choose/")
    page.get_by_role("button", name="prove it: Saga").click()
    page.wait_for_url(re.compile(r"/compare/\?runs=[0-9a-f]{32},[0-9a-f]{32}$"))
    good, refused = page.url.rpartition("=")[2].split(",")
    assert stack.ended(good)["status"] == "succeeded"
    assert stack.ended(refused)["status"] == "compensated"
    page.goto("/choose/")
    saga = page.locator(".claims tr", has_text=re.compile("Saga"))
    expect(saga).to_contain_text("eventual")
    expect(saga.locator(".found").first).to_contain_text(re.compile(r"inconsistent\s+\d"))
    expect(saga.locator(".found").nth(1)).to_contain_text(re.compile(r"\d+\s+messages,\s+\d+\s+commits"))
    saga.locator(".proof a").click()
    page.wait_for_url(re.compile(r"/runs/[0-9a-f-]{36}/$"))


def test_nonsense_in_the_address_is_not_asked(stack: Stack) -> None:
    answer = stack.client.get("/choose/?one_db=perhaps&fresh=&nothing=1")
    assert answer.status_code == 200
    assert "The ranking appears here" in answer.text
    assert stack.client.get("/choose/prove/").status_code == 405
