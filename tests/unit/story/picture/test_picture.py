"""The picture is a pure fold: the same events give the same rows, whoever asks and whenever."""

from decimal import Decimal

from distviz.story.measures import measure
from distviz.story.picture.picture import Picture
from tests.support.made_up_run import Log, Plan, Run, drawn, moved

# --- money --------------------------------------------------------------------------------------------------------


def test_money_moves_from_the_account_through_flight_to_paid() -> None:
    picture = Picture(Run(), Plan())
    log = Log().deducted().step("payment", "charge", data=moved("payments", paid="100.00"))
    seen = [(row.money.at_home, row.money.in_flight, row.money.paid) for row in picture.feed_all(log.events)]
    assert seen[0] == (100, 0, 0)
    assert seen[2] == (0, 100, 0)
    assert seen[-1] == (0, 0, 100)
    assert picture.verdict == "consistent"


def test_the_same_move_told_twice_counts_once() -> None:
    log = Log().deducted().deducted()
    assert drawn(log).money.account == Decimal("-100.00")


def test_a_refund_brings_it_back() -> None:
    data = {"compensates": "deduct", **moved("refund", account="100.00")}
    picture = drawn(Log().deducted().step("account", "refund", data=data))
    assert (picture.money.at_home, picture.money.gap) == (100, 0)
    row = picture.rows[-1]
    assert (row.makes_good, row.makes_good_title) == (3, "Deduct")


def test_without_a_protocol_the_gap_is_missing_at_once_and_labelled_where_it_opens() -> None:
    picture = drawn(Log().deducted()("account", "fault", "fired", "crash"), Plan(may_lose=True))
    assert (picture.money.missing, picture.money.in_flight) == (100, 0)
    assert [row.wrong_now for row in picture.rows] == ["", "", "$100.00 missing", ""]
    assert picture.verdict == "money_lost"


def test_paid_twice_is_a_gap_the_other_way() -> None:
    log = Log().sent("api", "account", "WithdrawalRequested").deducted()
    for payment in ("one", "two"):
        log.step("payment", "charge", data=moved(payment, paid="100.00"))
    picture = drawn(log, Plan(may_lose=True))
    assert (picture.money.overpaid, picture.money.missing, picture.verdict) == (100, 0, "paid_twice")
    assert [row.seq for row in picture.rows if row.wrong_now] == [picture.last_seq]  # the second payment, not the first
    assert picture.rows[-1].wrong_now == "$100.00 paid twice"
    assert [part.css for part in picture.rows[-1].parts if part.name == "paid"] == ["m-paid up down twice-down"]


def test_money_on_its_way_is_missing_once_nobody_will_drive_it_on() -> None:
    """Without a protocol, too: as long as its message is on its way, or is being handled, it may still be paid."""
    log = Log().sent("api", "account", "WithdrawalRequested")("account", "message", "received", "X", span_id="s1")
    log("account", "step", "begin", "deduct", span_id="s1")
    log("account", "step", "commit", "deduct", span_id="s1", data=moved("ledger", account="-100.00"))
    picture = drawn(log, Plan(may_lose=True))
    assert (picture.money.in_flight, picture.money.missing, picture.verdict) == (100, 0, "temporarily_inconsistent")
    log("account", "message", "sent", "MoneyDeducted", span_id="s1", to="payment", data={"copies": 1})
    log("payment", "message", "received", "MoneyDeducted", span_id="s2", caused_by=6)
    assert drawn(log, Plan(may_lose=True)).money.missing == 0
    picture = drawn(log("payment", "fault", "fired", "crash", span_id="s2"), Plan(may_lose=True))
    assert (picture.money.in_flight, picture.money.missing, picture.verdict) == (0, 100, "money_lost")
    measured = measure(Run(), Plan(may_lose=True), log.events)
    assert [one.kind for one in measured.intervals if one.lane == "money"] == ["gap", "lost"]


def test_what_is_paid_before_it_is_taken_is_not_paid_twice() -> None:
    """Between two COMMIT PREPAREDs."""
    picture = drawn(Log().step("payment", "commit", data=moved("payment", paid="100.00")))
    assert (picture.money.overpaid, picture.verdict) == (0, "temporarily_inconsistent")


def test_the_end_believes_the_databases_where_a_process_could_not_record_what_it_paid() -> None:
    log = Log().deducted().finished("inconsistent", "consistent", account="-100.00", missing="0.00", paid="100.00")
    money = drawn(log, Plan(may_lose=True)).money
    assert (money.paid, money.in_flight, money.missing) == (100, 0, 0)


