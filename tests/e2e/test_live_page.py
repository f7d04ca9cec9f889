"""A page that stays open: the last that came is what it shows, and nothing moves or is drawn anew under a hand."""

from collections.abc import Callable

from playwright.sync_api import APIResponse, Browser, Page, Route, expect

from tests.support.browser import something_waits, three_prepares, waiting
from tests.support.stack import Stack, wait_for

BARS = "#overview .o-time > rect"


class Late:
    """The next answer to such a request stays on its way until it is asked to `come`."""

    def __init__(self, page: Page, pattern: str) -> None:
        self.page, self.way = page, []
        page.route(pattern, self.keep, times=1)

    way: list[tuple[Route, APIResponse]]

    def keep(self, route: Route) -> None:
        self.way.append((route, route.fetch()))

    def is_under_way(self) -> None:
        while not self.way:
            self.page.wait_for_timeout(20)

    def come(self) -> None:
        route, response = self.way.pop()
        route.fulfill(response=response)


def held(page: Page, stack: Stack, account: str) -> str:
    run_id = stack.withdraw("saga", account, "payment.in_tx:hold", "payment.before_tx:error")
    stack.reaches(run_id, "hold", "held")
    return run_id


def let_go(page: Page, stack: Stack, run_id: str) -> None:
    """The held run ends, and the page hears of it."""
    stack.client.post(f"/api/runs/{run_id}/release")
    stack.ended(run_id)
    expect(page.locator("#lanes > li")).to_have_count(len(stack.events(run_id)), timeout=20_000)


def test_an_open_event_shows_its_last_attempt_though_an_answer_was_late(
    page: Page, stack: Stack, account: Callable[[], str]
) -> None:
    run_id = held(page, stack, account())
    scheduled = next(event["seq"] for event in stack.events(run_id) if event["kind"] == "retry")
    page.goto(f"/runs/{run_id}/")
    expect(page.locator("#conn")).to_contain_text("Live")
    late = Late(page, f"**/events/{scheduled}/")
    page.locator(f"#e-{scheduled} summary").press("Enter")
    late.is_under_way()
    let_go(page, stack, run_id)
    late.come()
    expect(page.locator(f"#e-{scheduled} .attempts-t tbody tr").last).to_contain_text("committed", timeout=15_000)


def test_the_run_to_scale_is_whole_though_an_answer_was_late(
    page: Page, browser: Browser, stack: Stack, account: Callable[[], str]
) -> None:
    run_id = held(page, stack, account())
    page.goto(f"/runs/{run_id}/")
    expect(page.locator("#conn")).to_contain_text("Live")
    late = Late(page, "**/overview/")
    page.evaluate("htmx.trigger(document.body, 'poke')")
    late.is_under_way()
    let_go(page, stack, run_id)
    late.come()
    with browser.new_context(base_url=stack.url) as context:
        other = context.new_page()
        other.goto(f"/runs/{run_id}/")
        bars = other.locator(BARS).count()
    expect(page.locator(BARS)).to_have_count(bars, timeout=10_000)


def test_nothing_comes_between_the_two_ends_of_a_press(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    run_id = three_prepares(page, stack, account())
    first, second, _ = waiting(page)
    button = page.locator(f'.envelope[data-mid="{first}"]').get_by_role("button", name="Deliver")
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    assert box
    row = page.locator("#lanes > li", has=button)
    there = row.bounding_box()
    rows = page.locator("#lanes > li").count()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    assert stack.client.post(f"/api/runs/{run_id}/messages/{second}/deliver").status_code == 200
    wait_for(lambda: len(stack.events(run_id)) > rows + 3, 20, "the second is handled")
    page.evaluate("() => new Promise((done) => setTimeout(done, 700))")  # longer than a frame's window
    assert page.locator("#lanes > li").count() == rows
    assert row.bounding_box() == there
    page.mouse.up()
    expect(page.locator(f'#act[data-parked*="{first}"]')).to_have_count(0, timeout=20_000)
    expect(page.locator(f'#act[data-parked*="{second}"]')).to_have_count(0)
    while something_waits(page):
        stack.client.post(f"/api/runs/{run_id}/messages/{waiting(page)[0]}/deliver")
        page.wait_for_timeout(100)
    expect(page.locator("#lanes > li")).to_have_count(len(stack.events(run_id)), timeout=15_000)


AGAIN = """
async () => {
  const html = await (await fetch(`${document.getElementById("run").dataset.base}frame/?after=4&step=5`)).text();
  htmx.swap(document.body, html, { swapStyle: "none" });
  const row = document.getElementById("e-5");
  htmx.swap(document.body, html, { swapStyle: "none" });
  return row.isConnected;
}
"""


def test_a_row_that_comes_again_as_it_was_is_left_alone(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    run_id = stack.withdraw("saga", account())
    stack.ended(run_id)
    page.goto(f"/runs/{run_id}/")
    assert page.evaluate(AGAIN)
