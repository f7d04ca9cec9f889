"""The front page: one click, and a real run breaks on it; then the same failure under a protocol."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from protocols.registry import PROTOCOLS
from tests.support.stack import Stack

# Where on the page the player is, whenever that changes.
_WATCH_PLAYER = """() => {
    window.places = [];
    const look = () => {
        const place = document.querySelector('#watch .scrub').getBoundingClientRect().top + scrollY;
        if (!places.length || Math.abs(places.at(-1) - place) > 0.5) places.push(place);
        requestAnimationFrame(look);
    };
    look();
}"""
STAGE = re.compile(r"/\?watch=[0-9a-f-]{36}&play#watch$")


def test_one_click_and_it_breaks_on_the_front_page(page: Page, stack: Stack) -> None:
    page.goto("/")
    page.get_by_role("button", name="Watch it break").click()
    page.wait_for_url(STAGE)
    run_id = page.url.partition("watch=")[2].partition("&")[0]
    assert stack.ended(run_id)["verdict"] == "money_lost"
    caption = page.locator("#caption")
    expect(caption).to_be_visible(timeout=15_000)  # it plays by itself
    expect(caption).to_contain_text("The client asks", timeout=15_000)
    page.get_by_label("Speed").select_option("150")
    expect(page.locator("#state")).to_contain_text("Money lost", timeout=30_000)
    expect(page.locator("#lanes")).to_contain_text("$100.00 missing")
    assert re.search(STAGE, page.url), "the address stays the front page's"

    page.get_by_role("button", name="under Saga").click()
    page.wait_for_url(lambda url: bool(STAGE.search(url)) and run_id not in url)  # the address before has that form too
    saga = page.url.partition("watch=")[2].partition("&")[0]
    assert stack.ended(saga)["status"] == "compensated"
    expect(page.locator("#watch")).to_contain_text("Saga")
    page.get_by_role("button", name="race them all").click()
    page.wait_for_url(re.compile(rf"/compare/\?runs=([0-9a-f]{{32}},){{{len(PROTOCOLS) - 1}}}[0-9a-f]{{32}}$"))


@pytest.mark.parametrize("width", [1440, 320])
def test_the_player_stays_where_it_is_while_it_plays(browser: Browser, stack: Stack, width: int) -> None:
    """Above it nothing grows: who presses Pause meets Pause."""
    with browser.new_context(base_url=stack.url, viewport={"width": width, "height": 900}) as context:
        page = context.new_page()
        page.goto("/")
        page.get_by_role("button", name="Watch it break").click()
        page.wait_for_url(STAGE)
        expect(page.locator("#caption")).to_be_visible(timeout=15_000)
        page.evaluate(_WATCH_PLAYER)
        page.locator("#speed").select_option("150", force=True)  # there is no room for it on a phone
        expect(page.locator("#state")).to_contain_text("Money lost", timeout=30_000)
        places = page.evaluate("places")
    assert len(places) == 1, places


def test_the_miniatures_are_the_last_runs(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    page.goto("/")
    expect(page.locator("#six > li")).to_have_count(len(PROTOCOLS))
    heights = page.eval_on_selector_all(
        "#six svg.mini", "all => all.map(one => Math.round(one.getBoundingClientRect().height))"
    )
    assert len(set(heights)) == 1, "all of one height"
    run_id = stack.withdraw("monolith", account())
    stack.ended(run_id)
    expect(page.locator("#six li").first.locator(".ran a")).to_have_attribute(
        "href", f"/runs/{run_id}/", timeout=15_000
    )
    expect(page.locator("#health-line")).to_contain_text("Everything is up")


def test_it_works_without_javascript_and_at_320_px(browser: Browser, stack: Stack) -> None:
    context = browser.new_context(base_url=stack.url, java_script_enabled=False, viewport={"width": 320, "height": 700})
    page = context.new_page()
    page.goto("/")
    page.get_by_role("button", name="Watch it break").click()
    page.wait_for_url(STAGE)
    run_id = page.url.partition("watch=")[2].partition("&")[0]
    stack.ended(run_id)
    page.goto(f"/?watch={run_id}")
    expect(page.locator("#state")).to_contain_text("Money lost")
    page.goto(f"/?watch={run_id}&step=1")
    expect(page.locator("#lanes > li")).to_have_count(1)
    context.close()


def test_what_is_no_demonstration_is_refused(stack: Stack) -> None:
    assert stack.client.get("/?watch=nonsense").status_code == 200
    assert stack.client.get("/break/").status_code == 405
