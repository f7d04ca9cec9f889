"""What chaos calls a violation: for each of them the smallest facts that break it, and facts that break nothing."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from distviz.chaos.clients import Operation
from distviz.chaos.verdict import CampaignEvidence, RunRow, judge
from distviz.chaos.workload import Wish
from distviz.codes import Reason

WISH = Wish("chaos 0-1", "saga", "alice", Decimal("12.34"), key="chaos-0-1")
ROW = RunRow("run-1", "saga", "alice", Decimal("12.34"), "succeeded", "chaos 0-1")
ALICE = ("saga", "alice")


def one(*ends: str, runs: tuple[str, ...] = ("run-1",), **more: Any) -> Operation:
    return Operation(WISH, runs=list(runs), ends=list(ends), **more)


def evidence(**other: Any) -> CampaignEvidence:
    good = CampaignEvidence(
        operations=[one("succeeded")], runs=[ROW], balances={ALICE: Decimal("87.66")}, opening=Decimal(100)
    )
    return replace(good, **other)


def codes(found: CampaignEvidence) -> list[str]:
    return [reason.code for reason in judge(found)]


def test_facts_that_agree_hold() -> None:
    assert judge(evidence()) == []


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"runs": [ROW, replace(ROW, id="run-2")], "balances": {}}, "chaos_twice"),
        ({"runs": [], "balances": {}}, "chaos_lost"),
        ({"operations": [one(runs=("run-1", "run-2"))]}, "chaos_key_two_runs"),
        ({"operations": [one(runs=(), refused=422)]}, "chaos_refused_and_made"),
        ({"operations": [one(odd=1)]}, "chaos_key_taken_again"),
        ({"operations": [one("failed")]}, "chaos_told_otherwise"),
        ({"operations": [one("declined", "succeeded")]}, "chaos_told_otherwise"),
        ({"runs": [replace(ROW, amount=Decimal("12.35"))], "balances": {}}, "chaos_other"),
        ({"operations": []}, "chaos_unasked"),
        ({"runs": [replace(ROW, status="needs_attention")], "balances": {}}, "chaos_attention"),
        ({"runs": [replace(ROW, status="running", over=False)], "balances": {}}, "chaos_open"),
        ({"runs": [replace(ROW, ended=131.0)], "healed": 100.0}, "chaos_late"),
        ({"balances": {ALICE: Decimal("87.65")}}, "chaos_balance"),
        ({"balances": {ALICE: Decimal("100.00")}}, "chaos_balance"),
        ({"projected": {ALICE: Decimal("100.00")}}, "chaos_projected"),
        ({"broken": {"saga": [Reason("ledger_adds_up")]}}, "chaos_books"),
        ({"prepared": ["dv:run-1:account"]}, "chaos_prepared"),
        ({"unacked": 6}, "chaos_queued"),
        ({"queued": 1}, "chaos_queued"),
        ({"idle": ["account worker"]}, "chaos_idle"),
        ({"not_ready": "503"}, "chaos_not_ready"),
        ({"died": ["TypeError: ..."]}, "chaos_client_died"),
    ],
)
def test_each_violation_is_found(other: dict[str, Any], code: str) -> None:
    assert code in codes(evidence(**other))


def test_an_unknown_request_may_have_been_made_or_not() -> None:
    unknown = one(runs=())
    assert judge(evidence(operations=[unknown])) == []
    assert judge(evidence(operations=[unknown], runs=[], balances={ALICE: Decimal(100)})) == []


def test_what_an_open_run_wants_may_be_gone_or_not() -> None:
    still_open = replace(ROW, status="running", over=False)
    for balance in ("100.00", "87.66"):
        assert codes(evidence(operations=[one()], runs=[still_open], balances={ALICE: Decimal(balance)})) == [
            "chaos_open"
        ]
    assert "chaos_balance" in codes(evidence(operations=[one()], runs=[still_open], balances={ALICE: Decimal("87.65")}))


def test_what_a_lossy_protocol_reports_may_be_gone_and_nothing_else() -> None:
    lost = replace(ROW, status="inconsistent")
    for balance, wrong in (("100.00", []), ("87.66", []), ("87.65", ["chaos_balance"]), ("100.01", ["chaos_balance"])):
        found = evidence(operations=[one()], runs=[lost], balances={ALICE: Decimal(balance)}, lossy=frozenset({"saga"}))
        assert codes(found) == wrong
    trusted = evidence(operations=[one()], runs=[lost], balances={ALICE: Decimal("87.66")})
    assert codes(trusted) == ["chaos_balance"]
