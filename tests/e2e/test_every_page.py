"""What is true of every page: it can be read by everybody, in both themes, on a phone, with and without JavaScript."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page

from protocols.registry import PROTOCOLS
from tests.support import pages
from tests.support.stack import Stack, wait_for

pytestmark = pytest.mark.long

FIRST_PAGE_BYTES = 150_000


@dataclass(frozen=True)
class Place:
    """One page. In `args` and `query`, `{held}` and the like stand for the runs made below."""

    name: str
    route: str
    args: dict[str, str] = field(default_factory=dict)
    query: str = ""
    status: int = 200


# Every page has a line here. One that is gone fails.
PLACES = [
    Place("home", "dashboard:home"),
    *(Place(f"lab-{key}", "dashboard:lab", {"protocol": key}) for key in PROTOCOLS),
    Place("lab-chosen", "dashboard:lab", {"protocol": "saga"}, "?account=alice&fault=payment.in_tx:decline"),
    Place("books", "dashboard:lab_books", {"protocol": "saga"}),
    Place("login", "dashboard:login"),
    Place("runs", "dashboard:runs"),
    Place("runs-none", "dashboard:runs", query="?account=nobody"),
    Place("run-finished", "dashboard:run", {"run_id": "{finished}"}),
    Place("run-lost", "dashboard:run", {"run_id": "{lost}"}),
    Place("run-in-doubt", "dashboard:run", {"run_id": "{doubt}"}),
    Place("run-held", "dashboard:run", {"run_id": "{held}"}),
    Place("run-step", "dashboard:run", {"run_id": "{refunded}"}, "?step=9"),
    Place("run-trace", "dashboard:run", {"run_id": "{refunded}"}, "?view=trace"),
    Place("run-state", "dashboard:run", {"run_id": "{refunded}"}, "?view=state"),
    Place("run-log", "dashboard:run", {"run_id": "{refunded}"}, "?view=log"),
    Place("bench", "dashboard:bench"),
    Place("chaos", "dashboard:chaos"),
    Place("explore", "dashboard:explore"),
    Place("guards", "dashboard:guards"),
    Place("import", "dashboard:import"),
    Place("race", "dashboard:race"),
    Place("compare", "dashboard:compare", query="?runs={finished},{lost},{doubt},{refunded}"),
    Place("promises", "dashboard:promises"),
    Place("learn", "dashboard:learn"),
    Place("lesson", "dashboard:lesson", {"slug": "crash-between-two-writes"}),
    Place("choose", "dashboard:choose"),
    Place("home-watched", "dashboard:home", query="?watch={lost}"),
    Place("outbox", "dashboard:outbox"),
    Place("outbox-wrong", "dashboard:outbox", query="?run=nonsense", status=422),
    Place("events", "dashboard:events"),
    Place("events-then", "dashboard:events", query="?account=alice&version=1&verify=1"),
    Place("notifications", "dashboard:notifications"),
    Place("attention", "dashboard:attention"),
    Place("not-found", "dashboard:run", {"run_id": "00000000-0000-0000-0000-000000000000"}, status=404),
    Place("admin-login", "admin:login"),
    Place("promises-one", "dashboard:promises", query="?protocol=saga&broken=1"),
    Place("api-docs", "api:openapi-view"),
]


@pytest.fixture(scope="module")
def made(stack: Stack, account: Callable[[], str]) -> Iterator[dict[str, str]]:
    """Runs in every state that a page can be seen in; those that wait are let go afterwards."""
    runs = {
        "finished": stack.withdraw("saga", account()),
        "refunded": stack.withdraw("saga", account(), "payment.in_tx:decline"),
        "lost": stack.withdraw("dual_write", account(), "payment.in_tx:decline"),
        "doubt": held(stack, "two_phase", account(), "coordinator.after_prepared:hold"),
        "held": held(stack, "saga", account(), "payment.in_tx:hold"),
    }
    for name in ("finished", "refunded", "lost"):
        stack.ended(runs[name])
    yield runs
    for name in ("doubt", "held"):
        stack.client.post(f"/api/runs/{runs[name]}/release")
        stack.ended(runs[name])


def held(stack: Stack, protocol: str, account: str, fault: str) -> str:
    """A run that stands still there. On a busy machine a coordinator may have given up before; then again."""
    for _ in range(5):
        run_id = stack.withdraw(protocol, account, fault)
        wait_for(lambda run_id=run_id: stack.run(run_id)["holding"] or stack.run(run_id)["finished"], 60, "it is held")  # type: ignore[misc]
        if stack.run(run_id)["holding"]:
            return run_id
    raise AssertionError(f"{fault} never holds")


@pytest.fixture(scope="module")
def tabs(browser: Browser, stack: Stack) -> Iterator[dict[bool, Page]]:
    """Two for all pages: with JavaScript and without."""
    opened = [
        browser.new_context(base_url=stack.url, java_script_enabled=script, reduced_motion="reduce")
        for script in (False, True)
    ]
    for context in opened:
        context.set_default_timeout(60_000)
    plain, scripted = (context.new_page() for context in opened)
    yield {False: plain, True: scripted}
    for context in opened:
        context.close()


def address(place: Place, made: dict[str, str]) -> str:
    path = reverse(place.route, kwargs={name: value.format(**made) for name, value in place.args.items()})
    return path + place.query.format(**made)


every_page = pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
EACH_TIME = {
    "home",
    "lab-saga",
    "runs",
    "run-finished",
    "run-in-doubt",
    "run-log",
    "bench",
    "explore",
    "guards",
    "race",
    "compare",
    "promises",
    "lesson",
    "outbox",
    "events",
    "attention",
    "not-found",
    "admin-login",
}


@pytest.mark.parametrize(
    "place",
    [place if place.name in EACH_TIME else pytest.param(place, marks=pytest.mark.thorough) for place in PLACES],
    ids=lambda place: place.name,
)
def test_for_everybody(tabs: dict[bool, Page], stack: Stack, made: dict[str, str], place: Place) -> None:
    path = address(place, made)
    page = tabs[True]
    with pages.in_order(page, stack.url, refused=place.status >= 400) as wrong:
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 1440, "height": 900})
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == place.status
        assert page.locator("h1").count() == 1
        assert page.title().strip()
        assert page.locator("html").get_attribute("lang")
        assert not pages.too_wide(page)
        assert not pages.violations(page)
        page.emulate_media(color_scheme="dark")
        assert not pages.too_wide(page)
        assert not pages.violations(page, only="color-contrast")
        page.set_viewport_size({"width": 320, "height": 640})
        assert not pages.too_wide(page)
        assert not pages.cut(page)
        page.emulate_media(color_scheme="light")
        assert not pages.too_wide(page)
    assert not wrong


@every_page
def test_longer_words_stay_on_a_phone_too(
    tabs: dict[bool, Page], stack: Stack, made: dict[str, str], place: Place
) -> None:
    page = tabs[True]
    page.context.add_cookies([{"name": "django_language", "value": "uk", "url": stack.url}])
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(address(place, made))
    wide = pages.too_wide(page)
    page.context.clear_cookies(name="django_language")
    assert not wide


@every_page
def test_without_javascript(tabs: dict[bool, Page], made: dict[str, str], place: Place) -> None:
    """What the page is about is there: its heading, and words to read."""
    path = address(place, made)
    page = tabs[False]
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == place.status
    assert page.locator("h1").is_visible()
    assert page.locator("main, #main, #container").first.inner_text().strip()


@pytest.mark.parametrize("place", [p for p in PLACES if p.name in ("lab-dual_write", "run-lost")], ids=lambda p: p.name)
def test_the_auditor_is_asked_by_a_link_without_javascript(
    tabs: dict[bool, Page], made: dict[str, str], place: Place
) -> None:
    page = tabs[False]
    page.goto(address(place, made))
    page.locator("#books").get_by_role("link", name="Check the books").click()
    page.wait_for_url("**/lab/dual_write/books/")
    assert page.locator("#books dd").count() == 6
    assert page.locator("#books .holds").count() > 5
    page.get_by_role("link", name="Dual write", exact=True).first.click()
    page.wait_for_url("**/lab/dual_write/")


def test_the_first_page_is_small(browser: Browser, stack: Stack, made: dict[str, str]) -> None:
    """With an empty cache, as it goes over the wire."""
    with browser.new_context(base_url=stack.url) as fresh:
        page = fresh.new_page()
        wire = fresh.new_cdp_session(page)
        sizes: dict[str, int] = {}
        wire.send("Network.enable")
        wire.on("Network.loadingFinished", lambda end: sizes.update({end["requestId"]: end["encodedDataLength"]}))
        page.goto("/", wait_until="networkidle")
        assert 5_000 < sum(sizes.values()) < FIRST_PAGE_BYTES
