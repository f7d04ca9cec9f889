"""Prepared transactions that no run will ever end: each is named wherever somebody looks for what is in doubt."""

import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from typing import Any

import psycopg
import pytest

from tests.support.stack import Stack, wait_for

ROW = "UPDATE accounts SET balance = balance WHERE name = %s"
HELD = [("saga", "account"), ("two_phase", "account"), ("outbox", "account"), ("dual_write", "account")]
HELD += [("monolith", "monolith")]


@cache
def places(stack: Stack) -> dict[str, Any]:
    return dict(stack.topology()["databases"])


@contextmanager
def prepared(stack: Stack, alias: str, gid: str, name: str = "") -> Iterator[None]:
    """By somebody else; with a name it holds the account's row under every protocol of that database."""
    with psycopg.connect(places(stack)[alias]["dsn"], autocommit=True) as session:
        session.execute("BEGIN")
        if name:
            session.execute(ROW, [name])
        session.execute(f"PREPARE TRANSACTION '{gid}'")
    try:
        yield
    finally:
        stack.sql(alias, f"ROLLBACK PREPARED '{gid}'")


def names_it(event: dict[str, Any], gid: str) -> bool:
    return gid in str(event.get("error")) + str(event.get("data"))


@pytest.mark.parametrize(("protocol", "alias"), HELD)
def test_the_log_names_the_foreign_transaction_that_holds_the_row(
    stack: Stack, account: Callable[[], str], protocol: str, alias: str
) -> None:
    name, gid = account(), f"somebody-else-{uuid.uuid4()}"
    with prepared(stack, alias, gid, name):
        run_id = stack.withdraw(protocol, name)
        wait_for(lambda: any(names_it(event, gid) for event in stack.events(run_id)), 30, "its log names the holder")
        rows = {row["gid"]: row for row in stack.client.get("/api/in-doubt").json()["rows"]}
        assert (rows[gid]["kind"], rows[gid]["server"], rows[gid]["run"]) == ("foreign", alias, None)
        assert any(lock["relation"] == "accounts" for lock in rows[gid]["locks"])
        wait_for(lambda: gid in stack.client.get("/attention/").text, 30, "it is on /attention/")
    run = stack.ended(run_id, 60)
    assert run["status"] in ("succeeded", "failed")
    assert stack.balance(protocol, name) == ("900.00" if run["status"] == "succeeded" else "1000.00")


MALFORMED = ["dv:not-a-run:account", f"dv:{uuid.uuid4()}:payment", f"dv:{str(uuid.uuid4()).upper()}:account", "dv:"]


def test_recovery_says_that_it_cannot_settle_malformed_names(stack: Stack) -> None:
    with ExitStack() as all_of_them:
        for gid in MALFORMED:
            all_of_them.enter_context(prepared(stack, "account", gid))
        done = stack.manage("recover", "--once", "--min-age", "0", check=False)
        assert done.returncode == 1
        kinds = {row["gid"]: row["kind"] for row in stack.client.get("/api/in-doubt").json()["rows"]}
        for gid in MALFORMED:
            assert f"left: account: {gid} names no run" in done.stdout
            assert kinds[gid] == "malformed"
    assert stack.manage("recover", "--once", "--min-age", "0", check=False).returncode == 0


def counts(stack: Stack) -> tuple[int, int, int, int]:
    """/readyz, the API, the section of /attention/, and of the badge what it counts beside the rest."""
    api = stack.client.get("/api/in-doubt").json()["counts"]
    page = stack.client.get("/attention/").text
    section = re.search(r'id="cause-doubt".*?class="n"\s*>(\d+)<', page, re.DOTALL)
    badge = re.search(r">(\d+)<span", stack.client.get("/attention/badge/").text)
    total = sum(int(number) for number in re.findall(r'class="n"\s*>(\d+)<', page))
    assert int(badge[1] if badge else 0) == total
    ready = stack.client.get("/readyz").json()["in_doubt"]
    return ready, api["prepared"], api["transactions"], int(section[1]) if section else 0


def test_the_badge_counts_each_message_of_one_run(stack: Stack, account: Callable[[], str]) -> None:
    """As the page lists them: each is delivered by itself."""
    run_id = stack.withdraw("two_phase", account(), mode="step")
    parked = lambda: stack.run(run_id)["parked"]  # noqa: E731
    first = wait_for(parked, what="its request is parked")[0]["mid"]
    assert stack.client.post(f"/api/runs/{run_id}/messages/{first}/deliver").status_code == 200
    number = len(wait_for(lambda: parked() if len(parked()) > 1 else [], what="what it asks of each participant"))
    page = stack.client.get("/attention/").text
    assert page.count(f"/runs/{run_id}/") >= number
    with suppress(AssertionError):
        wait_for(lambda: not _differ(stack), 30)
    assert _differ(stack) == ""
    wait_for(lambda: _delivered(stack, run_id)["status"] == "succeeded", 60, "it is over")


def _delivered(stack: Stack, run_id: str) -> dict[str, Any]:
    run = stack.run(run_id)
    for message in run["parked"]:
        stack.client.post(f"/api/runs/{run_id}/messages/{message['mid']}/deliver")
    return run


def _differ(stack: Stack) -> str:
    try:
        counts(stack)
    except AssertionError as error:
        return str(error)
    return ""


def test_the_counts_agree_everywhere(stack: Stack, account: Callable[[], str]) -> None:
    """A run in doubt on two servers, a foreign transaction, a malformed one, and one name on two servers."""
    comes_to(stack, (0, 0, 0, 0))  # nobody else's is left
    run_id = stack.withdraw("two_phase", account(), "coordinator.after_prepared:hold")
    stack.reaches(run_id, "hold", "held")
    gid = f"twice-{uuid.uuid4()}"
    with (
        prepared(stack, "account", "dv:not-a-run:account"),
        prepared(stack, "monolith", "somebody-else"),
        prepared(stack, "account", gid),
        prepared(stack, "payment", gid),
    ):
        comes_to(stack, (6, 6, 5, 5))  # six are prepared, five have to be decided
    stack.client.post(f"/api/runs/{run_id}/release")
    assert stack.ended(run_id)["status"] == "succeeded"
    comes_to(stack, (0, 0, 0, 0))


def comes_to(stack: Stack, wanted: tuple[int, int, int, int]) -> None:
    """The answers are up to two seconds old: asked until the badge has caught up."""
    said: list[object] = []

    def agree() -> bool:
        try:
            said.append(counts(stack))
        except AssertionError as error:
            said.append(str(error))
        return said[-1] == wanted

    with suppress(AssertionError):
        wait_for(agree, 90)
    assert said[-1] == wanted
