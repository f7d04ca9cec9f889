"""What every run has to keep, asked of the databases."""

from protocols.promises import Cell
from tests.support.stack import Stack


def completed(stack: Stack, run_id: str) -> int:
    count = "SELECT count(*) AS n FROM payments WHERE withdrawal_id = %s AND status = 'COMPLETED'"
    return int(stack.sql("payment", count, run_id)[0]["n"])


def check_log(stack: Stack, run_id: str) -> None:
    """No gaps, and one last entry (I13)."""
    events = stack.events(run_id)
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert [event["kind"] for event in events].count("finished") == 1
    assert events[-1]["kind"] == "finished"


def check_end(stack: Stack, protocol: str, name: str, run_id: str, *allowed: Cell, timeout: float = 60) -> None:
    """It ended in one of these ways, in every database. Each account has one withdrawal only."""
    run = stack.ended(run_id, timeout)
    ends = next((cell for cell in allowed if (cell.status, cell.verdict) == (run["status"], run["verdict"])), None)
    assert ends, (run, stack.events(run_id)[-3:])
    assert stack.balance(protocol, name) == ends.balance
    if protocol == "monolith":
        count = "SELECT count(*) AS n FROM transactions WHERE withdrawal_id = %s"
        assert stack.sql("monolith", count, run_id)[0]["n"] == ends.payments
    else:
        assert completed(stack, run_id) == ends.payments
        assert sorted(doc["kind"] for doc in stack.notifications(run_id)) == sorted(ends.notifications)
    check_log(stack, run_id)
