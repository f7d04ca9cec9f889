"""What the broker delivers once more after a run is over has no effect, and is counted."""

from collections.abc import Callable

from tests.support.stack import Stack, wait_for

# As a broker would that has forgotten the acknowledgement.
AGAIN = """
from decimal import Decimal
from distviz.trace import sending
from distviz.trace.handlers import ROUTES
from distviz.trace.messages import TYPES

kind = TYPES["{protocol}.MoneyDeducted"]
message = kind(tx_id="{run}", user_id="{name}", amount=Decimal("100.00"))
sending.publish(ROUTES[kind][0], message.to_wire(), sending.delivery_of("{run}"), cause=None)
"""
COPIES = "SELECT duplicates FROM inbox WHERE withdrawal_id = %s"


def test_a_copy_after_the_end_is_counted_by_its_run_and_its_inbox(stack: Stack, account: Callable[[], str]) -> None:
    name = account()
    run_id = stack.withdraw("saga", name)
    ended = stack.ended(run_id)
    assert (ended["status"], ended["late"]) == ("succeeded", 0)
    before = stack.sql("payment", COPIES, run_id)[0]["duplicates"]
    stack.manage("shell", "-c", AGAIN.format(protocol="saga", run=run_id, name=name))
    wait_for(lambda: stack.run(run_id)["late"] == 1, 30, "the copy is counted")
    wait_for(lambda: stack.sql("payment", COPIES, run_id)[0]["duplicates"] == before + 1, 10, "the inbox counts it")
    assert stack.balance("saga", name) == "900.00"
    assert stack.run(run_id)["seq"] == ended["seq"]
    assert "1 copy came after the end" in stack.client.get(f"/runs/{run_id}/").text
