"""Guards that can be taken out for one run."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from distviz.errors import BadRequest, Forbidden
from distviz.runs import asking
from distviz.services.inbox import first_time
from distviz.story.without import guards_off
from distviz.trace import context, guards, unguarded
from distviz.trace.context import FaultRef
from distviz.trace.models import Event
from distviz.trace.watching import WITHOUT
from protocols.registry import PROTOCOLS

EVERY = [(key, guard) for key, protocol in PROTOCOLS.items() for guard in protocol.guards]


@pytest.mark.parametrize(("protocol", "guard"), EVERY, ids=lambda one: getattr(one, "key", one))
def test_a_guard_says_what_it_does_what_happens_without_it_and_where_it_is(protocol: str, guard: guards.Guard) -> None:
    assert str(guard.says)
    assert str(guard.without)
    module, _, name = guard.where.partition(":")
    assert module.split(".")[0] in ("distviz", "protocols")
    assert name
    assert guard.line > 1
    assert set(guard.beside) <= PROTOCOLS[protocol].by_guard.keys()


def test_the_line_is_the_code_s_own() -> None:
    inbox = PROTOCOLS["saga"].by_guard["inbox"]
    assert inbox.where == "distviz.services.inbox:first_time"
    assert inbox.line == first_time.__code__.co_firstlineno


@pytest.mark.parametrize(
    ("keys", "field", "code"),
    [
        ("inbox", "guards_off", "guards_are_a_list"),
        (["nothing"], "guards_off[0]", "no_such_guard"),
        (["inbox", "same_transaction"], "guards_off[1]", "no_such_guard"),
        (["inbox", 7], "guards_off[1]", "no_such_guard"),
        (["inbox"] * 21, "guards_off", "too_many_faults"),
    ],
)
def test_what_is_no_guard_of_this_protocol_is_named(keys: object, field: str, code: str) -> None:
    """The outbox row in the same transaction is none of the saga's guards."""
    with pytest.raises(BadRequest) as refused:
        guards.check(keys, PROTOCOLS["saga"].by_guard)
    assert (refused.value.field, refused.value.reason.code) == (field, code)


def test_a_guard_is_off_for_the_run_that_asked_for_it_alone() -> None:
    fault = FaultRef(1, "inbox", WITHOUT, 1, 1000)
    assert not guards.off("inbox")
    with context.handling(context.Delivery("run", faults=[fault])):
        assert guards.off("inbox")
        assert not guards.off("sweep")
    with context.handling(context.Delivery("another")):
        assert not guards.off("inbox")
    with context.handling(context.Delivery("run", faults=[FaultRef(1, "inbox", "error", 1, 1000)])):
        assert not guards.off("inbox")


def test_the_wish_travels_in_the_note() -> None:
    fault = FaultRef(1, "inbox", WITHOUT, 1, 1000)
    note = context.Delivery("run", faults=[fault]).note()
    assert context.read_note(note) == [fault]


def test_such_a_run_is_given_an_account_of_its_own_always_the_same() -> None:
    given = unguarded.instead_of("alice")
    assert given in unguarded.NAMES
    assert unguarded.instead_of("alice") == given
    assert unguarded.instead_of(given) == given
    assert not unguarded.is_own("alice")
    accounts = [SimpleNamespace(name=name) for name in ("alice", given, "unguarded-1a2b-7")]
    assert unguarded.guarded(accounts) == accounts[:1]


@pytest.mark.parametrize(
    ("data", "out"),
    [({"guards_off": ["inbox", 7]}, ["inbox", "7"]), ({}, []), ({"guards_off": "inbox"}, []), ("odd", [])],
)
def test_the_first_event_says_which_guards_are_out(data: Any, out: list[str]) -> None:
    assert guards_off([Event(seq=1, data=data), Event(seq=2, data={"guards_off": ["sweep"]})]) == out
    assert guards_off([]) == []


def test_where_failures_are_off_guards_stay(settings: object) -> None:
    settings.FAULTS_ENABLED = False  # type: ignore[attr-defined]
    wanted = asking.Withdrawal("saga", "alice", Decimal("1.00"), guards_off=["inbox"])
    with pytest.raises(Forbidden):
        asking.ask(wanted, publish=None)


@pytest.mark.parametrize("odd", [None, {}, "", 0])
def test_no_list_of_guards_is_refused_by_name(odd: Any) -> None:
    with pytest.raises(BadRequest) as refused:
        asking._checked(asking.Withdrawal("saga", "alice", Decimal("1.00"), guards_off=odd))
    assert refused.value.field == "guards_off"


def test_the_same_request_without_a_guard_is_another_one() -> None:
    one = asking.Withdrawal("saga", "alice", Decimal("1.00"))
    assert one.digest() != asking.Withdrawal("saga", "alice", Decimal("1.00"), guards_off=["inbox"]).digest()
