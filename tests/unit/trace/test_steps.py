"""A step tells its begin and its end, has its fault points where they belong, and reads its end off the connection."""

from collections.abc import Callable
from contextlib import nullcontext
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from distviz.errors import Declined, Transient
from distviz.services import places
from distviz.services.places import PAYMENT
from distviz.trace import context, points
from distviz.trace.points import at_step
from distviz.trace.steps import changed, refusal, step, wrote
from tests.support import run_log


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> run_log.Recorded:
    monkeypatch.setattr(points, "_STEPS", {})
    return run_log.in_memory(monkeypatch)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """PostgreSQL's part of a verb: it answers with the tag that it is given."""
    answer = SimpleNamespace(statusmessage="")
    session = SimpleNamespace(execute=lambda _sql, prepare: answer)
    fake = SimpleNamespace(ensure_connection=lambda: None, connection=session, wrap_database_errors=nullcontext())
    monkeypatch.setattr(places, "connections", {"payment": fake})
    return lambda tag: setattr(answer, "statusmessage", tag)


def stop(at: str, body: Callable[[], Any] = lambda: None, **more: Any) -> tuple[str, str]:
    """Where a step "charge" stops if an error is switched on at a point: (before or after its body, the point)."""
    seen = "before"
    with context.handling(run_log.delivery(faults=[f"{at}:error"], **more)):
        try:
            with step("charge", compensates=more.get("compensates", "")):
                seen = "after"
                body()
        except Transient as error:
            return seen, str(error.reason.params["at"])
    return "nowhere", ""


def test_a_step_tells_its_begin_and_its_end(recorded: run_log.Recorded) -> None:
    with context.handling(run_log.delivery()) as delivery, step("charge"):
        changed("payment", "payments/1", None, {"status": "COMPLETED"}, paid=Decimal(100))
    begin, end = recorded
    assert [begin["phase"], end["phase"]] == ["begin", "commit"]
    assert (begin["status"], begin["data"]) == ("running", {"point": "payment"})
    assert (begin["lane"], begin["attempt"], begin["caused_by"], begin["span_id"]) == ("payment", 2, 7, "ab")
    assert end["caused_by"] == begin["seq"]
    assert end["data"]["money"] == {"payment:payments/1": {"paid": "100.00"}}
    assert delivery.cause == end["seq"]  # what comes next comes of it


def test_an_error_is_told_as_a_code_and_as_a_sentence(recorded: run_log.Recorded) -> None:
    with context.handling(run_log.delivery()), pytest.raises(Declined), step("charge"):
        raise Declined("insufficient_funds")
    assert (recorded[1]["phase"], recorded[1]["error"]) == ("rollback", "insufficient funds")
    assert recorded[1]["data"]["reason"] == {"code": "insufficient_funds", "params": {}}


def test_a_step_has_the_points_of_its_service(recorded: run_log.Recorded) -> None:
    assert stop("payment.before_tx") == ("before", "payment.before_tx")
    assert stop("payment.in_tx", points.about_to_commit) == ("after", "payment.in_tx")
    assert stop("payment.after_commit") == ("after", "payment.after_commit")
    assert stop("refund.before_tx") == ("nowhere", "")


def test_after_commit_is_met_when_the_commit_is_told(recorded: run_log.Recorded) -> None:
    stop("payment.after_commit")
    assert recorded.brief() == [("step", "begin", "charge"), ("step", "commit", "charge"), ("fault", "fired", "error")]


def test_a_compensation_has_the_points_of_the_refund(recorded: run_log.Recorded) -> None:
    broken = run_log.delivery("account", ["refund.before_tx:error"])
    with context.handling(broken), pytest.raises(Transient), step("refund", compensates="deduct"):
        pass
    assert (recorded[0]["status"], recorded[0]["data"]) == (
        "compensating",
        {"point": "refund", "compensates": "deduct"},
    )


def test_a_lane_without_points_has_none(recorded: run_log.Recorded) -> None:
    with context.handling(run_log.delivery("api")), step("decide"):
        pass
    assert recorded[0]["data"] == {"point": ""}


def test_what_is_registered_is_where_its_points_are(recorded: run_log.Recorded) -> None:
    at_step("saga", "charge", points=("account", "notification"), before="before_tx", after=())
    assert stop("notification.before_tx") == ("before", "notification.before_tx")
    assert stop("payment.before_tx") == ("nowhere", "")
    assert stop("account.after_commit") == ("nowhere", "")
    at_step("saga", "charge", points=None)
    assert stop("payment.before_tx") == ("nowhere", "")


