"""The picture is first and whole: its first row stands where it stands in every state, no word stands on a bar, a step
is one row, and nothing moves by itself."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.probing import held
from tests.support.stack import Stack, wait_for
from tests.support.thorough import but

WIDE = {"width": 1440, "height": 900}
FIRST_ROW = "document.querySelector('#lanes > .row').getBoundingClientRect().top + scrollY"
VISIBLE = "#lanes > .row:visible"
# Every bar of the picture as a box, and every piece of text; those that meet.
MEETINGS = """() => {
  const boxes = (row) => [...row.querySelectorAll('.cell')].flatMap((cell) => {
    const { left, top, bottom, width } = cell.getBoundingClientRect();
    if (!width) return [];
    return ['::before', '::after'].flatMap((half) => {
      const style = getComputedStyle(cell, half);
      if (style.content === 'none' || style.content === 'normal') return [];
      const from = half === '::before' ? top : bottom - parseFloat(style.height);
      return [{ left: left + parseFloat(style.left), top: from, width: parseFloat(style.width),
                bottom: from + parseFloat(style.height) }];
    });
  });
  const meets = (a, b) => a.left < b.left + b.width && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  const rows = [...document.querySelectorAll('.lanes .row:not([hidden], .folded)')];
  const bars = rows.flatMap(boxes);
  const words = rows.flatMap((row) => [...row.querySelectorAll('.label')].map((label) => {
    const range = document.createRange();
    range.selectNodeContents(label);
    return { said: label.innerText, rects: [...range.getClientRects()].filter((rect) => rect.width > 1) };
  }));
  const met = words.filter(({ rects }) => rects.some((rect) => bars.some((bar) => meets(rect, bar))));
  return { bars: bars.length, words: words.length, met: met.map((one) => one.said) };
}"""
SHIFTS = """() => {
  window.shifted = [];
  new PerformanceObserver((list) => {
    for (const { hadRecentInput, value, sources } of list.getEntries()) {
      if (!hadRecentInput) window.shifted.push([value, sources.map(({ node }) => node?.className ?? node?.nodeName)]);
    }
  }).observe({ type: "layout-shift", buffered: true });
}"""


HELD: list[str] = []


@pytest.fixture(autouse=True)
def released(stack: Stack) -> Iterator[None]:
    """A step that is held keeps a process of its worker busy."""
    yield
    while HELD:
        stack.client.post(f"/api/runs/{HELD.pop()}/release")


def with_a_rival(protocol: str, *faults: str) -> Callable[[Stack, str], str]:
    def make(stack: Stack, name: str) -> str:
        run_id = stack.withdraw(protocol, name, *faults)
        HELD.append(run_id)
        held(stack, run_id)
        assert stack.client.post(f"/api/runs/{run_id}/rival", json={}).status_code == 202
        return run_id

    return make


in_doubt_with_a_rival = with_a_rival("two_phase", "coordinator.after_prepared:hold")


def parked(protocol: str, *many: int) -> Callable[[Stack, str], str]:
    """In step mode: so many messages wait, one delivery of all after the other."""

    def make(stack: Stack, name: str) -> str:
        run_id = stack.withdraw(protocol, name, mode="step")
        wait_for(lambda: stack.run(run_id)["parked"], 30, "the first message waits")
        for number in many:
            before = {message["mid"] for message in stack.run(run_id)["parked"]}
            stack.client.post(f"/api/runs/{run_id}/messages/deliver", json={})
            wait_for(
                lambda number=number, before=before: (  # type: ignore[misc]
                    len({one["mid"] for one in stack.run(run_id)["parked"]} - before) == number
                ),
                30,
                f"{number} messages wait",
            )
        return run_id

    return make


def over(protocol: str, *faults: str) -> Callable[[Stack, str], str]:
    def make(stack: Stack, name: str) -> str:
        run_id = stack.withdraw(protocol, name, *faults)
        stack.ended(run_id)
        return run_id

    return make


STATES = {
    "in doubt, with a rival": in_doubt_with_a_rival,
    "step mode, three parked": parked("two_phase", 3),
    "two-phase commit, over": over("two_phase"),
    "saga, compensated": over("saga", "payment.in_tx:decline"),
    "saga, twice": over("saga", "message.MoneyDeducted:duplicate"),
    "dual write, twice": over("dual_write", "message.MoneyDeducted:duplicate"),
    "event sourcing": over("event_sourcing"),
    "outbox": over("outbox"),
    "monolith": over("monolith"),
    "TCC": over("tcc"),
    "TCC, cancelled": over("tcc", "payment.in_tx:decline"),
    "TCC, confirmed twice": over("tcc", "message.ConfirmPayment:duplicate"),
    "TCC, held between two confirms, with a rival": with_a_rival("tcc", "coordinator.between_confirms:hold"),
    "TCC, step mode": parked("tcc", 2),
    "orchestrated saga": over("orchestrated"),
    "orchestrated saga, compensated": over("orchestrated", "payment.before_tx:decline"),
    "orchestrated saga, ordered twice": over("orchestrated", "message.ProcessPayment:duplicate"),
    "orchestrated saga, held, with a rival": with_a_rival("orchestrated", "payment.in_tx:hold"),
    "orchestrated saga, step mode": parked("orchestrated", 1, 1),
}


def open_run(page: Page, run_id: str, more: str = "") -> None:
    page.goto(f"/runs/{run_id}/{more}")
    expect(page.locator("body:not(.unfolded)")).to_be_attached()  # its script has run


EACH_TIME = {
    "in doubt, with a rival",
    "step mode, three parked",
    "saga, twice",
    "monolith",
    "TCC, held between two confirms, with a rival",
    "orchestrated saga, compensated",
    "orchestrated saga, step mode",
}


@pytest.mark.parametrize("state", but(EACH_TIME, STATES))
def test_the_first_row_stands_where_it_stands_and_no_word_stands_on_a_bar(
    page: Page, stack: Stack, account: Callable[[], str], state: str
) -> None:
    run_id = STATES[state](stack, account())
    open_run(page, run_id)
    assert page.evaluate(FIRST_ROW) <= 300
    for rows in ("folded", "all"):
        found: dict[str, Any] = page.evaluate(MEETINGS)
        assert found["met"] == [], rows
        assert found["bars"], "there are bars to meet"
        assert found["words"] >= 3
        page.keyboard.press("a")
    assert page.evaluate(FIRST_ROW) <= 300
    page.goto(f"/runs/{run_id}/?step=5")
    assert page.evaluate(FIRST_ROW) <= 300


def test_in_the_language_with_the_longer_words_too(browser: Browser, stack: Stack, account: Callable[[], str]) -> None:
    run_id = in_doubt_with_a_rival(stack, account())
    with browser.new_context(base_url=stack.url, viewport=WIDE, locale="uk") as context:
        page = context.new_page()
        page.goto(f"/runs/{run_id}/")
        assert page.evaluate("document.documentElement.lang") == "uk"
        assert page.evaluate(FIRST_ROW) <= 300
        assert page.evaluate("document.documentElement.scrollWidth") <= WIDE["width"]


def test_two_phase_commit_fits_one_screen_and_one_key_opens_all(
    page: Page, stack: Stack, account: Callable[[], str]
) -> None:
    run_id = over("two_phase")(stack, account())
    last = len(stack.events(run_id))
    open_run(page, run_id)
    assert page.locator(VISIBLE).count() <= 18 < last
    box = page.locator("#lanes").bounding_box()
    assert box
    pauses = 36 * page.locator(f"{VISIBLE} .idle:visible").count()  # a busy machine makes them wait
    assert box["y"] + box["height"] - pauses <= WIDE["height"]
    assert page.locator(".cell.down-held:visible").count() >= 6  # the hatch, of three participants
    page.keyboard.press("a")
    expect(page.locator(VISIBLE)).to_have_count(last)
    page.reload()
    expect(page.locator(VISIBLE)).to_have_count(last)  # it is kept
    page.keyboard.press("a")
    assert page.locator(VISIBLE).count() <= 18


def test_a_step_is_one_row_until_it_is_opened(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    run_id = over("two_phase")(stack, account())
    open_run(page, run_id)
    before = page.locator(VISIBLE).count()
    prepared = page.locator("#lanes > .row.p-prepared").first
    opener = prepared.locator(".unfold")
    assert opener.get_attribute("aria-expanded") == "false"
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.locator(VISIBLE)).to_have_count(before + 3)  # the message, its receipt, BEGIN
    expect(prepared.locator(".unfold")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(VISIBLE)).to_have_count(before)
    hidden = page.locator("#lanes > .row.folded").first.get_attribute("id")
    page.goto(f"/runs/{run_id}/#{hidden}")  # a link to a row that is folded opens it
    page.reload()
    expect(page.locator(f"#{hidden}")).to_be_visible()


def test_a_phase_can_be_closed_and_a_lane_hidden(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    run_id = over("two_phase")(stack, account())
    open_run(page, run_id)
    before = page.locator(VISIBLE).count()
    page.locator("#look > summary").click()
    page.get_by_label("Close the voting").check()
    expect(page.locator("#lanes")).to_contain_text("voting, closed")
    assert page.locator(VISIBLE).count() < before - 3
    page.get_by_label("Close the voting").uncheck()
    expect(page.locator(VISIBLE)).to_have_count(before)
    page.locator("#look").get_by_label("Notification").uncheck()
    expect(page.locator(".head.at-notification")).to_be_hidden()
    expect(page.locator(VISIBLE).filter(has_text="NotificationVoted")).to_have_count(0)


def test_retries_are_one_row_with_their_number_and_their_waits(
    page: Page, stack: Stack, account: Callable[[], str]
) -> None:
    run_id = stack.withdraw("saga", account(), "payment.in_tx:error:2")
    assert stack.ended(run_id)["status"] == "succeeded"
    open_run(page, run_id)
    waits = [event["data"]["wait_ms"] for event in stack.events(run_id) if event["phase"] == "scheduled"]
    badge = page.locator(".folds")
    expect(badge).to_contain_text("×3")
    assert badge.inner_text().count("ms") == len(waits) == 2


def test_a_click_on_the_run_to_scale_goes_there_and_a_drag_looks_closer(
    page: Page, stack: Stack, account: Callable[[], str]
) -> None:
    run_id = over("saga", "payment.in_tx:decline")(stack, account())
    open_run(page, run_id)

    def press(begin: float, end: float) -> None:
        """From and to in px from the left of the chart, wherever the page has scrolled it to."""
        box = page.locator(".o-time").bounding_box()
        assert box
        page.mouse.move(box["x"] + begin, box["y"] + 20)
        page.mouse.down()
        page.mouse.move(box["x"] + end, box["y"] + 20, steps=4)
        page.mouse.up()

    press(2, 2)
    expect(page.locator("#at")).to_have_text(re.compile("^[12]$"))  # what happened at once
    press(780, 780)
    expect(page.locator("#at")).to_have_text(str(len(stack.events(run_id))))
    whole = page.locator("#overview").get_attribute("data-scale")
    press(300, 500)
    expect(page.get_by_role("button", name="Whole run")).to_be_visible()
    assert page.locator("#overview").get_attribute("data-scale") != whole
    page.get_by_role("button", name="Whole run").click()
    expect(page.locator("#overview")).to_have_attribute("data-scale", whole or "")


@pytest.mark.parametrize(("state", "height"), [("in doubt, with a rival", 560), ("step mode, three parked", 420)])
def test_the_moment_that_matters_is_in_view_by_itself(
    browser: Browser, stack: Stack, account: Callable[[], str], state: str, height: int
) -> None:
    """On a screen on which it would not be."""
    run_id = STATES[state](stack, account())
    with browser.new_context(base_url=stack.url, viewport={"width": 1280, "height": height}) as context:
        page = context.new_page()
        open_run(page, run_id)
        place = ".envelope:not([hidden])" if "step" in state else "#lanes > .row:last-child"
        expect(page.locator(place).first).to_be_in_viewport()
        expect(page.locator("#todo")).to_be_in_viewport()  # and what to do about it


@pytest.mark.parametrize("state", ["in doubt, with a rival", "step mode, three parked", "two-phase commit, over"])
def test_nothing_moves_while_the_page_comes(page: Page, stack: Stack, account: Callable[[], str], state: str) -> None:
    """What a stream moves is in test_scale.py."""
    run_id = STATES[state](stack, account())
    page.add_init_script(f"({SHIFTS})()")
    open_run(page, run_id)
    if "over" not in state:
        expect(page.locator("#conn")).to_contain_text("Live")
    if "doubt" in state:
        expect(page.locator("#probe-heard")).to_contain_text("The row is locked")
    shifts = page.evaluate("shifted")
    assert sum(value for value, _ in shifts) <= 0.01, shifts


def test_no_table_beside_the_picture_is_cut(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    run_id = in_doubt_with_a_rival(stack, account())
    open_run(page, run_id)
    expect(page.locator("#databases")).to_contain_text("Prepared, with locks")
    cut = page.eval_on_selector_all(
        ".rail .panel .scroll", "all => all.filter(one => one.scrollWidth > one.clientWidth).map(one => one.innerText)"
    )
    assert cut == []


HEADS = """() => {
  const ends = [...document.querySelectorAll('.lanes-head .head')].map((head) => {
    const boxes = [...head.querySelectorAll('b > span, small')].filter((part) => part.checkVisibility()).map((part) => {
      const range = document.createRange();
      range.selectNodeContents(part);
      return range.getBoundingClientRect();
    });
    return [head.innerText, Math.min(...boxes.map((box) => box.left)), Math.max(...boxes.map((box) => box.right))];
  });
  return ends.filter(([, , right], i) => i + 1 < ends.length && right >= ends[i + 1][1]).map(([said]) => said);
}"""


@pytest.mark.parametrize("language", but({"uk"}, ["en", "uk"]))
def test_the_names_of_the_lanes_do_not_touch(
    browser: Browser, stack: Stack, account: Callable[[], str], language: str
) -> None:
    with browser.new_context(base_url=stack.url, extra_http_headers={"Accept-Language": language}) as context:
        page = context.new_page()
        for protocol in ("two_phase", "event_sourcing", "outbox"):  # the most lanes, and the longest names
            run_id = stack.withdraw(protocol, account())
            stack.ended(run_id)
            page.goto(f"/runs/{run_id}/")
            for width in (720, 900, 1020, 1181, 1280, 1390, 1440, 1920):
                page.set_viewport_size({"width": width, "height": 900})
                assert page.evaluate(HEADS) == [], (protocol, width)
            for width in (1280, 1440, 1920):
                page.set_viewport_size({"width": width, "height": 900})
                page.keyboard.press("p")
                expect(page.locator("body.presents")).to_be_attached()
                assert page.evaluate(HEADS) == [], (protocol, width, "presented")
                page.keyboard.press("p")


# What is said below the run to scale, and the pieces that run into one another or over the edge of the page.
TIMES = """() => {
  const said = [...document.querySelectorAll('#overview .o-tick')].filter((one) => one.textContent.trim())
    .map((one) => [one.textContent.trim(), one.getBoundingClientRect()]).filter(([, box]) => box.width)
    .toSorted(([, a], [, b]) => a.left - b.left);
  return said.filter(([, box], i) => box.right > innerWidth || (said[i + 1] && said[i + 1][1].left < box.right))
    .map(([text]) => text);
}"""
ROOM = """() => {
  const { right } = document.querySelector('#lanes').getBoundingClientRect();
  return right - document.querySelector('#lanes > .row .label').getBoundingClientRect().right;
}"""


@pytest.mark.parametrize("language", but({"uk"}, ["en", "uk"]))
@pytest.mark.parametrize("faults", [("payment.in_tx:error:4",), ("refund.in_tx:error:4", "payment.before_tx:decline")])
def test_where_it_is_narrow_the_words_have_the_room_and_nothing_is_wider_than_the_page(
    browser: Browser, stack: Stack, account: Callable[[], str], faults: tuple[str, ...], language: str
) -> None:
    run_id = over("orchestrated", *faults)(stack, account())
    with browser.new_context(base_url=stack.url, extra_http_headers={"Accept-Language": language}) as context:
        page = context.new_page()
        for width in (320, 400, 640, 768, 860, 1024, 1440):
            page.set_viewport_size({"width": width, "height": 900})
            open_run(page, run_id)
            page.locator(".folds").evaluate_all("all => all.forEach(one => one.append(', 4.37 s, 8.69 s, 16.49 s'))")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.evaluate(TIMES) == [], width
            if 640 <= width <= 860:  # the money has no columns there, and takes no room
                assert page.evaluate(ROOM) < 30
            cut = page.locator(".strip .swatch").evaluate_all("all => all.filter(one => one.clientWidth < 8).length")
            assert not cut, width
