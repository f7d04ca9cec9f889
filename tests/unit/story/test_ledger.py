"""The state view: before and after each step, and what the stores say at the end."""

from distviz.story.ledger import ledger
from tests.support.made_up_run import Log, drawn


def change(row: str, before: dict[str, str] | None, after: dict[str, str] | None) -> dict[str, object]:
    return {"store": "account", "row": row, "before": before, "after": after}


def test_each_step_that_changed_something_is_an_entry() -> None:
    found = ledger(drawn(Log().deducted().sent("account", "payment", "MoneyDeducted")).rows)
    assert [(entry.row.seq, [line.short for line in entry.changed]) for entry in found.entries] == [
        (3, ["balance 1,000.00 → 900.00"])
    ]


def test_later_entries_say_what_stayed_as_it_was() -> None:
    log = Log().step("account", "deduct", changes=(change("saga_log/1", None, {"status": "pending", "amount": "1"}),))
    log.step("account", "complete", changes=(change("saga_log/1", {"status": "pending"}, {"status": "completed"}),))
    first, second = ledger(drawn(log).rows).entries
    assert first.same == []
    assert [line.field for line in second.same] == ["amount"]


def test_the_stores_at_the_end_are_what_the_last_entries_left() -> None:
    log = Log().step("account", "a", changes=(change("x", None, {"n": "1"}), change("y", None, {"n": "2"})))
    log.step("account", "b", changes=(change("x", {"n": "1"}, None), change("y", {"n": "2"}, {"n": "3"})))
    (store,) = ledger(drawn(log).rows).stores
    assert [(line.row, line.after) for line in store.rows] == [("y", "3")]


def test_what_is_only_prepared_is_pending() -> None:
    log = Log()("account", "step", "begin", "p")(
        "account", "step", "prepared", "p", changes=(change("x", None, {"n": "1"}),)
    )
    assert [entry.pending for entry in ledger(drawn(log).rows).entries] == [True]
