"""Each protocol in `examples/` is wrong in one way that a review misses; exploring it finds that."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.stack import ROOT, Stack, running
from tests.support.thorough import but

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


@pytest.mark.parametrize("key", but({"early_inbox"}, FLAWS))
def test_its_flaw_is_found(stack: Stack, key: str) -> None:
    explored = stack.manage("explore", "--protocol", key, "--seconds", "100", "--json", check=False, timeout=280)
    found = json.loads(explored.stdout)
    told = {" ".join(_words(failure) for failure in one["failures"]) for one in found["counterexamples"]}
    assert (found["keeps"], explored.returncode) == (False, 1), explored.stderr[-2000:]
    assert told & FLAWS[key], told
    assert found["tries"][0]["end"] == "kept", "without a failure it is right"
    assert f"--protocol {key}" in found["counterexamples"][0]["command"]
    _is_not_ticked(stack, found)


def _is_not_ticked(stack: Stack, found: dict[str, Any]) -> None:
    """In each of them an effect and what guards it are apart; copies and silence do no harm."""
    items = {one["key"]: one for one in found["checklist"]}
    assert items["handled"]["state"] == "ticked"
    assert {items[key]["state"] for key in ("transactions", "books")} == {"not_ticked"}
    assert {items[key]["state"] for key in ("copies", "driven_on")} <= {"ticked", "not_known"}
    if found["state"] == "done" and "unknown" not in found["ends"]:
        assert {items[key]["state"] for key in ("copies", "driven_on")} == {"ticked"}, items
    smallest = items["transactions"]["failure"]
    assert smallest["end"] == "lost"
    assert {failure["do"] for failure in smallest["failures"]} <= {"error", "crash"}, "which one, chance may say"
    assert "--fault" in smallest["command"]
    assert stack.client.get(smallest["watch"]).status_code == 200
    if found["protocol"] == "early_inbox":
        assert "“look into the inbox”" in items["transactions"]["notes"][0], "the step is named"


AGAIN = """
from distviz.explore import afterwards
from distviz.explore.models import Exploration
from protocols.registry import get
tries = list(Exploration.objects.get(pk="{}").tries.all())
print([(one.number, ending.end) for one, ending in afterwards.again(get("saga"), tries, without_guards=False)])
"""
PAID = "UPDATE payments SET status = %s WHERE withdrawal_id = %s"


def test_a_saga_has_every_item_ticked_and_what_comes_late_is_in_the_books(stack: Stack) -> None:
    found = json.loads(stack.manage("explore", "--protocol", "saga", "--seconds", "200", "--json", timeout=280).stdout)
    assert [one["key"] for one in found["checklist"]] == ["handled", "copies", "transactions", "driven_on", "books"]
    assert {one["state"] for one in found["checklist"]} == {"ticked"}, found["checklist"]
    assert all(one["tried"] == one["of"] > 0 for one in found["checklist"])
    page = stack.client.get("/explore/", params={"result": found["id"]}).text
    assert page.count('data-state="ticked"') == len(found["checklist"])

    assert stack.manage("shell", "-v", "0", "-c", AGAIN.format(found["id"])).stdout.strip() == "[]"
    paid = next(one for one in found["tries"] if one["money"] == "paid" and one["kind"] == "single")
    stack.sql("payment", PAID, "FAILED", paid["run"])
    assert stack.manage("shell", "-v", "0", "-c", AGAIN.format(found["id"])).stdout.strip() == str(
        [(paid["number"], "lost")]
    )
    stack.sql("payment", PAID, "COMPLETED", paid["run"])


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
