"""A run as it is exported: with most of what can be drawn, and with text that tries to get out of every format."""

import uuid
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from distviz.export.one_run import Story
from distviz.trace.models import Event
from distviz.trace.models import Run as RunModel
from tests.support.made_up_run import Log

SPECIAL_CHARACTERS = '</script><script>alert("1")</script><!-- ]]> & \u2028 `|` ; # %% =cmd()'
RUN_ID = uuid.UUID("0e18c712-72a2-4147-a7a2-f70710f2a5de")


def story(log: Log, protocol: str = "saga", note: str = SPECIAL_CHARACTERS, account: str = "alice") -> Story:
    made = datetime(2025, 3, 1, 12, tzinfo=UTC)
    run = RunModel(
        id=RUN_ID, protocol=protocol, account=account, amount="100.00", note=note, trace_id="a" * 32, created_at=made
    )
    run.amount = RunModel._meta.get_field("amount").to_python("100.00")
    events = [Event(run_id=RUN_ID, **_columns(event)) for event in log.events]
    faults = [SimpleNamespace(at="payment.in_tx", do="decline", times=1, ms=1000, fired=1)]
    return Story(run, events, faults)


def _columns(event: Any) -> dict[str, Any]:
    return {name: getattr(event, name) for name in event.__dataclass_fields__}


def eventful(text: str = SPECIAL_CHARACTERS) -> Log:
    """A refused payment, a lost message, a kill, a wait, a copy: most of what can be drawn."""
    log = Log().sent("api", "account", "WithdrawalRequested", form="command").deducted()
    log.sent("account", "payment", "MoneyDeducted", phase="lost").sent("account", "payment", "MoneyDeducted", copies=2)
    log("payment", "step", "begin", "charge")("payment", "fault", "fired", "crash", data={"at": "payment.in_tx"})
    log("payment", "step", "begin", "charge", attempt=2, wait_ms=2500)
    log("payment", "step", "rollback", "charge", error=text, attempt=2)
    log("payment", "retry", "scheduled", "charge", error=text, data={"wait_ms": 1000, "next_attempt": 3, "of": 5})
    log("payment", "step", "prepared", "charge").sent("payment", "account", "PaymentFailed", phase="parked")
    undone = {"compensates": "deduct", "money": {"refund": {"account": "100.00"}}}
    log("account", "step", "begin", "refund", data=undone)("account", "step", "commit", "refund", data=undone)
    return log("payment", "step", "rollback", "charge").finished("compensated", "consistent", missing="0.00")
