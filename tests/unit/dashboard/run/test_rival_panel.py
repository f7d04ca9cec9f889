"""What a run and its rival teach: read off their two logs."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from distviz.codes import Reason
from distviz.dashboard.run import rival_panel
from distviz.dashboard.run.rival_panel import RivalSide
from distviz.probe.locks import Contender, RowLock
from distviz.story.picture.picture import Picture
from tests.support.made_up_run import KnownRun, Log, Plan


def side(log: Log, pk: str = "1", took: str = "0") -> RivalSide:
    picture = Picture(KnownRun(), Plan())
    picture.feed_all(log.events)
    run: Any = SimpleNamespace(pk=pk, moved=lambda what: -Decimal(took), finished_at=None)
    return RivalSide(run, picture, 1, None)


def ended(log: Log, status: str = "succeeded") -> Log:
    return log("client", "finished", status, status, data={"verdict": "consistent"})


def test_two_that_are_over_have_both_taken_their_money():
    text = rival_panel.lesson(side(ended(Log()), took="100.00"), side(ended(Log()), took="100.00"))
    assert "$200.00" in text
    assert "no update was lost" in text


@pytest.mark.parametrize(
    ("reason", "says"),
    [
        (Reason.of("version_conflict", stream="account:alice", version=3), "one append succeeded"),
        (Reason.of("retries_used_up", why=Reason.of("lock_timeout", why="run 1")), "lock_timeout"),
    ],
)
def test_what_the_rival_met_is_said(reason, says):
    data = {"reason": reason.as_json()}
    log = Log()("account", "step", "begin", "deduct")("account", "step", "rollback", "deduct", error="no", data=data)
    assert says in rival_panel.lesson(side(Log()), side(log))
    assert says in rival_panel.lesson(side(log), side(Log()))


def test_a_rival_that_met_nothing_went_straight_through():
    assert "Nothing delayed the competing withdrawal" in rival_panel.lesson(side(Log().deducted()), side(ended(Log())))


def test_a_rival_that_is_declined_met_the_balance():
    assert "does not cover" in rival_panel.lesson(side(Log()), side(ended(Log(), "declined")))


def test_who_waits_and_who_holds():
    holder, waiter = Contender(7, None, "account", 70, run="1"), Contender(8, None, "account", 80, run="2")
    lock = RowLock(False, "55P03", holder, (waiter,))
    found = rival_panel.duel(side(Log()), side(Log(), "2"), lock)
    assert found.waits == waiter
    assert (found.holder, found.holder_run) == ("process 70 of Account (session 7)", "1")
    free = rival_panel.duel(side(Log()), side(Log(), "2"), RowLock(True))
    assert (free.waits, free.holder) == (None, "")


def test_the_rival_is_another_runs_story():
    data = {"wait_ms": 50, "reason": {"code": "lock_timeout"}}
    log = Log()("account", "retry", "scheduled", "deduct", error="lock timeout", data=data)
    log("client", "operator", "rival", "rival", data={"rival": "22222222-2222", "amount": "100.00"})
    picture = Picture(KnownRun(), Plan())
    rows = picture.feed_all(log.events)
    assert picture.status == "waiting_lock"
    assert picture.progress.retry
    assert "22222222" in rows[-1].sentence
    assert rows[-1].label.word == "COMPETING"
