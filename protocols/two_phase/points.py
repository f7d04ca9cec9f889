"""Where two-phase commit can be broken, and which status the run has meanwhile. It hangs on the page's steps and
messages from outside."""

from distviz.trace import faults
from distviz.trace.context import Delivery, OpenStep
from distviz.trace.points import Moments, after_sending, at_step, before_sending
from protocols.two_phase import log, shown
from protocols.two_phase.messages import LINES, Commit, Prepare

PROTOCOL = "two_phase"

_COORDINATOR = (
    "before_prepare",
    "between_prepares",
    "after_prepared",
    "after_decision",
    "between_commits",
    "after_commits",
)
for _moment in _COORDINATOR:
    faults.know_point(f"coordinator.{_moment}", faults.AFTER_ACTIONS)
for _name in LINES:
    faults.know_point(f"{_name}.before_prepare", faults.STEP_ACTIONS)
    for _moment in ("after_prepare", "before_commit"):
        faults.know_point(f"{_name}.{_moment}", faults.AFTER_ACTIONS)


# --- the coordinator ----------------------------------------------------------------------------------------------


def all_prepared(delivery: Delivery) -> Moments:
    """All are prepared, and nothing is decided yet."""
    return ("coordinator.after_prepared",) if delivery.faults and log.read(delivery.run_id).unanimous else ()


def all_committed(delivery: Delivery) -> Moments:
    decision = log.decision_on(delivery.run_id) if delivery.faults else None
    return ("coordinator.after_commits",) if decision and decision.commits else ()


def until_decided(delivery: Delivery) -> str | None:
    """Each participant that was asked may be prepared."""
    return "in_doubt" if log.read(delivery.run_id).waiting else None


def until_ended(delivery: Delivery) -> str | None:
    decision = log.decision_on(delivery.run_id)
    return "committing" if decision and decision.commits else "running"


at_step(PROTOCOL, "begin", points=None)
before_sending(LINES["account"][Prepare], "coordinator.before_prepare")
after_sending(LINES["account"][Prepare], "coordinator.between_prepares")
at_step(
    PROTOCOL,
    "decide",
    points=None,
    ahead=all_prepared,
    after="coordinator.after_decision",
    status=until_decided,
    ended=shown.announce,
)
after_sending(LINES["account"][Commit], "coordinator.between_commits")
at_step(PROTOCOL, "end", points=None, ahead=all_committed, status=until_ended)


def until_it_is_decided(opened: OpenStep) -> str:
    """What is prepared is in doubt, unless the decision is made already."""
    return "" if opened.data.get("decided") else "in_doubt"


# --- the participants ---------------------------------------------------------------------------------------------

for _name in LINES:
    _databases = _name != "notification"  # MongoDB has no moment between its work and its promise
    at_step(
        PROTOCOL,
        f"prepare_{_name}",
        points=_name,
        before=("before_prepare", "before_tx") if _databases else ("before_prepare", "before_tx", "in_tx"),
        within="in_tx" if _databases else (),
        after="after_prepare",
        then=until_it_is_decided,
        ends="prepared",
        begun=shown.locks,
    )
    at_step(
        PROTOCOL,
        f"commit_{_name}",
        points=_name,
        before="before_commit",
        within=(),
        status="committing",
        fails="failed",
        order=True,
    )
    # `refund.*` are the account's fault points here, too: its rollback is what sets the money free again.
    at_step(
        PROTOCOL,
        f"roll_back_{_name}",
        points="refund" if _name == "account" else None,
        before=("before_tx", "in_tx"),
        within=(),
        ends="rollback",
        fails="failed",
        order=True,
    )
