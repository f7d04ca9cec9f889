"""A short run of chaos, that it ends by itself when it is interrupted, and that it finds a guard that is missing."""

import json
import signal
from pathlib import Path

import psutil
import pytest

from tests.support import chaos
from tests.support.stack import Stack, wait_for
from tests.support.unguarded.names import FINDS

# Each is under a minute on a machine that does nothing else.
pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]
SHORT = ("--seconds", "20", "--pace", "2", "--seed", "5")


def test_a_bank_keeps_its_books_through_random_failures(tmp_path: Path) -> None:
    status, found = chaos.report(tmp_path, *SHORT)
    assert found["violations"] == []
    assert (status, found["verdict"]) == (0, "holds")
    figures = found["figures"]
    assert figures["operations"] > 50
    assert figures["refunds"] > 0
    assert len(figures["faults"]) >= 5
    (kept,) = (tmp_path / "lab" / "chaos").glob("*-5.json")  # there is no lab to show it yet
    assert json.loads(kept.read_text())["figures"] == figures
    assert not list(tmp_path.glob("dv-chaos-*"))


@pytest.mark.thorough
def test_interrupted_it_heals_stops_and_leaves_nothing(tmp_path: Path) -> None:
    process = chaos.start(tmp_path, "--seconds", "300", "--pace", "1", "--seed", "3")
    said = tmp_path / "chaos.err"
    wait_for(lambda: " s  " in said.read_text(), 200, "the first failure")
    family = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    output, _none = process.communicate(timeout=90)
    assert process.returncode
    assert "verdict: interrupted" in output
    assert "healing" in said.read_text()
    assert not [one for one in family if one.is_running() and one.status() != "zombie"]
    assert not list(tmp_path.glob("dv-chaos-*"))


@pytest.mark.thorough
@pytest.mark.parametrize("guard", ["inbox"])
def test_it_finds_that_a_guard_is_missing(tmp_path: Path, guard: str) -> None:
    """The others by hand: docs/reliability.md."""
    status, found = chaos.report(tmp_path, *SHORT, without=guard)
    assert (status, found["verdict"]) == (1, "violated")
    assert chaos.broken(found) & set(FINDS[guard])


def test_a_result_that_waited_as_a_file_is_on_the_page(stack: Stack) -> None:
    figures = {"operations": 1, "ok": 1, "failed": 0, "unknown": 0, "unknown_made": 0, "repeated": 0, "refunds": 0}
    figures |= {"statuses": {}, "faults": {}, "of_runs": {}, "missed": [], "longest_s": 1.0, "after_healing_s": 0.0}
    lost = {"code": "chaos_lost", "params": {"run": "r-1", "wish": "chaos 1-1"}}
    asked = {"seed": 815, "seconds": 20, "rate": 6, "pace": 4}
    at = "2025-03-01T12:00:00+00:00"
    row = {"seed": 815, "asked": asked, "verdict": "violated", "figures": figures, "schedule": [], "violations": [lost]}
    waiting = stack.home / "chaos" / "waiting.json"
    waiting.parent.mkdir()
    waiting.write_text(json.dumps({**row, "started_at": at, "finished_at": at}))
    stack.manage("shell", "-c", "from distviz.chaos import keeping; assert keeping.store_files()")
    assert not waiting.exists()
    page = stack.client.get("/chaos/")
    assert page.status_code == 200
    assert "815" in page.text
    assert "r-1 was promised for “chaos 1-1” and does not exist" in page.text
    assert stack.client.get("/chaos/?result=1").status_code == 404
