"""Each protocol in `examples/` is wrong in one way that a review misses; exploring it finds that."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.stack import ROOT, Stack, running

# What breaks it, among the smallest that do.
FLAWS = {
    "hasty_refund": {"payment.after_commit:error:4"},
    "early_word": {"account.in_tx:error:4"},
    "early_inbox": {"payment.after_commit:error", "payment.after_commit:crash"},  # of the inbox row
}
EXAMPLES = ROOT / "examples"


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    folders = ",".join(str(EXAMPLES / key) for key in FLAWS)
    with running(env={"DISTVIZ_PROTOCOLS": folders, "RUNS_PER_SECOND": "1000"}) as instance:
        yield instance


def test_all_of_them_are_tried() -> None:
    assert {path.parent.name for path in EXAMPLES.glob("*/protocol.py")} == set(FLAWS)


@pytest.mark.parametrize("key", FLAWS)
def test_its_flaw_is_found(stack: Stack, key: str) -> None:
    explored = stack.manage("explore", "--protocol", key, "--seconds", "100", "--json", check=False, timeout=280)
    found = json.loads(explored.stdout)
    told = {" ".join(_words(failure) for failure in one["failures"]) for one in found["counterexamples"]}
    assert (found["keeps"], explored.returncode) == (False, 1), explored.stderr[-2000:]
    assert told & FLAWS[key], told
    assert found["tries"][0]["end"] == "kept", "without a failure it is right"
    assert f"--protocol {key}" in found["counterexamples"][0]["command"]


def test_the_others_are_none_the_worse_for_it(stack: Stack) -> None:
    books = json.loads(stack.manage("books", "--json", check=False).stdout)
    broken = {key for key, book in books.items() if not all(one["holds"] for one in book["invariants"])}
    assert broken <= set(FLAWS)


def _words(failure: dict[str, object]) -> str:
    times = f":{failure['times']}" if failure["times"] != 1 else ""
    return f"{failure['at']}:{failure['do']}{times}"


def test_each_says_on_its_page_what_it_is_and_nothing_else_names_them() -> None:
    for key in FLAWS:
        assert len((EXAMPLES / key / "withdraw.py").read_text().splitlines()) < 120
        for folder in ("distviz", "protocols", "templates"):
            naming = [path for path in Path(ROOT, folder).rglob("*.py") if key in path.read_text()]
            assert not naming, naming
