"""What failed in the same way stands together."""

from decimal import Decimal
from typing import Any

from distviz.codes import Reason
from distviz.dashboard.attention import kinds
from distviz.dashboard.attention.shapes import CauseGroup, Item
from distviz.dashboard.attention.words import Words
from distviz.trace.models import Run


def used_up(at: str, **more: Any) -> Reason:
    return Reason("retries_used_up", {"why": {"code": "error_on_purpose", "params": {"at": at}}, **more})


def item(kind: str, owed: str = "100.00") -> Item:
    run = Run(protocol="saga")
    return Item(f"run-{run.pk}", "person", "", Words("", "", ""), run, error="why", owed=Decimal(owed), kind=kind)


def test_a_kind_is_the_protocol_and_the_codes_and_not_the_sum() -> None:
    one = kinds.of("saga", used_up("refund.in_tx", amount="100.00"), "")
    assert one == kinds.of("saga", used_up("refund.in_tx", amount="7.50"), "another text")
    assert one != kinds.of("saga", used_up("payment.in_tx"), "")
    assert one != kinds.of("outbox", used_up("refund.in_tx"), "")
    assert kinds.of("saga", None, "x") != kinds.of("saga", None, "y")


def test_the_largest_kind_comes_first_and_each_says_what_is_owed() -> None:
    whole = CauseGroup("person", "title", [item("b"), item("a"), item("a", "5.00"), item("c")], more=7)
    parts = kinds.parted(whole)
    assert [part.kind for part in parts] == ["a", "b", "c"]
    assert [len(part.items) for part in parts] == [2, 1, 1]
    assert [part.more for part in parts] == [0, 0, 7]
    assert parts[0].owed == Decimal("105.00")
    assert parts[0].key == "person-a"
    assert parts[0].says == "Saga: why"
    assert kinds.parted(CauseGroup("person", "title", [])) == []
