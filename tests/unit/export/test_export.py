"""A run as a file: nothing in it can break out of its format, and all formats tell the same story."""

import csv
import io
import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from distviz.dashboard.export.files import FORMATS, name_of
from distviz.export import csv_log, csv_text, json_file, markdown, mermaid, replay, svg
from distviz.export.offline import offline
from distviz.export.svg_text import StyledText, wrap
from tests.support.exported import SPECIAL_CHARACTERS, eventful, story
from tests.support.made_up_run import Log


# --- CSV --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("\t=1", "'\t=1"),
        ("-100.00", "-100.00"),
        ("+5", "+5"),
        (-3, "-3"),
        (None, ""),
        ("plain", "plain"),
    ],
)
def test_a_spreadsheet_computes_nothing(value: object, text: str) -> None:
    assert csv_text.guarded(value) == text


def test_csv_is_rfc_4180_and_one_line_for_each_event() -> None:
    drawn = story(eventful('a "quoted", text\nof two lines'))
    text = csv_log.draw(drawn)
    lines = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [int(line["seq"]) for line in lines] == [event.seq for event in drawn.events]
    assert text.replace("\r\n", "").count("\r") == 0
    assert text.endswith("\r\n")
    errors = [line["error"] for line in lines if line["error"]]
    assert errors == ['a "quoted", text\nof two lines'] * 2
    assert [line["in_flight"] for line in lines][-1] == "0.00"
    assert "100.00" in {line["in_flight"] for line in lines}


# --- JSON -------------------------------------------------------------------------------------------------------------
def test_json_has_the_whole_log_and_money_as_text() -> None:
    drawn = story(eventful())
    found = json.loads(json_file.draw(drawn))
    assert (found["format"], found["schema"]) == ("distviz.run", 1)
    assert found["run"]["amount"] == "100.00"
    assert found["run"]["note"] == SPECIAL_CHARACTERS
    assert [event["seq"] for event in found["events"]] == list(range(1, len(drawn.events) + 1))
    assert found["faults"] == [{"at": "payment.in_tx", "do": "decline", "times": 1, "ms": 1000, "fired": 1}]


# --- Mermaid ----------------------------------------------------------------------------------------------------------
_WORDS = r"[^#;\n]*(?:#\d+;[^#;\n]*)*"
_GRAMMAR = [
    re.compile(rf"    title {_WORDS}"),
    re.compile(rf"    (?:participant|actor) (?P<new>[a-z_]+) as {_WORDS}"),
    re.compile(rf"    (?P<a>[a-z_]+)(?:->>|-->>|--\)|-x)(?P<b>[a-z_]+): {_WORDS}"),
    re.compile(rf"    Note over (?P<a>[a-z_]+)(?:,(?P<b>[a-z_]+))?: {_WORDS}"),
    re.compile(r"    (?P<act>activate|deactivate) (?P<a>[a-z_]+)"),
]


def reads_mermaid(text: str) -> None:
    """As much of the grammar as is used: each line is a statement, who acts is declared, what begins ends."""
    first, *lines = text.rstrip("\n").split("\n")
    assert first == "sequenceDiagram"
    known: set[str] = set()
    active: set[str] = set()
    for line in lines:
        found = next((match for rule in _GRAMMAR if (match := rule.fullmatch(line))), None)
        assert found, line
        groups = found.groupdict()
        known |= {groups["new"]} if groups.get("new") else set()
        assert {groups[name] for name in ("a", "b") if groups.get(name)} <= known, line
        if groups.get("act") == "activate":
            assert groups["a"] not in active, line
            active.add(groups["a"])
        elif groups.get("act"):
            active.remove(groups["a"])
    assert not active


def test_mermaid_is_valid_and_tells_what_happened() -> None:
    text = mermaid.draw(story(eventful(), account="; end\nNote over x: %%"))
    reads_mermaid(text)
    assert "    account-xpayment: LOST MoneyDeducted" in text
    assert text.count("account--)payment: MoneyDeducted") == 2  # the network delivered it twice
    for words in ("COMMIT", "ROLLBACK", "PREPARED", "compensates", "FINISHED", "SIGKILL", "RETRY"):
        assert words in text, words


@pytest.mark.parametrize("protocol", ["monolith", "two_phase", "event_sourcing", "outbox", "dual_write"])
def test_mermaid_of_a_log_that_is_not_over(protocol: str) -> None:
    log = Log()("account", "step", "begin", "deduct")("account", "step", "prepared", "deduct")
    reads_mermaid(mermaid.draw(story(log, protocol)))


def test_a_semicolon_does_not_end_a_mermaid_statement() -> None:
    assert mermaid.text('a; b # "c"\nd') == "a#59; b #35; #34;c#34; d"


