"""A log that is forged is not legal, and says where. That what really happens is legal, whatever is broken, the
explorations show (tests/e2e/test_explore.py, test_turning.py)."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.legal import illegal
from tests.support.stack import Stack

Forge = Callable[[list[dict[str, Any]]], list[dict[str, Any]]]


def ended(stack: Stack, protocol: str) -> str:
    run = stack.withdraw(protocol, "alice", amount="1.00")
    stack.ended(run)
    return run


def place(events: list[dict[str, Any]], kind: str, phase: str, name: str) -> int:
    return next(n for n, one in enumerate(events) if (one["kind"], one["phase"], one["name"]) == (kind, phase, name))


def swapped(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The payment before its request."""
    a, b = place(events, "message", "received", "MoneyDeducted"), place(events, "step", "begin", "charge")
    events[a], events[b] = events[b], events[a]
    return events


def taken_out(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in events if one["name"] != "charge"]


def ends_twice(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*events, dict(events[-1])]


@pytest.mark.parametrize(
    ("forge", "law", "names"),
    [
        (swapped, "law_received", "charge"),
        (taken_out, "law_done", "PaymentProcessed"),
        (ends_twice, "law_end_once", ""),
    ],
)
def test_a_forged_log_is_not(stack: Stack, tmp_path: Path, forge: Forge, law: str, names: str) -> None:
    run = ended(stack, "saga")
    file = stack.client.get(f"/runs/{run}/export.json").raise_for_status().json()
    path = tmp_path / "run.json"
    path.write_text(json.dumps(file))
    assert illegal(stack, str(path)) == []
    file["events"] = [{**one, "seq": n, "caused_by": None} for n, one in enumerate(forge(file["events"]), start=1)]
    path.write_text(json.dumps(file))
    (found,) = illegal(stack, str(path))
    assert found["first"]["rule"] == law
    assert names in found["first"]["says"]
    done = stack.manage("conform", str(path), check=False)
    assert done.returncode == 1
    assert f"not legal from event {found['first']['seq']} on" in done.stdout
    made = stack.client.post("/api/imports", json=file).raise_for_status().json()
    page = stack.client.get(made["links"]["page"]).raise_for_status().text
    assert "Not a legal log" in page
    assert f'href="#e-{found["first"]["seq"]}"' in page


def test_a_run_s_log_says_so_itself(stack: Stack) -> None:
    run = ended(stack, "two_phase")
    found = stack.client.get(f"/api/runs/{run}/conformance").raise_for_status().json()
    assert found == {"legal": True, "first": None, "checked": stack.run(run)["seq"]}
    page = stack.client.get(f"/runs/{run}/?view=log").raise_for_status().text
    assert f"All {found['checked']} events: a legal log" in page
    half = stack.client.get(f"/runs/{run}/?view=log&step=9").raise_for_status().text
    assert "All 9 events: a legal log" in half
    assert stack.client.get("/api/runs/nobody/conformance").status_code == 404
    missing = stack.manage("conform", "/nowhere/run.json", check=False)
    assert missing.returncode == 1
    assert "no such run" in missing.stderr.lower()
