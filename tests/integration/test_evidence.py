"""What counts as evidence on /promises/ and /choose/: runs that only their own faults have had a part in."""

import json
from collections.abc import Callable

import pytest

from tests.support.stack import Stack, wait_for

_ASK = """
import json
from distviz.dashboard.choose.claims import claims
from distviz.dashboard.promises.table import lines
shown = [str(s.proof.run.pk) for line in lines(["two_phase", "saga"]) for s in line.cells if s.proof]
medians = [str(run) for claim in claims() for run in claim.plain.runs]
print("@" + json.dumps([shown, medians]))
"""
_COMPETE = """
from distviz.runs import asking, rivals
print("@" + str(asking.ask(rivals.rival("%s"), publish=None).pk))
"""
_RESOLVED = """
INSERT INTO operator_actions (at, actor, what, run_id, target, reason, outcome)
VALUES (now(), 'ann', 'commit', %s, '', 'because', 'done')
"""


def said(stack: Stack, code: str) -> str:
    return stack.manage("shell", "-c", code).stdout.rpartition("@")[2].strip()


def evidence(stack: Stack) -> tuple[list[str], list[str]]:
    """The runs that /promises/ shows, and those that /choose/ has its medians of."""
    shown, medians = json.loads(said(stack, _ASK))
    return shown, medians


def a_rival(stack: Stack, account: str) -> str:
    held = stack.withdraw("two_phase", account, "coordinator.after_prepared:hold")
    stack.reaches(held, "hold", "held")
    rival = said(stack, _COMPETE % held)
    stack.reaches(rival, "message", "received")
    assert stack.client.post(f"/api/runs/{held}/release").status_code < 300
    stack.ended(held, 60)
    stack.ended(rival, 60)
    return rival


def one_that_had_a_rival(stack: Stack, account: str) -> str:
    """Nothing but the rival marks it: it is over too soon to have one by itself."""
    first = stack.withdraw("saga", account)
    stack.ended(first)
    rival = says_of_itself(stack, account, rival_of=first)
    sql = "UPDATE runs SET created_at = (SELECT created_at FROM runs WHERE id = %s) WHERE id = %s"
    stack.sql("default", sql, first, rival)
    return first


def one_in_step_mode(stack: Stack, account: str) -> str:
    run_id = stack.withdraw("saga", account, mode="step")

    def over() -> bool:
        run = stack.run(run_id)
        for parked in run["parked"]:
            stack.client.post(f"/api/runs/{run_id}/messages/{parked['mid']}/deliver")
        return bool(run["finished"])

    wait_for(over, 60, "every message is delivered by hand")
    return run_id


def one_that_an_operator_resolved(stack: Stack, account: str) -> str:
    run_id = stack.withdraw("two_phase", account)
    stack.ended(run_id)
    stack.sql("default", _RESOLVED, run_id)
    return run_id


def one_without_a_guard(stack: Stack, account: str) -> str:
    return says_of_itself(stack, account, guards_off=["inbox"])


def one_that_left_step_mode(stack: Stack, account: str) -> str:
    """Nobody delivered anything, so it went on at full speed: its minutes are no measurement."""
    return says_of_itself(stack, account, mode="step")


def a_lessons_second_withdrawal(stack: Stack, account: str) -> str:
    return says_of_itself(stack, account, second=True)


def says_of_itself(stack: Stack, account: str, **data: object) -> str:
    run_id = stack.withdraw("saga", account)
    stack.ended(run_id)
    sql = "UPDATE run_events SET data = data || %s::jsonb WHERE run_id = %s AND seq = 1"
    stack.sql("default", sql, json.dumps(data), run_id)
    return run_id


def test_what_others_had_a_hand_in_is_no_evidence(stack: Stack, account: Callable[[], str]) -> None:
    kinds = (
        a_rival,
        one_that_had_a_rival,
        one_in_step_mode,
        one_that_left_step_mode,
        one_that_an_operator_resolved,
        one_without_a_guard,
        a_lessons_second_withdrawal,
    )
    made = {kind.__name__: kind(stack, account()) for kind in kinds}
    plain = stack.withdraw("saga", account())
    stack.ended(plain)
    shown, medians = evidence(stack)
    assert not [kind for kind, run_id in made.items() if run_id in shown]
    assert not [kind for kind, run_id in made.items() if run_id in medians]
    assert plain in shown
    assert plain in medians


@pytest.mark.parametrize("protocol", ["saga", "two_phase"])
def test_the_newest_plain_run_is_shown_whatever_came_after_it(
    stack: Stack, account: Callable[[], str], protocol: str
) -> None:
    run_id = stack.withdraw(protocol, account())
    stack.ended(run_id)
    a_lessons_second_withdrawal(stack, account())
    a_rival(stack, account())
    assert run_id in evidence(stack)[0]