def test_a_moment_may_be_the_whole_name_of_a_point(recorded: run_log.Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(points.faults, "POINTS", dict(points.faults.POINTS))
    at_step("saga", "charge", points=None, before=(), after="coordinator.after_charge")
    assert "coordinator.after_charge" in points.faults.POINTS  # and it can be asked for
    assert stop("coordinator.after_charge") == ("after", "coordinator.after_charge")


def test_a_moment_may_depend_on_the_run(recorded: run_log.Recorded) -> None:
    at_step("saga", "charge", before=lambda delivery: ("before_tx",) if delivery.attempt > 1 else ())
    assert stop("payment.before_tx")[0] == "before"
    assert stop("payment.before_tx", attempt=1)[0] == "nowhere"


def test_what_recovery_does_is_not_broken(recorded: run_log.Recorded) -> None:
    assert stop("payment.before_tx", redriven=True) == ("nowhere", "")
    assert stop("payment.in_tx", points.about_to_commit, redriven=True) == ("nowhere", "")


def test_a_step_has_the_statuses_that_are_registered(recorded: run_log.Recorded) -> None:
    at_step("saga", "charge", status=lambda delivery: f"of {delivery.lane}", then=lambda opened: opened.name.upper())
    with context.handling(run_log.delivery()), step("charge"):
        pass
    assert [event["status"] for event in recorded] == ["of payment", "CHARGE"]


def test_who_is_registered_sees_the_begin_and_the_end(recorded: run_log.Recorded) -> None:
    seen: list[int] = []
    at_step("saga", "charge", begun=lambda *_: seen.append(len(recorded)), ended=lambda *_: seen.append(len(recorded)))
    with context.handling(run_log.delivery()), step("charge"):
        seen.append(0)
    assert seen == [1, 0, 2]


def test_an_injected_decline_is_met_where_the_work_is_done(recorded: run_log.Recorded) -> None:
    with context.handling(run_log.delivery(faults=["payment.in_tx:decline"])), step("charge"):
        no = refusal()
    assert no is not None
    assert (no.reason.code, no.reason.params) == ("declined_on_purpose", {"who": "payment"})
    with context.handling(run_log.delivery(faults=["payment.after_commit:decline"])), step("charge"):
        assert refusal() is None


@pytest.mark.parametrize(
    ("tag", "phase"),
    [
        ("PREPARE TRANSACTION", "prepared"),
        ("COMMIT PREPARED", "commit"),
        ("ROLLBACK PREPARED", "rollback"),
        ("ROLLBACK", "committed by nobody"),  # what PREPARE answers in a transaction that has failed: no yes
    ],
)
def test_how_a_step_ends_is_read_off_what_the_connection_did(
    recorded: run_log.Recorded, server: Callable[[str], None], tag: str, phase: str
) -> None:
    at_step("saga", "charge", ends="committed by nobody")
    server(tag)
    with context.handling(run_log.delivery()), step("charge") as opened:
        assert PAYMENT.verb("SOME VERB") == tag
    assert recorded[-1]["phase"] == phase
    assert opened.statements == ["SOME VERB"]


def test_in_tx_is_the_moment_before_prepare(recorded: run_log.Recorded, server: Callable[[str], None]) -> None:
    server("BEGIN")
    assert stop("payment.in_tx", lambda: PAYMENT.verb("BEGIN")) == ("nowhere", "")
    assert stop("payment.in_tx", lambda: PAYMENT.verb("PREPARE TRANSACTION 'dv:1'")) == ("after", "payment.in_tx")


def test_rows_are_counted_where_they_are_written(recorded: run_log.Recorded, caplog: pytest.LogCaptureFixture) -> None:
    """Also those that are not shown, such as of what is prepared and not committed yet."""
    with caplog.at_level("INFO"), context.handling(run_log.delivery()), step("deduct"):
        wrote(2)
        wrote(1)
    assert recorded[-1]["data"]["rows"] == 3
    assert "3 rows changed" in caplog.text


def test_rows_that_were_there_are_not_counted(recorded: run_log.Recorded, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"), context.handling(run_log.delivery()), step("deduct"):
        changed("account", "ledger/deduct", None, {"delta": "-1.00"}, found=True)
    assert recorded[-1]["changes"][0]["found"] is True
    assert "0 rows changed" in caplog.text
