"""What hangs on a step and on a statement from outside of the page."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from distviz.services.places import ACCOUNT, PAYMENT, Place
from distviz.trace import bus, context, faults, handlers, points, statements
from distviz.trace.handlers import Handler
from distviz.trace.log_events import EventRow
from distviz.trace.messages import Message
from distviz.trace.steps import afterwards, changed, closing, step
from tests.support import run_log

DELIVERY = context.Delivery(run_id="r", protocol="p", lane="queue")


class First(Message):
    """One kind of message."""


class Second(Message):
    """Another one."""


class Thing:
    """What a step is done for that no message asked for."""


@pytest.fixture
def phases(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    said: list[str] = []
    run_log.heard(monkeypatch, lambda _run, one: said.append(one.event.phase))
    return said


@context.acts_for(Thing)
@contextmanager
def on_behalf_of(things: list[Thing]) -> Iterator[None]:
    with context.handling(DELIVERY):
        yield


def test_a_step_is_done_in_the_name_of_what_it_is_for(phases: list[str]) -> None:
    with step("publish", of=[Thing()]):
        assert context.current() is DELIVERY
    assert context.current() is None
    assert phases == ["begin", "commit"]


def test_afterwards_is_after_the_commit_was_told(phases: list[str]) -> None:
    with step("publish", of=[Thing()]):
        afterwards(lambda: phases.append(f"afterwards, in the name of {context.current().run_id}"))  # type: ignore[union-attr]
        assert phases == ["begin"]
    assert phases == ["begin", "commit", "afterwards, in the name of r"]
    afterwards(lambda: phases.append("at once"))
    assert phases[-1] == "at once"


def test_nothing_comes_after_a_rollback(phases: list[str]) -> None:
    def fails() -> None:
        with step("publish", of=[Thing()]):
            afterwards(lambda: phases.append("afterwards"))
            raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        fails()
    assert phases == ["begin", "rollback"]


def test_who_hangs_on_a_statement_hears_its_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[tuple[str, Mapping[str, Any], Any]] = []
    sql = "SELECT %(n)s AS n -- of this test"
    monkeypatch.setattr(Place, "ask", lambda self, sql, params: [{"n": params["n"]}])
    statements.at_statement(sql)(lambda place, given, rows: heard.append((place.name, given, rows)))
    ACCOUNT.run(sql, n=1)
    ACCOUNT.run("SELECT 2 AS n", n=2)
    assert heard == [("account", {"n": 1}, [{"n": 1}])]


def test_closing_may_still_add_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    ends: list[EventRow] = []
    run_log.heard(monkeypatch, lambda _run, one: ends.append(one.event))
    with step("publish", of=[Thing()]):
        closing(lambda: changed("account", "row", None, {"seen": True}))
    assert [row["row"] for row in ends[-1].changes] == ["row"]


def test_a_handler_may_be_called_by_another_one() -> None:
    called: list[str] = []
    handler = Handler(ACCOUNT, Message, lambda message: called.append("itself"), retries=True)

    @handler.instead
    def twice(message: Any) -> None:
        handler(message)
        handler(message)

    handler.take("message", again=False)  # type: ignore[arg-type]
    assert called == ["itself", "itself"]


@pytest.fixture
def met(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The moments at which a step meets its fault points, and what is told meanwhile."""
    said: list[str] = []
    run_log.heard(monkeypatch, lambda _run, one: said.append(one.event.phase))
    monkeypatch.setattr(faults, "fire", lambda points, locks=None: said.extend(points))
    monkeypatch.setattr(points, "_STEPS", {})
    return said


def test_a_step_meets_its_points_ahead_of_its_begin_before_and_after_it(met: list[str]) -> None:
    points.at_step(
        "p",
        "decide",
        points="payment",
        ahead=lambda delivery: (f"{delivery.lane}.ahead",),
        begun=lambda delivery, opened: closing(lambda: met.append(f"closing {opened.name}")),
        ended=lambda delivery, opened: met.append(f"ended {opened.name}"),
    )
    with context.handling(context.Delivery("r", "p", "queue")), step("decide"):
        met.append("work")
    assert met == [
        "queue.ahead",
        "begin",
        "payment.before_tx",
        "work",
        "closing decide",
        "commit",
        "ended decide",
        "payment.after_commit",
    ]


def test_recovery_meets_no_points(met: list[str]) -> None:
    points.at_step("p", "decide", points="payment", ahead=lambda delivery: ("payment.ahead",))
    with context.handling(context.Delivery("r", "p", "queue", redriven=True)), step("decide"):
        pass
    assert met == ["begin", "commit"]


def test_one_reaction_to_several_messages_of_several_services(monkeypatch: pytest.MonkeyPatch) -> None:
    routes: dict[Any, list[handlers.Handler]] = {}
    monkeypatch.setattr(bus, "ROUTES", routes)

    @bus.on(ACCOUNT, First, Second)
    @bus.on(PAYMENT, First)
    def react(message: Message) -> None:
        """Nothing."""

    found = [handler for listening in routes.values() for handler in listening]
    assert sorted(handler.name for handler in found) == [
        ".account.First.react",
        ".account.Second.react",
        ".payment.react",
    ]
    react.asked_again(print)
    react.gives_up(print)
    assert all(handler.again is print and handler.give_up is print for handler in found)
    assert {"message.First", "message.Second"} <= faults.POINTS.keys()
    for name in ("message.First", "message.Second"):
        del faults.POINTS[name]
