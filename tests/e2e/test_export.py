"""A run is taken along: the file replays without any server exactly what the server showed."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.stack import Stack

NOTE = "</script><script>window.broken = 1</script><!--"
# What is drawn at this moment, as text and shapes: rows, bars, money, state. Fault menus and links are the lab's own.
SEEN = """() => {
  const drawn = "summary .cell, summary .money, summary .arrow";
  const shapes = (row) => [...row.querySelectorAll(drawn)].map((one) => one.className);
  const words = (one) => one.textContent.replace(/\\s+/g, " ").trim();
  const part = (id) => words(document.getElementById(id));
  const ghosts = [...document.querySelectorAll("#next > li")].filter((row) => !row.hidden);
  return {
    rows: [...document.querySelectorAll("#lanes > li")].filter((row) => !row.hidden)
      .map((row) => [row.id, words(row.querySelector("summary")), shapes(row)]),
    next: ghosts.map((row) => [row.className, words(row.querySelector(".label")), shapes(row)]),
    state: part("state"), sums: part("sums"), verdict: document.getElementById("state").dataset.verdict,
  };
}"""


def download(page: Page, run_id: str, name: str, folder: Path) -> Path:
    """Through the share menu of the run's page, as a person does."""
    page.goto(f"/runs/{run_id}/")
    page.locator("details.share > summary").click()
    with page.expect_download() as asked:
        page.locator("details.share").get_by_role("link", name=name).click()
    kept = folder / asked.value.suggested_filename
    asked.value.save_as(kept)
    return kept


@pytest.mark.parametrize(
    ("protocol", "fault"),
    [
        ("saga", "payment.in_tx:decline"),
        pytest.param("two_phase", "payment.in_tx:decline", marks=pytest.mark.thorough),
        pytest.param("dual_write", "account.after_commit:crash", marks=pytest.mark.thorough),
    ],
)
def test_the_file_replays_what_the_server_showed(
    page: Page, browser: Browser, stack: Stack, account: Callable[[], str], tmp_path: Path, protocol: str, fault: str
) -> None:
    run_id = stack.withdraw(protocol, account(), fault, note=NOTE)
    stack.ended(run_id)
    last = len(stack.events(run_id))
    kept = download(page, run_id, "Replay", tmp_path)
    page.evaluate("localStorage.setItem('rows', 'all')")  # a file has every row
    assert re.fullmatch(rf"distviz-{protocol.replace('_', '-')}-[0-9a-f]{{8}}\.html", kept.name)

    with browser.new_context(viewport={"width": 1440, "height": 900}) as away:
        away.set_offline(True)
        file = away.new_page()
        asked: list[str] = []
        wrong: list[str] = []
        file.on("request", lambda request: asked.append(request.url))
        file.on("pageerror", lambda error: wrong.append(str(error)))
        file.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
        file.goto(kept.as_uri())
        for step in sorted({1, last, *range(2, last, 2 if last < 40 else 3)}):
            page.goto(f"/runs/{run_id}/?step={step}")
            file.locator("#slider").evaluate("(s, n) => { s.value = n; s.dispatchEvent(new Event('input')) }", step)
            assert file.evaluate(SEEN) == page.evaluate(SEEN), f"step {step}"
            assert file.locator("#caption").text_content() == page.locator("#caption").text_content()
        assert asked == [kept.as_uri()], "it asked nobody for anything"
        assert not wrong
        assert file.evaluate("window.broken") is None

        # Keys, a link to a step, the details of a row, and no step at all.
        file.keyboard.press("Home")
        expect(file.locator("#at")).to_have_text("1")
        file.keyboard.press("ArrowRight")
        expect(file.locator("#at")).to_have_text("2")
        file.keyboard.press("End")
        expect(file.locator("#lanes > li:visible")).to_have_count(last)
        file.locator("#lanes > li").last.locator("summary").click()
        expect(file.locator("#lanes details[open] .inspect .tale")).to_be_visible()
        file.goto(f"{kept.as_uri()}?step=3")
        expect(file.locator("#lanes > li:visible")).to_have_count(3)


def test_links_follow_the_step(page: Page, stack: Stack, account: Callable[[], str]) -> None:
    run_id = stack.withdraw("saga", account())
    stack.ended(run_id)
    page.goto(f"/runs/{run_id}/")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile(r"\?step=2$"))
    page.locator("details.share > summary").click()
    assert page.get_by_label("Link to this run").input_value() == f"{stack.url}/runs/{run_id}/?step=2"
    expect(page.locator("details.share")).to_contain_text("It opens at step 2.")
    picture = page.locator("details.share").get_by_role("link", name="Picture").get_attribute("href")
    assert str(picture).endswith("/export.svg?step=2")
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_label("Link to this run")).to_be_hidden()


@pytest.mark.parametrize(
    ("ending", "kind"), [("svg", "image/svg+xml"), ("mmd", "text/vnd.mermaid"), ("csv", "text/csv")]
)
def test_files_carry_protocol_and_id(stack: Stack, account: Callable[[], str], ending: str, kind: str) -> None:
    run_id = stack.withdraw("outbox", account())
    stack.ended(run_id)
    answer = stack.client.get(f"/runs/{run_id}/export.{ending}")
    assert answer.headers["content-type"].startswith(kind)
    assert answer.headers["content-disposition"] == f'attachment; filename="distviz-outbox-{run_id[:8]}.{ending}"'
    assert stack.client.get(f"/runs/{run_id}/export.exe").status_code == 404
    assert stack.client.get(f"/runs/{'0' * 8}-0000-0000-0000-{'0' * 12}/export.{ending}").status_code == 404


def test_the_outcome_table_as_a_file(stack: Stack, account: Callable[[], str]) -> None:
    name = account()
    runs = [stack.withdraw(key, name, "payment.in_tx:decline") for key in ("dual_write", "saga")]
    for run_id in runs:
        stack.ended(run_id)
    text = stack.client.get(f"/compare/export.csv?runs={','.join(runs)}").text
    assert [line.split(",")[0] for line in text.split("\r\n")[1:3]] == runs
    assert "money_lost" in text
    table = stack.client.get(f"/compare/export.md?runs={','.join(runs)}").text
    assert table.startswith("| Protocol | How it ended |")
    assert "permanently" in table
    assert stack.client.get("/compare/export.csv?runs=1").status_code == 404
