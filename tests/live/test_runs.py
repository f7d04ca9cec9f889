"""What people do with runs: keys, step mode, retries, forks, the socket, the auditor."""

import json
import re
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.support.checks import check_log, completed
from tests.support.stack import Stack, wait_for


def test_the_same_key_is_the_same_run(stack: Stack, account: Callable[[], str]) -> None:
    name, key = account(), {"Idempotency-Key": str(uuid.uuid4())}
    body = {"protocol": "saga", "account": name, "amount": "100.00"}
    first = stack.client.post("/api/runs", json=body, headers=key)
    again = stack.client.post("/api/runs", json=body, headers=key)
    other = stack.client.post("/api/runs", json={**body, "amount": "50.00"}, headers=key)
    assert (first.status_code, again.status_code, other.status_code) == (202, 202, 422)
    assert first.json()["id"] == again.json()["id"]
    stack.ended(first.json()["id"])
    assert stack.balance("saga", name) == "900.00"


def test_a_double_click_on_the_form_is_one_run(stack: Stack, account: Callable[[], str]) -> None:
    name = account()
    page = stack.client.get("/lab/saga/")
    key = re.search(r'name="key" value="([^"]+)"', page.text)
    assert key
    form = {"account": name, "amount": "100.00", "mode": "run", "key": key[1]}
    form["csrfmiddlewaretoken"] = stack.client.cookies["csrftoken"]
    with ThreadPoolExecutor(2) as clicks:
        answers = list(clicks.map(lambda _: stack.client.post("/lab/saga/", data=form), range(2)))
    assert [answer.status_code for answer in answers] == [303, 303]
    assert len({answer.headers["location"] for answer in answers}) == 1
    runs = stack.sql("default", "SELECT id::text AS id FROM runs WHERE account = %s", name)
    assert len(runs) == 1
    stack.ended(runs[0]["id"])
    assert stack.balance("saga", name) == "900.00"


def test_waits_between_attempts_grow_and_business_errors_are_not_retried(
    stack: Stack, account: Callable[[], str]
) -> None:
    run_id = stack.withdraw("saga", account(), "payment.in_tx:error:3")
    assert stack.ended(run_id)["status"] == "succeeded"
    retries = [event for event in stack.events(run_id) if event["kind"] == "retry"]
    waits = [event["data"]["wait_ms"] for event in retries]
    assert [event["attempt"] for event in retries] == [1, 2, 3]
    assert waits == sorted(waits)
    assert waits[2] >= 4 * 50
    begun = [
        e["attempt"] for e in stack.events(run_id) if (e["kind"], e["phase"], e["name"]) == ("step", "begin", "charge")
    ]
    assert begun == [1, 2, 3, 4]

    refused = stack.withdraw("saga", account(), "payment.in_tx:decline")
    stack.ended(refused)
    assert not [event for event in stack.events(refused) if event["kind"] == "retry"]


def parked(stack: Stack, run_id: str, name: str) -> dict[str, Any]:
    """The parked message of that name, once it is there."""

    def there() -> dict[str, Any] | None:
        return next((m for m in stack.run(run_id)["parked"] if m["name"] == name), None)

    found = wait_for(there, 10, f"{name} is parked")
    assert found is not None
    return found


def test_step_mode_waits_for_the_network_that_one_plays(stack: Stack, account: Callable[[], str]) -> None:
    name = account()
    run_id = stack.withdraw("saga", name, mode="step")

    def play(message: str, verb: str) -> None:
        mid = parked(stack, run_id, message)["mid"]
        assert stack.client.post(f"/api/runs/{run_id}/messages/{mid}/{verb}").status_code < 300
        assert stack.client.post(f"/api/runs/{run_id}/messages/{mid}/{verb}").status_code == 409

    play("WithdrawalRequested", "deliver")
    play("MoneyDeducted", "duplicate")
    assert stack.balance("saga", name) == "900.00"
    play("PaymentProcessed", "drop")
    play("PaymentProcessed", "deliver")  # the copy's answer
    play("CustomerNotified", "deliver")
    assert stack.ended(run_id)["status"] == "succeeded"
    assert completed(stack, run_id) == 1
    assert any(event["phase"] == "ignored" for event in stack.events(run_id))
    check_log(stack, run_id)


def test_fork_is_the_same_request_with_another_failure(stack: Stack, account: Callable[[], str]) -> None:
    run_id = stack.withdraw("saga", account())
    stack.ended(run_id)
    answer = stack.client.post(f"/api/runs/{run_id}/fork", json={"faults": [{"at": "payment.in_tx", "do": "decline"}]})
    assert answer.status_code == 202, answer.text
    fork = stack.ended(answer.json()["id"])
    assert fork["status"] == "compensated"
    assert stack.events(fork["id"])[0]["data"]["forked_from"] == run_id


def test_faults_are_of_one_run_alone(stack: Stack, account: Callable[[], str]) -> None:
    broken = [stack.withdraw("saga", account(), "payment.in_tx:decline") for _ in range(5)]
    fine = [stack.withdraw("saga", account()) for _ in range(5)]
    assert {stack.ended(run)["status"] for run in broken} == {"compensated"}
    assert {stack.ended(run)["status"] for run in fine} == {"succeeded"}


def test_one_trace_of_its_own_and_no_forged_one(stack: Stack, account: Callable[[], str]) -> None:
    forged = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
    body = {"protocol": "saga", "account": account(), "amount": "1.00"}
    run_id = stack.client.post("/api/runs", json=body, headers={"traceparent": forged}).json()["id"]
    run = stack.ended(run_id)
    assert run["trace_id"] != "a" * 32
    assert len(run["trace_id"]) == 32


def _listen(
    stack: Stack, run_id: str, after: int, enough: Callable[[list[dict[str, Any]]], bool]
) -> list[dict[str, Any]]:
    url = f"ws://127.0.0.1:{stack.port}/ws/runs/{run_id}/?after={after}&format=json"
    heard: list[dict[str, Any]] = []
    with connect(url, origin=Origin(stack.url)) as socket:
        while not enough(heard):
            heard.append(json.loads(socket.recv(timeout=20)))
    return heard


def test_a_socket_that_was_cut_catches_up_to_exactly_the_log(stack: Stack, account: Callable[[], str]) -> None:
    run_id = stack.withdraw("saga", account(), "payment.before_tx:delay:1:1500")
    first = _listen(stack, run_id, 0, lambda heard: len(heard) >= 5)
    stack.ended(run_id)
    rest = _listen(stack, run_id, first[-1]["seq"], lambda heard: bool(heard) and heard[-1]["kind"] == "finished")
    log = stack.events(run_id)
    assert [event["seq"] for event in first + rest] == [event["seq"] for event in log]
    assert first + rest == log


def test_a_socket_from_a_foreign_page_is_refused(stack: Stack, account: Callable[[], str]) -> None:
    run_id = stack.withdraw("saga", account())
    url = f"ws://127.0.0.1:{stack.port}/ws/runs/{run_id}/"

    for origin in (Origin("http://evil.example"), None):
        with pytest.raises(InvalidStatus) as refused, connect(url, origin=origin):
            pass
        assert refused.value.response.status_code == 403
