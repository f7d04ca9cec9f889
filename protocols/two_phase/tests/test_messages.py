"""Four rounds of messages, and a plan that names every failure that can be switched on."""

from decimal import Decimal

from distviz.codes import Reason
from distviz.trace import faults, handlers
from distviz.trace.messages import from_wire
from protocols.registry import PROTOCOLS
from protocols.two_phase.messages import LINES, WHO, YES, Rollback, Vote, WithdrawalRequested

RUN = "c0ffee00-0000-4000-8000-000000000001"


def test_every_participant_has_messages_of_its_own() -> None:
    kinds = [kind for line in LINES.values() for kind in line.values()]
    ids = {kind(tx_id=RUN, user_id="alice", amount=Decimal(1)).id for kind in kinds}
    assert len(ids) == len(kinds) == 15
    assert all(len(handlers.ROUTES[kind]) == 1 for kind in kinds)
    assert {kind.__name__ for kind in LINES["account"].values()} == {
        "PrepareAccount",
        "AccountVoted",
        "CommitAccount",
        "RollbackAccount",
        "AccountDone",
    }


def test_each_kind_of_message_is_counted_alone() -> None:
    """Three votes are on their way at once: one that fails is not to use up the attempts of another."""
    names = [handler.name for line in LINES.values() for kind in line.values() for handler in handlers.ROUTES[kind]]
    assert len(set(names)) == 15
    assert "two_phase.coordinator.AccountVoted.count" in names
    assert "two_phase.payment.prepare" in names


def test_recovery_hangs_on_every_handler() -> None:
    for line in LINES.values():
        for kind in line.values():
            [handler] = handlers.ROUTES[kind]
            assert handler.give_up, kind
        assert handlers.ROUTES[line[Vote]][0].again
    assert handlers.ROUTES[WithdrawalRequested][0].again


def test_a_vote_survives_the_wire() -> None:
    vote = LINES["account"][Vote](
        tx_id=RUN, user_id="alice", amount=Decimal("100.00"), vote=YES, reason=Reason("insufficient_funds")
    )
    again = from_wire(vote.to_wire())
    assert again == vote
    assert WHO[type(again)] == "account"
    assert vote.form == "reply"


def test_every_point_of_the_contract_is_in_the_plan() -> None:
    offered = {point for step in PROTOCOLS["two_phase"].steps for point, _does in step.points()}
    moments = (
        "before_prepare",
        "between_prepares",
        "after_prepared",
        "after_decision",
        "between_commits",
        "after_commits",
    )
    wanted = {f"coordinator.{moment}" for moment in moments}
    for service in LINES:
        wanted |= {f"{service}.{m}" for m in ("before_prepare", "after_prepare", "before_commit", "after_commit")}
        wanted |= {f"{service}.{m}" for m in ("before_tx", "in_tx")}
    assert wanted <= offered
    assert wanted <= faults.POINTS.keys()


def test_only_before_the_vote_can_one_say_no() -> None:
    assert "decline" in faults.POINTS["payment.before_prepare"]
    assert "decline" not in faults.POINTS["payment.after_prepare"]
    assert "decline" not in faults.POINTS["payment.before_commit"]
    assert "decline" not in faults.POINTS["coordinator.after_prepared"]


def test_rollbacks_are_the_other_path_of_the_plan() -> None:
    steps = PROTOCOLS["two_phase"].steps
    assert {step.key for step in steps if step.compensation} == {
        *(line[Rollback].__name__ for line in LINES.values()),
        *(f"roll_back_{name}" for name in LINES),
    }
    assert len({step.key for step in steps}) == len(steps)
