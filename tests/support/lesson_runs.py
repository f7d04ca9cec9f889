"""Runs as a lesson may meet them, made of a few words: what its answers are tried on."""

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from distviz.story.lesson.run_result import Case, RunResult
from distviz.story.lesson.shape import Scenario

START = datetime(2026, 1, 1, tzinfo=UTC)


def event(seq: int, text: str) -> Any:
    """`step/commit/refund@account +1500 wait=200`"""
    what, *rest = text.split()
    path, _, lane = what.partition("@")
    kind, phase, name = [*path.split("/"), "", ""][:3]
    at, data = seq, {}
    for word in rest:
        if word.startswith("+"):
            at = int(word)
        else:
            data["wait_ms"] = int(word.removeprefix("wait="))
    when = START + timedelta(milliseconds=at)
    return SimpleNamespace(seq=seq, at=when, lane=lane, kind=kind, phase=phase, name=name, data=data)


def run(status: str, taken: int, paid: int, *events: str, verdict: str = "", ended: bool = True) -> RunResult:
    known = verdict or ("consistent" if taken == paid else "temporarily_inconsistent")
    log = [event(seq, text) for seq, text in enumerate([*events, *(["finished//@client"] if ended else [])], 1)]
    return RunResult(uuid.uuid4(), status, known, Decimal(taken), Decimal(paid), log)


COMMITS = ("step/commit/deduct@account", "step/commit/charge@payment", "step/commit/complete@account")
PAID = run("succeeded", 100, 100, *COMMITS)
ONE = run("succeeded", 100, 100, "step/commit/withdraw@account")
LOST = run("inconsistent", 100, 0, "step/commit/deduct@account", "fault/fired/crash@account", verdict="money_lost")
TWICE = run("inconsistent", 100, 200, verdict="paid_twice")
NOTHING = run("declined", 0, 0, "fault/fired/decline@payment", "step/rollback/roll_back_account@account")
REFUNDED = run("compensated", 0, 0, "step/commit/deduct@account", "step/commit/refund@account")
STUCK = run("needs_attention", 100, 0, "retry/exhausted/refund@account", "attention/raised/refund@account")
SENT_TWICE = (
    "message/sent/MoneyDeducted@queue",
    "sweep/redriven/MoneyDeducted@queue",
    "message/sent/MoneyDeducted@queue",
)
IGNORED = "message/ignored/MoneyDeducted@payment"
SENT_ONCE = run("succeeded", 100, 100, SENT_TWICE[0], IGNORED)
PAID_BOTH = run("inconsistent", 100, 200, *SENT_TWICE, verdict="paid_twice")
AGAIN = run("succeeded", 100, 100, *SENT_TWICE, IGNORED)
LATE = run("compensated", 0, 0, "step/commit/refund@account", *SENT_TWICE, IGNORED)
LAGGING = run("succeeded", 100, 100, "step/commit/deduct@account +10", "step/commit/project@read_model +3100")
QUICK = run("succeeded", 100, 100, "step/commit/deduct@account +10", "step/commit/project@read_model +30")
STORM = run("succeeded", 100, 100, *(f"retry/scheduled/charge@payment wait={n}" for n in (51, 104, 220)))
STEADY = run("succeeded", 100, 100, *(f"retry/scheduled/charge@payment wait={n}" for n in (50, 50, 50)))
HOLDER = run("failed", 0, 0, "step/prepared/prepare_account@account +10", "step/begin/decide@api +900")
WAITER = run(
    "succeeded", 100, 100, "step/begin/prepare_account@account +60", "step/prepared/prepare_account@account +905"
)
POOL = (PAID, LOST, TWICE, NOTHING, REFUNDED, STORM, STEADY)
WIDE = (*POOL, ONE, STUCK, AGAIN, SENT_ONCE, PAID_BOTH, LATE, LAGGING, QUICK, HOLDER, WAITER)


def case(scenario: Scenario, runs: list[RunResult]) -> Case:
    return Case({shot.key: result for shot, result in zip(scenario.shots, runs, strict=True)})


def right(scenario: Scenario, *runs: RunResult) -> list[str]:
    """The answers that hold for these runs."""
    return [answer.key for answer in scenario.answers if answer.holds(case(scenario, list(runs)))]
