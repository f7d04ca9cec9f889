"""A step that is done for several runs at once is in the log of each, with its own rows."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from distviz.services.places import ACCOUNT
from distviz.trace import context, faults, log, shared, steps, writing
from distviz.trace.log_events import PendingEvent, RunStanding, number
from distviz.trace.shared import Shared

MINE, OTHER, OVER = "mine", "other", "over"


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What is appended to the logs. The run `over` has had its last event."""
    said: list[dict[str, Any]] = []

    def write(run: str, events: Sequence[PendingEvent], **_more: Any) -> RunStanding:
        for one in events:
            said.append({"run": run, "caused_by": number(one.cause), **vars(one.event), **vars(one.effect)})
            one.seq = len(said)
        return RunStanding(len(said), 0, "", False)

    def still_open(pk__in: list[str], **_: Any) -> Any:
        runs = [SimpleNamespace(pk=run, ending="") for run in pk__in if run != OVER]
        return SimpleNamespace(only=lambda *_: runs)

    monkeypatch.setattr(writing, "write", write)
    monkeypatch.setattr(writing, "write_each", lambda stories: [write(*story) for story in stories.items()])
    monkeypatch.setattr(shared, "Run", SimpleNamespace(objects=SimpleNamespace(filter=still_open)))
    return said


def batch(asking: context.Delivery | None) -> Shared:
    return Shared.by(asking, protocol="p", lane="read_model", service="coordinator")


def asking() -> context.Delivery:
    return context.Delivery(
        MINE, "p", "read_model", attempt=2, cause=7, faults=[context.FaultRef(1, "x", "error", 1, 0)]
    )


def outline(recorded: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(event["run"], event["kind"], event["phase"]) for event in recorded]


def work(done_for: Shared, *runs: str) -> None:
    with context.handling(done_for), steps.step("project"):
        steps.ran("SELECT 1")
        done_for.concerns(runs, lambda run: "catching_up")
        done_for.rows[OTHER].append({"row": "theirs"})
        done_for.rows[MINE].append({"row": "ours"})
        done_for.for_all.append({"row": "checkpoint"})
        done_for.then[OTHER] = "running"


def test_each_run_that_is_open_has_the_step_with_its_own_rows(recorded: list[dict[str, Any]]) -> None:
    mine = asking()
    work(batch(mine), MINE, OTHER, OVER)
    assert outline(recorded) == [
        (MINE, "step", "begin"),
        (OTHER, "step", "begin"),
        (OTHER, "step", "commit"),
        (MINE, "step", "commit"),
    ]
    begun, _, theirs, ours = recorded
    assert (begun["caused_by"], begun["attempt"], begun["status"]) == (7, 2, "catching_up")
    assert [row["row"] for row in theirs["changes"]] == ["theirs", "checkpoint"]
    assert [row["row"] for row in ours["changes"]] == ["ours", "checkpoint"]
    assert (theirs["caused_by"], ours["caused_by"]) == (2, 1)
    assert (theirs["status"], ours["status"]) == ("running", None)
    assert theirs["statements"] == ours["statements"] == ["SELECT 1"]
    assert mine.cause == 4


def test_a_pass_for_all_belongs_to_no_run(recorded: list[dict[str, Any]]) -> None:
    work(batch(None), OTHER)
    assert outline(recorded) == [(OTHER, "step", "begin"), (OTHER, "step", "commit")]


def test_who_finds_nothing_tells_nothing(recorded: list[dict[str, Any]]) -> None:
    work(batch(asking()))
    assert recorded == []


def fails(done_for: Shared, *runs: str) -> None:
    with context.handling(done_for), steps.step("project"):
        done_for.concerns(runs, lambda run: None)
        raise RuntimeError("no")


def test_a_failure_is_only_of_the_run_that_asked(recorded: list[dict[str, Any]]) -> None:
    with pytest.raises(RuntimeError):
        fails(batch(asking()), MINE, OTHER)
    assert outline(recorded) == [(MINE, "step", "begin"), (MINE, "step", "rollback")]
    recorded.clear()
    with pytest.raises(RuntimeError):
        fails(batch(asking()), OTHER)
    assert recorded == []


def test_its_faults_are_met_only_if_its_own_things_are_in_it(
    recorded: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "query", lambda *_: (1,))
    done_for = batch(asking())
    with context.handling(done_for), steps.step("project"):
        done_for.concerns([OTHER], lambda run: None)
        faults.fire(["x"], ACCOUNT.locks)
        done_for.concerns([MINE], lambda run: None)
        with pytest.raises(faults.Transient):
            faults.fire(["x"], ACCOUNT.locks)
    fired = next(event for event in recorded if event["kind"] == "fault")
    assert (fired["run"], fired["caused_by"]) == (MINE, 1)


def test_a_long_statement_is_not_copied_into_each_log(recorded: list[dict[str, Any]]) -> None:
    done_for = batch(asking())
    with context.handling(done_for), steps.step("project"):
        steps.ran("x" * 1000)
        done_for.concerns([MINE], lambda run: None)
    assert len(recorded[-1]["statements"][0]) < 410
