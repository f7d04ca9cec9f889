"""What hangs on a step and on a statement from outside of the page."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from distviz.services.places import ACCOUNT, Place
from distviz.trace import context, log, statements
from distviz.trace.handlers import Handler
from distviz.trace.messages import Message
from distviz.trace.steps import afterwards, changed, closing, step

DELIVERY = context.Delivery(run_id="r", protocol="p", lane="queue")


class Thing:
    """What a step is done for that no message asked for."""


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    said: list[str] = []
    monkeypatch.setattr(log, "append", lambda run, *, phase, **_: said.append(phase))
    return said


@context.acts_for(Thing)
@contextmanager
def on_behalf_of(thing: Thing) -> Iterator[None]:
    token = context.enter(DELIVERY)
    try:
        yield
    finally:
        context.leave(token)


def test_a_step_is_done_in_the_name_of_what_it_is_for(told: list[str]) -> None:
    with step("publish", of=Thing()):
        assert context.current() is DELIVERY
    assert context.current() is None
    assert told == ["begin", "commit"]


def test_afterwards_is_after_the_commit_was_told(told: list[str]) -> None:
    with step("publish", of=Thing()):
        afterwards(lambda: told.append(f"afterwards, in the name of {context.current().run_id}"))  # type: ignore[union-attr]
        assert told == ["begin"]
    assert told == ["begin", "commit", "afterwards, in the name of r"]
    afterwards(lambda: told.append("at once"))
    assert told[-1] == "at once"


def test_nothing_comes_after_a_rollback(told: list[str]) -> None:
    def fails() -> None:
        with step("publish", of=Thing()):
            afterwards(lambda: told.append("afterwards"))
            raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        fails()
    assert told == ["begin", "rollback"]


def test_who_hangs_on_a_statement_hears_its_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[tuple[str, Mapping[str, Any], Any]] = []
    sql = "SELECT %(n)s AS n -- of this test"
    monkeypatch.setattr(Place, "ask", lambda self, sql, params: [{"n": params["n"]}])
    statements.at_statement(sql)(lambda place, given, rows: heard.append((place.name, given, rows)))
    ACCOUNT.run(sql, n=1)
    ACCOUNT.run("SELECT 2 AS n", n=2)
    assert heard == [("account", {"n": 1}, [{"n": 1}])]


def test_closing_may_still_add_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    ends: list[dict[str, Any]] = []
    monkeypatch.setattr(log, "append", lambda run, **event: ends.append(event))
    with step("publish", of=Thing()):
        closing(lambda: changed("account", "row", None, {"seen": True}))
    assert [row["row"] for row in ends[-1]["changes"]] == ["row"]


def test_a_handler_may_be_called_by_another_one() -> None:
    called: list[str] = []
    handler = Handler(ACCOUNT, Message, lambda message: called.append("itself"), retries=True)

    @handler.instead
    def twice(message: Any) -> None:
        handler(message)
        handler(message)

    handler.take("message", again=False)  # type: ignore[arg-type]
    assert called == ["itself", "itself"]
