"""The admin over the real stack: find a run, see its story, go both ways, retry what is dead, change nothing."""

import re
from collections.abc import Callable
from typing import Literal

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from protocols.registry import PROTOCOLS
from tests.support import pages
from tests.support.stack import Stack, wait_for

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def operator(stack: Stack) -> None:
    """Somebody who may do everything."""
    make = (
        "from django.contrib.auth.models import User; "
        "u, _ = User.objects.get_or_create(username='operator', is_staff=True, is_superuser=True); "
        "u.set_password('correct horse'); u.save()"
    )
    stack.manage("shell", "-c", make)


@pytest.fixture
def admin(page: Page, operator: None) -> Page:
    """Signed in as the operator."""
    page.set_default_timeout(30_000)
    page.goto("/admin/login/?next=/admin/")
    page.get_by_label("Username").fill("operator")
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("link", name="Stuck & in doubt").first).to_be_visible()
    return page


def stuck(stack: Stack, account: str) -> str:
    run_id = stack.withdraw("saga", account, "payment.in_tx:decline", "refund.in_tx:error:4")
    wait_for(lambda: stack.run(run_id)["status"] == "needs_attention", 90, "a person is needed")
    return run_id


def test_a_run_is_found_by_how_its_id_begins_and_leads_everywhere(
    admin: Page, stack: Stack, account: Callable[[], str]
) -> None:
    run_id = stack.withdraw("two_phase", account(), note="found again")
    stack.ended(run_id, 60)
    for term in (run_id[:9], run_id, "found again"):
        admin.goto(f"/admin/trace/run/?q={term}")
        expect(admin.locator("#result_list tbody tr")).to_have_count(1)
    admin.locator("#result_list tbody th a").click()
    expect(admin.locator(".timeline tbody tr")).to_have_count(len(stack.events(run_id)))
    admin.locator(".rows-elsewhere").get_by_role("link", name=re.compile("ledger", re.IGNORECASE)).click()
    expect(admin.locator("#result_list tbody tr")).to_have_count(1)
    admin.locator("#result_list .field-run_link a").click()
    expect(admin).to_have_url(re.compile(f"/admin/trace/run/{run_id}/change/"))
    expect(admin.locator(".picture img")).to_have_js_property("complete", True)
    assert admin.locator(".picture img").evaluate("img => img.naturalWidth") > 500
    assert admin.locator(".picture").evaluate("box => box.getBoundingClientRect().top") < 300
    admin.get_by_role("link", name="The run in the lab").first.click()
    expect(admin).to_have_url(re.compile(f"/runs/{run_id}/$"))
    admin.get_by_role("link", name="In the admin").click()
    expect(admin).to_have_url(re.compile(f"/admin/trace/run/{run_id}/change/"))


@pytest.mark.parametrize(
    ("language", "lane", "step", "change"),
    [
        ("en", "Client → API / Coordinator", "COMMIT Deduct, open the saga log", "balance 1,000.00 → 900.00"),
        ("uk", "Клієнт → API / Координатор", "COMMIT Списати, відкрити журнал саги", "баланс 1 000,00 → 900,00"),
    ],
)
def test_the_timeline_is_told_in_the_words_of_the_pages(
    admin: Page, stack: Stack, account: Callable[[], str], language: str, lane: str, step: str, change: str
) -> None:
    run_id = stack.withdraw("saga", account())
    stack.ended(run_id)
    admin.context.add_cookies([{"name": "django_language", "value": language, "url": stack.url}])
    admin.goto(f"/admin/trace/run/{run_id}/change/")
    rows = admin.locator(".timeline tbody tr")
    expect(rows.first.locator(".lane")).to_have_text(lane)
    commit = rows.filter(has=admin.get_by_text(step, exact=True))
    expect(commit.locator(".what code")).to_have_text("step/commit deduct")
    expect(commit.locator(".change").filter(has_text=change)).to_have_count(1)


def test_a_dead_letter_is_retried_and_the_operator_named(admin: Page, stack: Stack, account: Callable[[], str]) -> None:
    run_id = stuck(stack, account())
    admin.goto(f"/admin/trace/deadletter/?q={run_id}")
    admin.locator("#result_list tbody input[type=checkbox]").first.check()
    admin.get_by_label("Action:").select_option(label="Retry: send the message again with new attempts")
    admin.get_by_role("button", name="Run", exact=True).or_(admin.get_by_role("button", name="Go", exact=True)).click()
    expect(admin.locator(".messagelist")).to_contain_text("continues")
    assert stack.ended(run_id, 60)["status"] == "compensated"
    admin.goto(f"/admin/trace/run/{run_id}/change/")
    expect(admin.locator(".acts")).to_contain_text("operator")
    expect(admin.locator(".acts")).to_contain_text("retry")


