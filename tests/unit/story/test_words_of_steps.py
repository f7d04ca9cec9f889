"""What is said of a step is what it did: the rows that it wrote, or found; a rollback that rolled something back."""

import pytest
from django.utils import translation

from distviz.story.picture.rows import Row
from distviz.story.words import wording
from tests.support.made_up_run import Log, drawn

PAYMENT = {"store": "payment", "row": "payments/7", "before": None, "after": {"status": "COMPLETED"}}


def participant(name: str) -> dict[str, object]:
    return {"store": "lab", "row": f"participants/{name}", "before": None, "after": {"participant": name}}


def last(log: Log) -> Row:
    return drawn(log).rows[-1]


def words(row: Row) -> tuple[str, str, str]:
    return row.label.word, row.label.what, row.label.note


def test_a_copy_is_answered_from_the_inbox_and_pays_nothing() -> None:
    log = Log()("payment", "step", "begin", "charge", span_id="s2")
    log("payment", "message", "ignored", "MoneyDeducted", span_id="s2", caused_by=2)
    log("payment", "step", "commit", "charge", span_id="s2", caused_by=2, changes=({**PAYMENT, "found": True},))
    row = last(log)
    assert words(row) == ("COMMIT", "Pay", "answered from the inbox: paid already")
    assert "not done a second time" in row.sentence


def test_what_was_done_before_without_an_inbox_is_no_second_time_either() -> None:
    row = last(Log().step("payment", "charge", changes=({**PAYMENT, "found": True},)))
    assert words(row) == ("COMMIT", "Pay", "paid already")
    mail = {"store": "notification", "row": "notifications/withdrawn", "before": None, "after": {"kind": "withdrawn"}}
    assert words(last(Log().step("notification", "notify", changes=({**mail, "found": True},)))) == (
        "UNCHANGED",
        "Notify",
        "sent already",
    )


def test_a_payment_that_was_made_now_says_so() -> None:
    assert words(last(Log().step("payment", "charge", changes=(PAYMENT,)))) == ("COMMIT", "Pay", "status COMPLETED")


@pytest.mark.parametrize(
    ("more", "note"),
    [
        ({}, "nothing changed"),
        ({"data": {"rows": 1}}, "1 row written"),
        ({"data": {"rows": 3}}, "3 rows written"),
        ({"changes": tuple(map(participant, ("account", "payment", "notification")))}, "3 rows inserted"),
    ],
)
def test_rows_are_counted_as_they_were_written(more: dict[str, object], note: str) -> None:
    assert last(Log().step("api", "begin", **more)).label.note == note


def prepared(lane: str) -> Log:
    return Log()(lane, "step", "begin", "prepare", span_id="s1")(
        lane, "step", "prepared", "prepare", span_id="s1", caused_by=2
    )


def test_an_order_to_roll_back_says_what_it_undid() -> None:
    log = prepared("payment")("payment", "step", "begin", "undo", span_id="s2")
    assert last(log).label.word == ""  # no transaction begins
    log("payment", "step", "rollback", "undo", span_id="s2", caused_by=4)
    assert words(last(log)) == ("ROLLBACK PREPARED", "undo", "")


def test_an_email_that_is_thrown_away_has_not_failed() -> None:
    log = prepared("notification")("notification", "step", "begin", "undo", span_id="s2")
    log("notification", "step", "rollback", "undo", span_id="s2", caused_by=4)
    assert words(last(log)) == ("DISCARDED", "undo", "")
    assert last(log).label.tone == "info"


def test_an_order_to_roll_back_what_was_never_prepared_rolls_nothing_back() -> None:
    log = Log()("payment", "step", "begin", "undo", span_id="s2", data={"order": True})
    assert not [one for one in last(log).cells if one.down]  # nor does a transaction begin
    log("payment", "step", "nothing", "undo", span_id="s2", caused_by=2, data={"found": False})
    assert words(last(log)) == ("NOTHING TO UNDO", "undo", "nothing is prepared there")
    assert not [one for one in last(log).cells if one.joint == "rollback"]


def test_a_commit_of_what_is_prepared_is_named_so() -> None:
    log = prepared("payment")("payment", "step", "begin", "commit", span_id="s2")
    log("payment", "step", "commit", "commit", span_id="s2", caused_by=4, changes=(PAYMENT,))
    assert words(last(log)) == ("COMMIT PREPARED", "commit", "status COMPLETED")


def test_a_hold_that_was_asked_for_is_no_failure() -> None:
    log = Log()("payment", "fault", "fired", "hold", data={"at": "payment.in_tx"})
    log("payment", "fault", "fired", "error", data={"at": "payment.in_tx"})
    assert [row.fails for row in drawn(log).rows] == [False, False, True]


def test_who_has_not_signed_in_is_named_by_the_address() -> None:
    assert wording.person("anonymous at 127.0.0.1") == "not signed in, at 127.0.0.1"
    assert wording.person("ann") == "ann"


@pytest.mark.parametrize("language", ["en", "uk"])
def test_an_outcome_does_not_say_its_status_again(language: str) -> None:
    why = {"code": "declined_on_purpose", "params": {"who": "payment"}}
    reason = {"code": "withdrawal_declined", "params": {"why": why}}
    with translation.override(language):
        picture = drawn(Log()("client", "finished", "declined", "declined", data={"reason": reason}))
        text = picture.rows[-1].label.note
        declined = wording.status("declined")
        assert declined not in text
        assert text[0].isupper()
        assert picture.progress.doing == text
        assert picture.rows[-1].sentence == f"{declined}. {text}"
