"""`make gallery`: the pictures of docs/img, taken from a stack that it starts. What they show is what one gets.

python -m tests.support.gallery [NAME …]      only these pictures
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support.browser import QUIET, chromium
from tests.support.stack import ROOT, Stack, running, wait_for

FOLDER = ROOT / "docs" / "img"
ONE, ALL = 260_000, 3_000_000  # bytes
WIDE, PHONE = (1440, 900), (390, 844)


@dataclass(frozen=True)
class Picture:
    """One file. `path` may name runs of `make`; `then` is done on the page before the picture is taken."""

    name: str
    path: str
    size: tuple[int, int] = WIDE
    dark: bool = False
    then: Callable[[Page], None] = lambda page: None


def choose_a_failure(page: Page) -> None:
    line = page.locator("details", has=page.locator('input[value="payment.in_tx:decline"]'))
    line.locator("summary").click()
    page.locator('input[value="payment.in_tx:decline"]').check()


def open_the_commit(page: Page) -> None:
    page.locator("#lanes .row", has_text="Refund").filter(has_text="COMMIT").locator("summary").first.click()


def to_the_picture(page: Page) -> None:
    page.locator(".lanes").first.evaluate("lanes => scrollTo(0, lanes.getBoundingClientRect().top + scrollY - 60)")


def to_what_is_prepared(page: Page) -> None:
    expect(page.locator("#probe-heard")).to_contain_text("The row is locked")
    page.locator("#lanes > .row").last.evaluate("row => scrollTo(0, row.getBoundingClientRect().bottom - 780)")


def help_is_open(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()


PICTURES = (
    Picture("home", "/"),
    Picture("home-phone", "/", PHONE),
    Picture("lab-failure-on", "/lab/saga/", then=choose_a_failure),
    Picture("saga", "/runs/{refunded}/"),
    Picture("saga-dark", "/runs/{refunded}/", dark=True, then=open_the_commit),
    Picture("saga-phone", "/runs/{refunded}/", PHONE, then=to_the_picture),
    Picture("two-phase-in-doubt", "/runs/{doubt}/", then=to_what_is_prepared),
    Picture("step-mode", "/runs/{parked}/", dark=True),
    Picture("money-lost", "/runs/{lost}/", dark=True),
    Picture("trace", "/runs/{retried}/?view=trace"),
    Picture("race", "/compare/?runs={race}"),
    Picture("race-dark", "/compare/?runs={race}", dark=True),
    Picture("promises", "/promises/", dark=True),
    Picture("runs", "/runs/"),
    Picture("keyboard", "/lab/outbox/", then=help_is_open),
)


def make(stack: Stack) -> dict[str, str]:
    """The runs that the pictures show."""
    keys = [one["key"] for one in stack.client.get("/api/protocols").json()]
    race = [stack.withdraw(key, "alice", "payment.in_tx:decline") for key in keys]
    runs = {
        "refunded": stack.withdraw("saga", "bob", "payment.in_tx:decline"),
        "lost": stack.withdraw("dual_write", "carol", "payment.in_tx:crash"),
        "retried": stack.withdraw("saga", "dave", "payment.in_tx:error:2"),
    }
    for run_id in (*race, *runs.values()):
        stack.ended(run_id, 60)
    runs["doubt"] = stack.withdraw("two_phase", "erin", "coordinator.after_prepared:hold")
    runs["parked"] = stack.withdraw("saga", "frank", mode="step")
    wait_for(lambda: stack.run(runs["doubt"])["holding"], 60, "it is in doubt")
    wait_for(lambda: stack.run(runs["parked"])["parked"], 60, "its message is parked")
    return {**runs, "race": ",".join(race)}


def take(browser: Browser, stack: Stack, runs: dict[str, str], picture: Picture, folder: Path = FOLDER) -> int:
    """Into its file. Returns how many bytes that are."""
    width, height = picture.size
    context = browser.new_context(
        base_url=stack.url,
        viewport={"width": width, "height": height},
        color_scheme="dark" if picture.dark else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(picture.path.format(**runs), wait_until="load")
    page.evaluate("document.fonts.ready")
    picture.then(page)
    expect(page.locator(".htmx-request")).to_have_count(0)
    file = folder / f"{picture.name}.png"
    page.screenshot(path=str(file), animations="disabled", caret="hide")
    context.close()
    return file.stat().st_size


def let_go(stack: Stack, runs: dict[str, str]) -> None:
    """What is held or parked goes on, so that the stack stops with its books in order."""
    stack.client.post(f"/api/runs/{runs['doubt']}/release")

    def over() -> bool:
        for parked in stack.run(runs["parked"])["parked"]:
            stack.client.post(f"/api/runs/{runs['parked']}/messages/{parked['mid']}/deliver")
        return bool(stack.run(runs["parked"])["finished"])

    wait_for(over, 60, "the parked run is over")
    stack.ended(runs["doubt"])


def main(names: list[str]) -> int:
    wanted = [picture for picture in PICTURES if not names or picture.name in names]
    FOLDER.mkdir(parents=True, exist_ok=True)
    with running(accounts=0, env={"T_TERM": "60"}) as stack, sync_playwright() as playwright:
        runs = make(stack)
        browser = playwright.chromium.launch(executable_path=chromium(), args=QUIET)
        sizes = {picture.name: take(browser, stack, runs, picture) for picture in wanted}
        browser.close()
        let_go(stack, runs)
    for name, size in sizes.items():
        print(f"{size:>9,}  docs/img/{name}.png" + ("  too large" if size > ONE else ""))
    total = sum(file.stat().st_size for file in FOLDER.glob("*.png"))
    print(f"{total:>9,}  in all")
    return int(max(sizes.values(), default=0) > ONE or total > ALL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