def test_the_end_says_what_of_a_gap_is_missing() -> None:
    log = Log().deducted().finished("inconsistent", "money_lost", account="-100.00", missing="100.00", paid="0.00")
    picture = drawn(log)
    assert (picture.money.missing, picture.money.in_flight, picture.verdict) == (100, 0, "money_lost")


def test_odd_numbers_in_the_log_do_not_stop_the_picture() -> None:
    log = Log().step("account", "deduct", data={"money": {"a": {"account": "x"}, "b": "c", "d": {"paid": "NaN"}}})
    assert drawn(log).money.gap == 0


# --- words --------------------------------------------------------------------------------------------------------


def test_a_row_has_a_name_for_screen_readers() -> None:
    row = drawn(Log().deducted()).rows[-1]
    assert row.accessible == "Step 3, Account, COMMIT Deduct, balance 1,000.00 → 900.00"


def test_its_name_tells_where_the_money_is_and_what_stays_locked() -> None:
    rows = drawn(Log().deducted()("payment", "step", "begin", "charge")("payment", "step", "prepared", "charge")).rows
    assert rows[0].spoken.endswith("in the account $100.00")
    assert rows[2].spoken == f"{rows[2].accessible}, in flight $100.00"
    assert rows[-1].spoken.endswith("in flight $100.00, locks held at Payment")
    assert rows[-1].locked == ["Payment"]
    assert [part.said for part in rows[2].parts] == ["in the account $0.00", "in flight $100.00", "", ""]


def test_idle_time_over_a_second_folds_with_its_length_and_reason() -> None:
    log = Log()("payment", "retry", "scheduled", "charge", data={"wait_ms": 2000, "next_attempt": 2})
    log("payment", "message", "received", "MoneyDeducted", wait_ms=2100)
    row = drawn(log).rows[-1]
    assert (row.gap, row.gap_why) == ("2.1 s", "back-off")
    assert drawn(log).rows[-2].gap == ""


def test_time_in_the_queue_is_read_from_the_two_events() -> None:
    log = Log().sent("api", "account", "WithdrawalRequested")
    log("account", "message", "received", "WithdrawalRequested", caused_by=2, wait_ms=30)
    assert drawn(log).rows[-1].label.note == "waited 30 ms in queue"


def test_a_committed_refusal_is_told_from_a_success() -> None:
    change = {"store": "payment", "row": "payments/1", "before": None, "after": {"status": "FAILED"}}
    row = drawn(Log().step("payment", "charge", changes=(change,))).rows[-1]
    assert row.label.tone == "warn"
    assert "declined" in row.sentence


def test_an_unknown_kind_is_a_plain_row() -> None:
    row = drawn(Log()("moon", "tide", "turned", "spring", error="wet", data={"x": 1})).rows[-1]
    assert (row.label.word, row.label.what, row.label.note) == ("tide turned", "spring", "wet")
    assert row.sentence


def test_no_value_of_the_log_can_break_a_sentence() -> None:
    log = Log()("payment", "step", "rollback", "charge", error="100% %(lane)s {x}")
    log("client", "finished", "failed", "failed", data={"outcome": "50% off %(sum)s"})
    sentences = [row.sentence for row in drawn(log).rows]
    assert "100% %(lane)s {x}" in sentences[1]
    assert "50% off %(sum)s" in sentences[2]


def test_feeding_one_by_one_or_all_at_once_is_the_same() -> None:
    log = Log().deducted().sent("account", "payment", "MoneyDeducted").finished("failed", "consistent")
    one = Picture(Run(), Plan())
    rows = [one.feed(event) for event in log.events]
    assert rows == drawn(log).rows == one.rows


def test_a_copy_shares_nothing_that_changes() -> None:
    picture = drawn(Log().deducted().sent("account", "payment", "MoneyDeducted", "parked"))
    copied = picture.copied()
    fixed = {"plan", "lanes", "steps", "_steps", "_messages", "run"}
    for mine, theirs in (
        (picture, copied),
        (picture._bars, copied._bars),
        (picture._strip, copied._strip),
        (picture.progress, copied.progress),
        (picture._names, copied._names),
    ):
        assert mine is not theirs
        for name in getattr(mine, "__dict__", None) or mine.__slots__:
            value = getattr(mine, name)
            if isinstance(value, dict | list | set) and name not in fixed:
                assert value == getattr(theirs, name)
                assert value is not getattr(theirs, name), name
    assert copied.progress._names is copied._names
    assert all(mine is not copied._bars._bars[lane] for lane, mine in picture._bars._bars.items())
