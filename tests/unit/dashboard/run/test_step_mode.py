"""Step mode on the picture: an envelope is there as long as its message waits, and everybody reads what was done."""

import re

import pytest

from distviz.story.picture import markup
from distviz.story.picture.picture import Picture
from distviz.story.picture.rows import Row
from tests.support.made_up_run import KnownRun, Log, Plan

FIRST, SECOND = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"


def two_parked() -> Log:
    log = Log()
    log("account", "message", "parked", "MoneyDeducted", to="payment", data={"mid": FIRST, "why": "step"})
    log("payment", "message", "parked", "PaymentProcessed", to="notification", data={"mid": SECOND, "why": "step"})
    return log


def drawn(log: Log) -> tuple[Picture, list[Row], str]:
    picture = Picture(KnownRun(), Plan())
    rows = picture.feed_all(log.events)
    return picture, rows, markup.draw(picture, rows)


def envelopes(html: str) -> list[str]:
    return re.findall(r'class="grid envelope" data-mid="([^"]+)"', html)


def test_each_parked_message_has_its_envelope_and_its_place_in_the_queue():
    _, _, html = drawn(two_parked())
    assert envelopes(html) == [FIRST, SECOND]
    assert f'data-parked="{FIRST} {SECOND} "' in html
    for verb in ("deliver", "duplicate", "reorder", "drop"):
        assert html.count(f"/messages/{FIRST}/{verb}/") == 2  # in the queue and on the arrow


def test_an_envelope_that_was_dealt_with_is_gone():
    log = two_parked()
    log("account", "message", "delivered", "MoneyDeducted", to="payment", data={"mid": FIRST, "by": "operator"})
    _, _, html = drawn(log)
    assert envelopes(html) == [SECOND]
    assert f'data-parked="{SECOND} "' in html
    assert " single" in html


@pytest.mark.parametrize(
    ("phase", "says"),
    [("delivered", "delivered to Notification by hand"), ("duplicated", "twice"), ("dropped", "does not receive it")],
)
def test_what_was_done_by_hand_is_said(phase, says):
    log = two_parked()
    log("payment", "message", phase, "PaymentProcessed", to="notification", data={"mid": SECOND, "by": "operator"})
    picture, rows, html = drawn(log)
    assert says in picture.progress.by_hand
    assert says in html
    assert rows[-1].sentence == picture.progress.by_hand
    overtakes = "overtaken MoneyDeducted" in picture.progress.by_hand
    assert overtakes is (phase != "dropped")
    assert ("overtakes MoneyDeducted" in rows[-1].label.note) is (phase != "dropped")


def test_the_first_of_a_queue_overtakes_no_other():
    log = two_parked()
    log("account", "message", "delivered", "MoneyDeducted", to="payment", data={"mid": FIRST, "by": "operator"})
    picture, rows, _ = drawn(log)
    assert "overtaken" not in picture.progress.by_hand
    assert rows[-1].label.note == "by hand"


def test_what_time_delivers_is_not_said_to_be_done_by_hand():
    log = two_parked()
    log("account", "message", "delivered", "MoneyDeducted", to="payment", data={"mid": FIRST, "by": "time"})
    picture, rows, _ = drawn(log)
    assert picture.progress.by_hand == ""
    assert "by hand" not in rows[-1].label.note
