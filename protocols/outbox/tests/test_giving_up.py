"""Retries used up: is it the message, or is the store away?"""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError
from pymongo.errors import ServerSelectionTimeoutError

from distviz.codes import Reason
from distviz.errors import Transient
from protocols.outbox.messages import MoneyDeducted
from protocols.outbox.recovery.giving_up import unless_down

MESSAGE = MoneyDeducted(tx_id=str(uuid4()), user_id="alice", amount=Decimal("1.00"))


def raising(error: Exception) -> Any:
    def ask() -> None:
        raise error

    return ask


@pytest.mark.parametrize("error", [OperationalError("down"), ServerSelectionTimeoutError("down")])
def test_a_store_that_is_down_is_waited_for(error: Exception) -> None:
    assert unless_down(raising(error))(MESSAGE, Reason.prose("the last error")) is None


def test_a_message_that_a_living_store_refuses_needs_a_person() -> None:
    with pytest.raises(Transient, match="the last error"):
        unless_down(lambda: None)(MESSAGE, Reason.prose("the last error"))
