"""Every lesson is taken for real: a prediction, the runs, and an answer that only the runs decide."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from distviz.dashboard.learn import lessons
from distviz.story.lesson.shape import Scenario
from tests.support.stack import Stack, running, wait_for

OVER = re.compile(r'id="reveal"[^>]*data-over')


def predict(client: httpx.Client, scenario: Scenario, answer: str) -> str:
    """As the form does, with its token. Returns the permalink of the lesson that has begun."""
    page = client.get(f"/learn/{scenario.slug}/").raise_for_status().text
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    key = re.search(r'name="key" value="(\w+)"', page)
    assert token
    assert key
    form = {"csrfmiddlewaretoken": token[1], "key": key[1], "answer": answer}
    answered = client.post(f"/learn/{scenario.slug}/", data=form, headers={"Referer": str(client.base_url)})
    assert answered.status_code == 303, answered.text[:2000]
    return str(answered.headers["Location"])


TIME_BOUND = {"two_phase", "dual_write", "event_sourcing"}  # a slow machine is a failure to them: they do not share it


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """One that waits for a projector that is three seconds slow."""
    with running(env={"SWEEP_AFTER": "5"}) as instance:
        yield instance


@pytest.fixture(scope="module")
def taken(stack: Stack) -> dict[str, str]:
    """The links of all lessons, taken: the impatient ones one after the other, the others beside each other."""
    links = {}
    with httpx.Client(base_url=stack.url, timeout=60) as client:
        for scenario in sorted(lessons.SCENARIOS, key=lambda one: TIME_BOUND.isdisjoint(one.protocols)):
            links[scenario.slug] = predict(client, scenario, scenario.answers[0].key)
            if not TIME_BOUND.isdisjoint(scenario.protocols):
                over(stack, links[scenario.slug])
    return links


def over(stack: Stack, link: str) -> str:
    """The lesson's page, once all of its runs have come to rest."""

    def page() -> str:
        text = stack.client.get(link).raise_for_status().text
        return text if OVER.search(text) else ""

    return wait_for(page, 90, f"{link} has come to rest")


@pytest.mark.parametrize("slug", list(lessons.BY_SLUG))
def test_the_runs_decide_who_was_right(stack: Stack, taken: dict[str, str], slug: str) -> None:
    scenario = lessons.get(slug)
    text = over(stack, taken[slug])
    right = re.findall(r'<li class="answer right[^"]*">.*?<b>(.*?)</b>', text, re.DOTALL)
    usual = next(one for one in scenario.answers if one.key == scenario.usual)
    assert len(right) == 1, "exactly one answer is right"
    assert right[0].replace("&#x27;", "'") == str(usual.text)
    assert ("You were right" in text) == (usual is scenario.answers[0])
    shown = re.findall(r'<ol class="proofs">(.*?)</ol>', text, re.DOTALL)[0]
    links = re.findall(r'href="(/runs/[0-9a-f-]+/\?step=\d+)"', shown)
    assert links, "and rows of the picture prove it"
    assert stack.client.get(links[0]).status_code == 200


def newest(stack: Stack) -> str:
    return ",".join(run["id"] for run in stack.client.get("/api/runs?limit=1").json()["runs"])


def test_a_prediction_comes_before_the_run(page: Page, stack: Stack) -> None:
    page.goto("/learn/saga-compensates/")
    before = newest(stack)
    page.locator("form.predict").evaluate("form => form.submit()")  # past the browser's own check
    expect(page.get_by_role("alert")).to_contain_text("Choose an answer first", timeout=15_000)
    assert newest(stack) == before, "no run was made"


def test_one_lesson_in_the_browser(page: Page, stack: Stack) -> None:
    page.goto("/learn/crash-between-two-writes/")
    page.get_by_label("Back in the account: the crash rolls it back").check()
    page.get_by_role("button", name="That is my prediction").click()
    page.wait_for_url(re.compile(r"\?run=[0-9a-f]{32}&answer=rolled-back$"))
    page.evaluate("window.still = true")
    expect(page.locator("#reveal[data-over]")).to_be_visible(timeout=30_000)
    assert page.evaluate("window.still"), "without a reload"
    expect(page.locator("#reveal .right")).to_contain_text("Nowhere: deducted, never paid")
    expect(page.locator("#reveal .predicted")).to_contain_text("your prediction")
    run_id = page.url.partition("?run=")[2].partition("&")[0]
    expect(page.locator("#rows-0 > li")).to_have_count(len(stack.events(run_id)))
    assert page.locator("#rows-0 > li.proof").count() >= 3, "the rows that prove it are marked"
    words = page.locator("#story").inner_text()
    assert "is killed (after COMMIT, before the next message)" in words

    page.locator("#reveal .proofs a").first.click()
    page.wait_for_url(re.compile(r"/runs/[0-9a-f-]{36}/\?step=\d+$"))
    page.goto("/learn/")
    done = page.locator(".lesson-card", has_text="Crash between two writes")
    expect(done).to_contain_text("predicted wrong")
    done.get_by_role("link").click()
    expect(page.locator("#reveal[data-over]")).to_be_visible()


def test_a_permalink_shows_the_same_in_another_session(browser: Browser, stack: Stack, taken: dict[str, str]) -> None:
    """And without JavaScript."""
    context = browser.new_context(base_url=stack.url, java_script_enabled=False)
    page = context.new_page()
    over(stack, taken["lost-message"])
    page.goto(taken["lost-message"])
    expect(page.locator("#reveal .right")).to_contain_text("Only the saga's")
    expect(page.locator(".board")).to_have_count(2)
    context.close()


def test_a_lesson_of_other_runs_is_no_lesson(stack: Stack, account: Callable[[], str]) -> None:
    run_id = stack.withdraw("saga", account())
    stack.ended(run_id)
    wrong: list[Any] = [run_id, "nonsense", "", f"{run_id},{run_id}", "0" * 32]
    for run in wrong:
        assert stack.client.get(f"/learn/crash-between-two-writes/?run={run}").status_code == 404, run
        assert stack.client.get(f"/learn/crash-between-two-writes/frame/?run={run}").status_code == 404, run
    assert stack.client.get("/learn/no-such-lesson/").status_code == 404


def test_a_run_that_needs_manual_action_can_be_retried(page: Page, stack: Stack) -> None:
    page.goto("/learn/compensation-fails/")
    page.get_by_label("It stops, keeps the message, and needs manual action").check()
    page.get_by_role("button", name="That is my prediction").click()
    expect(page.locator("#reveal .judged.hit")).to_be_visible(timeout=60_000)
    lesson = page.url
    page.get_by_role("button", name="Retry now").click()
    page.wait_for_url(re.compile(r"/runs/[0-9a-f-]{36}/"))
    run_id = page.url.partition("/runs/")[2].partition("/")[0]
    stack.reaches(run_id, "finished", "compensated", 30)
    page.goto(lesson)
    expect(page.locator("#reveal .judged.hit")).to_be_visible()
    expect(page.locator("#reveal .books")).to_contain_text("Compensated")