def test_history_cannot_be_changed(admin: Page, stack: Stack, account: Callable[[], str]) -> None:
    run_id = stack.withdraw("monolith", account())
    stack.ended(run_id, 60)
    for table in ("run", "event", "operatoraction", "parked", "deadletter", "fault"):
        admin.goto(f"/admin/trace/{table}/")
        expect(admin.locator(".object-tools .addlink")).to_have_count(0)
    admin.goto(f"/admin/trace/run/{run_id}/change/")
    expect(admin.locator("[name=_save], .deletelink")).to_have_count(0)
    assert admin.request.post(f"/admin/trace/run/{run_id}/delete/").status == 403


def test_every_list_opens(admin: Page) -> None:
    admin.goto("/admin/")
    urls = admin.eval_on_selector_all("#content-main th a", "links => links.map(a => a.getAttribute('href'))")
    assert len(urls) > 20
    for url in urls:
        answer = admin.request.get(url, params={"q": "no such"})
        assert answer.status == 200, url


def test_big_lists_are_filtered_by_values_that_are_known(admin: Page, stack: Stack, account: Callable[[], str]) -> None:
    stack.ended(stack.withdraw("event_sourcing", account()))
    stack.ended(stack.withdraw("outbox", account()))
    stack.ended(stack.withdraw("two_phase", account()))
    for path, query in {
        "event_sourcing/storedevent": "type=MoneyDeducted",
        "outbox/outbox": "event_type=MoneyDeducted",
        "two_phase/participation": "vote=YES",
    }.items():
        admin.goto(f"/admin/{path}/?{query}")
        expect(admin.locator("#result_list tbody tr").first).to_be_visible()
        chosen = admin.locator("#changelist-filter li.selected")
        expect(chosen.filter(has_text=query.partition("=")[2])).to_have_count(1)
        admin.goto(f"/admin/{path}/?{query.partition('=')[0]}=nonsense")
        expect(admin.locator("#result_list tbody tr")).to_have_count(0)


def test_every_list_is_whole_on_a_usual_screen(admin: Page, stack: Stack, account: Callable[[], str]) -> None:
    """A column that is cut off is a column that nobody reads."""
    for protocol in PROTOCOLS:
        stack.ended(stack.withdraw(protocol, account(), "payment.in_tx:decline"), 60)
    stack.ended(stack.withdraw("dual_write", account(), "payment.in_tx:decline"), 60)
    lists = admin.locator("#content-main th[scope=row] a").evaluate_all("links => links.map(link => link.href)")
    assert len(lists) > 25
    cut = []
    for address in lists:
        admin.goto(address)
        found = admin.locator(".results")
        if found.count() and found.evaluate("box => box.scrollWidth > box.clientWidth"):
            cut.append(address)
    assert not cut


def test_the_front_page_is_in_columns_with_what_was_done_beside_them(admin: Page) -> None:
    tables = admin.locator("#content-main .module").evaluate_all(
        "all => all.map(one => { const b = one.getBoundingClientRect(); return [b.left, b.right, b.top]; })"
    )
    assert len({round(left) for left, _right, _top in tables}) >= 3
    for beside in (".acts-of-late", "#content-related"):
        box = admin.locator(beside).bounding_box()
        assert box
        assert box["x"] > max(right for _left, right, _top in tables)
        assert box["y"] < 500


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_by_everybody(
    admin: Page, context: BrowserContext, stack: Stack, account: Callable[[], str], scheme: Literal["light", "dark"]
) -> None:
    run_id = stack.withdraw("saga", account(), "payment.in_tx:decline")
    stack.ended(run_id, 60)
    page = context.new_page()  # signed in as `admin` is; what looks at it writes styles, which the page refuses
    page.emulate_media(color_scheme=scheme)
    places = ("", "trace/run/", f"trace/run/{run_id}/change/", "trace/event/", "outbox/outbox/", "notifications/")
    for place in places:
        page.goto(f"/admin/{place}")
        assert not pages.violations(page), place
