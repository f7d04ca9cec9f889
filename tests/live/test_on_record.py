"""An operator's action is on record before it is done, and nobody changes the record."""

from collections.abc import Callable

import psycopg
import pytest

from tests.support.stack import Stack

NEW = """INSERT INTO operator_actions (at, actor, what, target, reason, outcome, codes)
VALUES (now(), 'somebody', 'retry', '', '', 'begun', '{"target": null, "outcome": {"code": "begun", "params": {}}}')
RETURNING id"""
END = """UPDATE operator_actions SET outcome = 'done', codes = '{"target": null, "outcome": {"code": "done"}}'
WHERE id = %s"""


def actions(stack: Stack, run_id: str) -> list[tuple[str, str]]:
    rows = stack.sql("default", "SELECT what, outcome FROM operator_actions WHERE run_id = %s ORDER BY id", run_id)
    return [(row["what"], row["outcome"]) for row in rows]


def test_a_reason_that_cannot_be_kept_releases_nothing(stack: Stack, account: Callable[[], str]) -> None:
    run_id = stack.withdraw("saga", account(), "payment.in_tx:hold")
    stack.reaches(run_id, "hold", "held")
    page = stack.client.get("/attention/").text
    token = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    form = {"csrfmiddlewaretoken": token, "reason": "a\x00b"}
    answer = stack.client.post(f"/attention/runs/{run_id}/release/", data=form, headers={"Referer": stack.url})
    assert answer.status_code == 400
    assert "reason" in answer.text
    assert stack.run(run_id)["holding"]
    assert actions(stack, run_id) == []
    form["reason"] = "it has been long enough"
    answer = stack.client.post(f"/attention/runs/{run_id}/release/", data=form, headers={"Referer": stack.url})
    assert answer.status_code in (200, 303)
    assert stack.ended(run_id)["status"] == "succeeded"
    assert actions(stack, run_id) == [("release", "done")]


def test_the_result_is_added_once_and_nothing_else_is_changed(stack: Stack) -> None:
    number = stack.sql("default", NEW)[0]["id"]
    for lie in ("actor = 'nobody'", "reason = 'x'", "at = now()", "what = 'drop', outcome = 'done'"):
        with pytest.raises(psycopg.errors.RestrictViolation):
            stack.sql("default", f"UPDATE operator_actions SET {lie} WHERE id = %s", number)
    stack.sql("default", END, number)
    for again in (
        END,
        "DELETE FROM operator_actions WHERE id = %s",
        "UPDATE operator_actions SET id = 0 WHERE id = %s",
    ):
        with pytest.raises(psycopg.errors.RestrictViolation):
            stack.sql("default", again, number)
    with pytest.raises(psycopg.errors.RestrictViolation):
        stack.sql("default", "TRUNCATE operator_actions")


MANY = """INSERT INTO operator_actions (at, actor, what, target, reason, outcome, codes)
SELECT now(), 'anonymous at 192.0.2.7', 'retry', '', '', 'done', '{"target": null, "outcome": {"code": "done"}}'
FROM generate_series(1, 100500)"""
NEXT = """SELECT setval(pg_get_serial_sequence('operator_actions', 'id'),
(SELECT (max(id) / 1000 + 1) * 1000 - 1 FROM operator_actions))"""


def test_who_has_no_name_cannot_push_out_who_has(stack: Stack, account: Callable[[], str]) -> None:
    """The table has a bound, for each of the two kinds."""
    run_id = stack.withdraw("monolith", account())
    named = stack.sql("default", NEW)[0]["id"]
    stack.sql("default", MANY)
    stack.sql("default", NEXT)
    answer = stack.client.post(f"/api/runs/{run_id}/release")  # a number at which what is too old is removed
    assert answer.status_code == 409
    unnamed = "SELECT count(*) AS n FROM operator_actions WHERE starts_with(actor, 'anonymous at ')"
    assert stack.sql("default", unnamed)[0]["n"] == 100_000
    assert stack.sql("default", "SELECT actor FROM operator_actions WHERE id = %s", named) == [{"actor": "somebody"}]