# --- Markdown ---------------------------------------------------------------------------------------------------------
def test_markdown_keeps_its_table_whole() -> None:
    drawn = story(eventful("one | two\n```\n<b>"))
    text = markdown.draw(drawn)
    rows = [line for line in text.split("\n") if re.match(r"\| \d+ \|", line)]
    assert len(rows) == len(drawn.events)
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {9}
    assert text.count("```") == 2
    assert "<script>" not in text.replace("\\<script\\>", "")


# --- SVG --------------------------------------------------------------------------------------------------------------
def test_svg_is_well_formed_and_says_what_it_shows() -> None:
    drawn = story(eventful("\x01\x0b" + SPECIAL_CHARACTERS))
    root = ElementTree.fromstring(svg.draw(drawn))
    space = "{http://www.w3.org/2000/svg}"
    assert root.attrib["role"] == "img"
    assert "Saga: $100.00 from alice" in str(root.findtext(f"{space}title"))
    assert str(root.findtext(f"{space}desc")).count("\n") == len(drawn.events)
    assert not [
        one.tag for one in root.iter() if one.tag in (f"{space}script", f"{space}foreignObject", f"{space}image")
    ]
    titles = [one.findtext(f"{space}title") for one in root.iter(f"{space}g")]
    assert len([title for title in titles if title]) == len(drawn.events)


def test_svg_draws_nothing_outside_of_its_sheet() -> None:
    root = ElementTree.fromstring(svg.draw(story(eventful("word " * 40 + "x" * 300))))
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    for text in root.iter("{http://www.w3.org/2000/svg}text"):
        assert 0 <= float(text.attrib["x"]) <= width
        assert 0 <= float(text.attrib["y"]) <= height


def test_words_are_broken_into_lines_that_fit() -> None:
    lines = wrap([StyledText("some words and a" + "b" * 80, "#000000")], 200)
    assert all(sum(run.width for run in line) <= 200 for line in lines)
    assert "".join(run.text for line in lines for run in line) == "somewordsanda" + "b" * 80


# --- the replay -------------------------------------------------------------------------------------------------------
class _Page(HTMLParser):
    """The text of scripts, and everything else that is not words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] == "script":
            self.scripts[-1] += data


def test_a_note_cannot_break_out_of_the_replay() -> None:
    page = _Page(replay.draw(story(eventful())))
    assert len(page.scripts) == 2, "the frames and our own script; no third one came out of a note"
    assert json.loads(page.scripts[0])["around"] == ["state", "sums", "next"]
    assert not [name for _tag, given in page.tags for name in given if name.startswith(("on", "hx-", "ws-"))]
    for tag, given in page.tags:
        assert tag not in ("link", "img", "iframe", "form"), tag
        for name in ("href", "src", "action"):
            assert (given.get(name) or "#").startswith(("#", "?")), (tag, given)


def test_the_replay_may_connect_to_nothing() -> None:
    page = _Page(replay.draw(story(eventful())))
    policy = next(given["content"] for tag, given in page.tags if given.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "connect-src" not in policy  # default-src says it


def test_every_step_has_the_state_that_the_fold_had_there() -> None:
    drawn = story(eventful())
    made = replay.frames(drawn)
    assert len(made.steps) == len(drawn.events)
    for number, row in enumerate(drawn.picture.rows):
        state, sums, _ghosts = (made.parts[place] for place in made.steps[number])
        assert f'data-last="{row.seq}"' in state
        assert f'data-verdict="{row.verdict}"' in state
        assert f"<dd>{row.money.at_home:,.2f}</dd>" in sums
    assert len(made.parts) < 3 * len(made.steps), "equal parts are kept once"


def test_offline_html_asks_for_nothing() -> None:
    html = (
        '<li hx-get="/x" id="e-1"><details><summary onclick="x()">A &lt;b&gt;</summary><div>of the lab</div></details>'
        '<a href="/runs/">runs</a><a href="#e-2">two</a><form><button>go</button></form>'
        '<svg><use href="#i-x"/></svg></li>'
    )
    assert offline(html, inside="<p>all</p>") == (
        '<li id="e-1"><details><summary>A &lt;b&gt;</summary><p>all</p></details>'
        '<span>runs</span><a href="#e-2">two</a><svg><use href="#i-x"/></svg></li>'
    )


# --- all of them ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("protocol", ["monolith", "two_phase", "event_sourcing", "outbox", "dual_write", "saga"])
def test_every_protocol_in_every_format(ending: str, protocol: str) -> None:
    drawn = story(eventful(), protocol)
    assert FORMATS[ending].draw(drawn).encode()
    assert name_of(drawn, ending) == f"distviz-{protocol.replace('_', '-')}-0e18c712.{ending}"


@pytest.mark.parametrize("ending", FORMATS)
def test_a_run_without_events_is_no_error(ending: str) -> None:
    log = Log()
    log.events.clear()
    assert FORMATS[ending].draw(story(log)).encode()
