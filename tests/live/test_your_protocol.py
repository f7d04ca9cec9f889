"""A protocol from outside on a stack of its own: it runs beside the installed ones; one that cannot be loaded is named
and the others run; a changed file is taken over while the stack runs."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from distviz.stack import layout, outside, trying
from tests.support.commands import Command
from tests.support.stack import ROOT, Stack, running, wait_for
from tests.support.thorough import but

INSTALLED = sorted(path.parent.name for path in (ROOT / "protocols").glob("*/protocol.py"))


def command(home: Path, *words: str, folders: str = "") -> "subprocess.CompletedProcess[str]":
    env = {**os.environ, "DISTVIZ_HOME": str(home), outside.VARIABLE: folders}
    return Command(words, env).end(timeout=240)


def write(at: Path, name: str, origin: str = "saga") -> Path:
    """What `startprotocol` writes."""
    done = command(at / "home", "startprotocol", name, "--from", origin, "--to", str(at))
    assert done.returncode == 0, done.stderr
    return at / name


# --- startprotocol ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("origin", but({"saga"}, INSTALLED))
def test_a_copy_of_each_is_loaded_and_needs_no_migration(tmp_path: Path, origin: str) -> None:
    made = write(tmp_path, "mine", origin)
    checked = command(tmp_path / "home", "makemigrations", "mine", "--check", folders=str(made))
    assert checked.returncode == 0, checked.stdout
    assert "cannot be loaded" not in checked.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["Mine"], "small letter"),
        (["saga"], "has one of that name"),
        (["mine", "--from", "nothing"], "there are dual_write"),
        (["mine", "--to", str(ROOT / "there")], "outside of"),
        (["taken"], "exists already"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_written(tmp_path: Path, words: list[str], says: str) -> None:
    (tmp_path / "taken").mkdir()
    done = command(tmp_path / "home", "startprotocol", "--to", str(tmp_path), *words)
    assert (done.returncode, says in done.stderr) == (2, True), done.stderr
    assert not [path for path in tmp_path.iterdir() if path.name not in ("taken", "home")]
    assert not list((tmp_path / "taken").iterdir())


# --- what cannot be loaded --------------------------------------------------------------------------------------------
WRONG: dict[str, tuple[str, str, str, str]] = {  # file, what is put there instead, where it is said to be, what is said
    "syntax": ("payment.py", "def (", "mine/payment.py:1", "SyntaxError"),
    "import of the app": ("apps.py", "import nothing_of_that_name", "mine/apps.py:1", "ModuleNotFoundError"),
    "import of models": ("models.py", "\n\n1 / 0", "mine/models.py:3", "ZeroDivisionError"),
    "ends the process": ("events.py", "import os; os._exit(7)", "", "exit code 7"),
    "no PROTOCOL": ("protocol.py", "PROTOCOL = 1", "mine/protocol.py", "protocols.catalogue.Protocol"),
    "migration": ("migrations/0001_initial.py", "\nraise ValueError('no')", "mine/migrations/0001_initial.py:2", "no"),
    "rights": ("relations.py", "", "mine/models.py", "nobody may write to mine_log"),
    "names that are taken": (
        "relations.py",
        "from distviz.stack import rights\nrights.register('account', 'saga_log', 'account')",
        "mine/relations.py:2",
        "are registered already",
    ),
    "a worker's start": (
        "tasks.py",
        "from celery import signals\n\n@signals.import_modules.connect\ndef _begin(**_):\n    1 / 0",
        "mine/tasks.py:5",
        "ZeroDivisionError",
    ),
}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("good"), "mine")


@pytest.mark.parametrize("wrong", WRONG)
def test_whatever_is_wrong_is_told_with_its_place(good: Path, monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    file, text, at, says = WRONG[wrong]
    there, name = good / file, good / f"{file}.kept"
    if there.exists():
        there.rename(name)
    there.write_text(text)
    try:
        found = trying.try_folder(good)
    finally:
        name.rename(there) if name.exists() else there.unlink()
    assert found is not None
    assert (found.at, says in found.error) == (at, True), found


@pytest.mark.thorough
def test_a_missing_migration_can_still_be_made(tmp_path: Path) -> None:
    made = write(tmp_path, "mine")
    (made / "migrations" / "0001_initial.py").unlink()
    found = trying.try_folder(made)
    assert found is not None
    assert (found.at, found.part) == ("mine/models.py", "migrations")
    assert command(tmp_path / "home", "makemigrations", "mine", folders=str(made)).returncode == 0
    assert trying.try_folder(made) is None


# --- a stack ----------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    at = tmp_path_factory.mktemp("outside")
    write(at, "mine")
    write(at, "broken", "dual_write")
    (at / "broken" / "withdraw.py").write_text("\n\nfrom nowhere import nothing\n")
    return at


@pytest.fixture(scope="module")
def stack(folders: Path) -> Iterator[Stack]:
    with running(env={outside.VARIABLE: f"{folders / 'mine'},{folders / 'broken'}"}) as instance:
        yield instance


def left_out(stack: Stack) -> list[dict[str, Any]]:
    """As /readyz says; while the web server starts anew nobody says anything."""
    try:
        return list(stack.client.get("/readyz").json()["protocols"]["left_out"])
    except (httpx.HTTPError, json.JSONDecodeError):
        return [{"key": "nobody answers"}]


def keys(stack: Stack) -> set[str]:
    return {one["key"] for one in left_out(stack)}


def test_it_runs_beside_one_that_cannot_be_loaded(stack: Stack) -> None:
    [broken] = left_out(stack)
    assert (broken["key"], broken["at"]) == ("broken", "broken/withdraw.py:3")
    assert "ModuleNotFoundError" in broken["error"]
    page = stack.client.get("/").text
    assert "broken/withdraw.py:3" in page
    assert "/lab/mine/" in page
    assert "the protocol broken cannot be loaded: broken/withdraw.py:3" in stack.output()
    for protocol in ("mine", "saga"):
        end = stack.ended(stack.withdraw(protocol, "alice"))
        assert (end["status"], end["verdict"]) == ("succeeded", "consistent")
    undone = stack.ended(stack.withdraw("mine", "bob", "payment.in_tx:decline"))
    assert (undone["status"], undone["verdict"]) == ("compensated", "consistent")
    books = stack.manage("books")  # a terminal without the variable
    assert "mine" in books.stdout
    assert "the protocol broken cannot be loaded" in books.stderr


def test_its_pages_are_there(stack: Stack) -> None:
    run = stack.withdraw("mine", "carol")
    stack.ended(run)
    pages = ["/lab/mine/", "/race/", "/choose/", "/promises/", "/bench/", "/explore/"]
    for page in (*pages, f"/runs/{run}/", f"/runs/{run}/?view=log", f"/runs/{run}/export.html"):
        answer = stack.client.get(page)
        assert (page, answer.status_code) == (page, 200)
        assert "Mine" in answer.text, page
    assert "mine" in {one["key"] for one in stack.client.get("/api/protocols").json()}


def test_it_is_explored(stack: Stack) -> None:
    done = stack.manage("explore", "--protocol", "mine", "--seconds", "15", "--json", check=False)
    found = json.loads(done.stdout)
    assert found["protocol"] == "mine"
    assert found["tries"]
    assert not found["counterexamples"]


def test_a_change_is_taken_over_and_one_that_is_wrong_leaves_the_others(stack: Stack, folders: Path) -> None:
    page, workers = folders / "mine" / "payment.py", [stack.pid(role) for role in layout.WORKERS]
    whole = page.read_text()
    open_run = stack.withdraw("mine", "dave", "message.MoneyDeducted:delay:1:20000")
    try:
        page.write_text(f"{whole}\ndef broken(:\n")
        wait_for(lambda: keys(stack) == {"broken", "mine"}, 90, "the change is told")
        assert stack.ended(stack.withdraw("saga", "dave"), timeout=60)["status"] == "succeeded"
        assert stack.client.get(f"/runs/{open_run}/").status_code == 404
        assert stack.run(open_run)["finished"] is None
    finally:
        page.write_text(f"{whole}\n# mended\n")
    wait_for(lambda: keys(stack) == {"broken"}, 90, "it is loaded again")
    assert stack.ended(open_run, timeout=60)["status"] == "succeeded"
    assert stack.ended(stack.withdraw("mine", "dave"), timeout=60)["status"] == "succeeded"
    assert not set(workers) & {stack.pid(role) for role in layout.WORKERS}
    # An exploration may leave a letter, of a message that it could not settle in time; a dropped message leaves none.
    assert not stack.sql("default", "SELECT error FROM dead_letters WHERE name = 'garbage'")
    stack.manage("books")


def test_a_new_migration_is_run(stack: Stack, folders: Path) -> None:
    models = folders / "mine" / "models.py"
    field = "    closed_at = models.DateTimeField(null=True, default=None)\n"
    assert field in models.read_text()
    models.write_text(models.read_text().replace(field, f'{field}    mood = models.TextField(db_default="")\n'))
    wait_for(lambda: "mine" in keys(stack), 90, "the missing migration is told")
    stack.manage("makemigrations", "mine")
    wait_for(lambda: keys(stack) == {"broken"}, 90, "it is loaded again")
    assert stack.sql("account", "SELECT mood FROM mine_log LIMIT 1")


@pytest.mark.thorough
def test_a_migration_that_fails_leaves_it_out(stack: Stack, folders: Path) -> None:
    bad = folders / "mine" / "migrations" / "0009_bad.py"
    last = max(path.stem for path in bad.parent.glob("0*.py"))
    bad.write_text(
        "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n"
        f'    dependencies = [("mine", "{last}")]\n'
        '    operations = [migrations.RunSQL("SELECT nothing", hints={"database": "account"})]\n'
    )
    wait_for(lambda: "mine" in keys(stack), 120, "it is left out")
    [mine] = [one for one in left_out(stack) if one["key"] == "mine"]
    assert "its migrations fail in the database account" in mine["error"]
    assert stack.ended(stack.withdraw("saga", "erin"), timeout=60)["status"] == "succeeded"
    bad.unlink()
    wait_for(lambda: keys(stack) == {"broken"}, 120, "it is loaded again")
    assert stack.ended(stack.withdraw("mine", "erin"), timeout=60)["status"] == "succeeded"


def test_the_tests_that_it_came_with_pass(folders: Path) -> None:
    env = {**os.environ, outside.VARIABLE: str(folders / "mine")}
    env.pop("DISTVIZ_HOME")
    words = [sys.executable, "-m", "pytest", "-c", "pyproject.toml", "--rootdir", ".", "-q", str(folders / "mine")]
    done = subprocess.run([*words, "-m", "not slow"], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
