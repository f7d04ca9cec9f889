"""The inbox lets a message in once, and counts the copies that it turns away."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from distviz.services.inbox import first_time
from distviz.services.places import Place


@pytest.mark.parametrize(("duplicates", "first"), [(0, True), (1, False), (2, False)])
def test_only_the_first_copy_is_let_in(duplicates: int, first: bool) -> None:
    asked: dict[str, Any] = {}

    def run(sql: str, **params: Any) -> list[dict[str, int]]:
        asked.update(params)
        return [{"duplicates": duplicates}]

    place = cast(Place, SimpleNamespace(name="payment", run=run))
    message: Any = SimpleNamespace(protocol="outbox", id="m-1", tx_id="tx-1")
    assert first_time(place, message) is first
    assert asked == {"consumer": "outbox.payment", "message": "m-1", "withdrawal": "tx-1"}
