"""The times at the rows: after a pause that is folded they count from it."""

from tests.support.made_up_run import Log, drawn


def test_times_after_a_fold_count_from_the_fold() -> None:
    log = Log().deducted()
    log("payment", "step", "begin", "charge", wait_ms=12_000)
    log("payment", "step", "commit", "charge", wait_ms=31)
    before, folded, after = drawn(log).rows[2:5]
    assert before.clock == before.offset == "+20 ms"
    assert (folded.clock, folded.gap) == ("+12.0 s", "12.0 s")  # the row at its end says where it is in the run
    assert after.clock == "⌇+31 ms"
    assert after.offset == "+12.1 s"


def test_without_a_fold_they_count_from_the_beginning() -> None:
    assert all(row.clock == row.offset for row in drawn(Log().deducted()).rows)
