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
