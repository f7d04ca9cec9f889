"""The HTML for the socket: what htmx swaps by its id, drawn by the same partials as the page, and safe."""

import re
from html.parser import HTMLParser
from itertools import zip_longest

from distviz.story.picture import markup
from distviz.story.picture.picture import Picture
from tests.support.made_up_run import NUMBER, KnownRun, Log, Plan, drawn, moved

_VOID = {"input", "use", "br", "path", "img"}


class TopLevel(HTMLParser):
    """Collects the attributes of the elements that htmx looks at, and counts what is left open."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[dict[str, str | None]] = []
        self.depth = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.depth == 0:
            self.found.append({"tag": tag, **dict(attrs)})
        if tag not in _VOID:
            self.depth += 1

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.depth == 0:
            self.found.append({"tag": tag, **dict(attrs)})

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            self.depth -= 1


def frame(log: Log) -> str:
    picture = Picture(KnownRun(), Plan())
    return markup.draw(picture, picture.feed_all(log.events))


def test_rows_are_appended_and_everything_else_is_replaced_by_its_id() -> None:
    page = TopLevel(frame(Log().deducted()))
    swaps = {one["id"]: one["hx-swap-oob"] for one in page.found}
    replaced = ("next", "sums", "state", "todo", "by-hand", "act")
    assert swaps == {"lanes": "beforeend", **dict.fromkeys(replaced, "true")}
    assert page.depth == 0


def test_each_event_is_one_li_with_its_number() -> None:
    html = frame(Log().deducted().sent("account", "payment", "MoneyDeducted"))
    assert re.findall(r'<li\s+id="(e-\d+)"', html) == ["e-1", "e-2", "e-3", "e-4"]


def test_without_new_rows_only_the_state_is_sent() -> None:
    assert 'id="lanes"' not in markup.draw(drawn(Log()), [])


def test_nothing_of_the_log_becomes_markup() -> None:
    markup = '"><script>alert(1)</script>'
    change = {"store": markup, "row": markup, "before": {"balance": markup}, "after": {"balance": markup + "2"}}
    log = Log().step("account", markup, changes=(change,), statements=(f"SELECT {markup} FROM x",), error=markup)
    log.sent("account", "payment", markup, channel=markup)
    html = frame(log)
    assert "<script" not in html
    assert "<b>alice" not in html


def test_no_inline_style_or_handler_that_the_csp_would_refuse() -> None:
    log = Log().deducted().sent("account", "payment", "MoneyDeducted", "lost")
    log("payment", "retry", "scheduled", "charge", data={"wait_ms": 1000, "next_attempt": 2}, error="x")
    assert not re.search(r"\s(style|on\w+)=", frame(log))


def test_a_parked_message_brings_its_buttons_on_its_arrow_and_in_the_queue() -> None:
    html = frame(Log().sent("account", "payment", "MoneyDeducted", "parked", why="step"))
    verbs = ("deliver", "duplicate", "reorder", "drop")
    assert re.findall(r'formaction="([^"]+)"', html) == [
        f"/runs/{NUMBER}/messages/MoneyDeducted/{verb}/" for verb in (*verbs, *verbs)
    ]


def test_the_gap_is_written_in_dollars() -> None:
    picture = drawn(Log().step("account", "deduct", data=moved("l", account="-100.00")), Plan(may_lose=True))
    html = markup.draw(picture, picture.rows)
    assert html.count("$100.00 missing") == 2  # on the row on which it opens, and in the sums


def sent(log: Log) -> tuple[list[list[str]], Picture]:
    """The ids of what is sent of the parts around the rows, event by event, to who has seen all before it."""
    picture, before, ids = Picture(KnownRun(), Plan()), (), []
    for event in log.events:
        picture.feed(event)
        parts = markup.parts(picture)
        html = "".join(part.since(had) for part, had in zip_longest(parts, before))
        ids.append([one["id"] for one in TopLevel(html).found])
        before = parts
    return ids, picture


def test_of_the_parts_only_what_changes_is_sent() -> None:
    log = Log().deducted().sent("account", "payment", "MoneyDeducted").step("payment", "charge")
    ids, picture = sent(log.finished("succeeded", "consistent"))
    assert ids == [
        ["next", "sums", "state", "todo", "by-hand", "act"],
        ["now", "left", "state"],
        ["now", "sums", "state"],
        ["left", "state"],
        ["now", "left", "state"],
        ["now", "state"],
        ["left", "state"],
    ]
    again = [part.since(had) for part, had in zip(markup.parts(picture), markup.parts(picture), strict=True)]
    assert again == [""] * 6


def test_steps_that_were_not_to_come_before_are_drawn() -> None:
    """A compensation: other steps than those that were left."""
    ids, _ = sent(Log().deducted().sent("payment", "account", "PaymentFailed"))
    assert "next" in ids[-1]


def test_parts_are_what_a_page_shows() -> None:
    """Each is the partial of the page; only how far a run is that goes on is left to its rows."""
    for log in (Log(), Log().deducted(), Log().deducted().finished("failed", "money_lost", missing="100.00")):
        picture = Picture(KnownRun(), Plan())
        picture.feed_all(log.events)
        page = markup.draw(picture, [])
        last = "" if picture.finished else f'data-last="{picture.last_seq}"'
        for part in markup.parts(picture):
            assert "".join(part.html.split()) in "".join(page.replace(last, "").split())
