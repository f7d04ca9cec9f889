"""What every run has to keep, asked of the databases."""

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
