"""A protocol that is an installed package, found by its entry point: with its static files and its translation, in a
race, under a bench, beside the installed ones."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import polib
import pytest

from tests.support.commands import ROOT
from tests.support.stack import Stack, running

KEY, PACKAGE = "acme", "acme_refunds"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What pip would have installed, made of one of the examples. Its name is another one than its key."""
    at = tmp_path_factory.mktemp("site")
    shutil.copytree(ROOT / "examples" / "early_inbox", at / PACKAGE, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (at / PACKAGE).glob("*.py"):
        path.write_text(path.read_text().replace("protocols.early_inbox", PACKAGE).replace("early_inbox", KEY))
    apps = at / PACKAGE / "apps.py"
    apps.write_text(f'{apps.read_text()}    label = "{KEY}"\n')
    protocol = at / PACKAGE / "protocol.py"
    words = "from django.utils.translation import gettext_lazy as _\n"
    protocol.write_text(words + protocol.read_text().replace('title="An early inbox"', 'title=_("Refunds by Acme")'))
    (at / PACKAGE / "static" / KEY).mkdir(parents=True)
    (at / PACKAGE / "static" / KEY / "mark.css").write_text(".acme { color: teal }\n")
    texts = at / PACKAGE / "locale" / "uk" / "LC_MESSAGES"
    texts.mkdir(parents=True)
    catalogue = polib.POFile()
    catalogue.metadata = {"Content-Type": "text/plain; charset=utf-8"}
    catalogue.append(polib.POEntry(msgid="Refunds by Acme", msgstr="Повернення від Acme"))
    catalogue.save_as_mofile(str(texts / "django.mo"))
    about = at / f"{PACKAGE}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {PACKAGE}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[distviz.protocols]\n{KEY} = {PACKAGE}\n")
    return at


@pytest.fixture(scope="module")
def stack(site: Path) -> Iterator[Stack]:
    with running(env={"PYTHONPATH": str(site)}) as instance:
        yield instance


def test_it_is_found_and_runs(stack: Stack) -> None:
    assert not stack.client.get("/readyz").json()["protocols"]["left_out"]
    assert f"the protocol {KEY} is loaded from outside" in stack.output()
    end = stack.ended(stack.withdraw(KEY, "alice"))
    assert (end["status"], end["verdict"]) == ("succeeded", "consistent")


def test_its_static_files_and_its_translation_are_there(stack: Stack) -> None:
    assert stack.client.get(f"/static/{KEY}/mark.css").text == ".acme { color: teal }\n"
    assert "Refunds by Acme" in stack.client.get(f"/lab/{KEY}/").text
    assert "Повернення від Acme" in stack.client.get(f"/lab/{KEY}/", headers={"Accept-Language": "uk"}).text


def test_it_runs_a_race(stack: Stack) -> None:
    stack.client.get("/race/")
    form = {"csrfmiddlewaretoken": stack.client.cookies["csrftoken"], "protocol": [KEY, "saga"], "account": "bob"}
    begun = stack.client.post("/race/", data={**form, "amount": "1.00"})
    assert begun.status_code == 303
    runs = parse_qs(urlsplit(begun.headers["Location"]).query)["runs"][0].split(",")
    assert {stack.ended(run)["protocol"] for run in runs} == {KEY, "saga"}
    assert all(stack.run(run)["status"] == "succeeded" for run in runs)
    assert "Early inbox" in stack.client.get(begun.headers["Location"]).text


def test_it_is_measured(stack: Stack) -> None:
    done = terminal(stack, "bench", "--protocols", KEY, "--runs", "10", "--clients", "2")
    assert done.returncode == 0, done.stderr
    assert "Early inbox" in stack.client.get("/bench/").text
    books = terminal(stack, "books")
    assert (books.returncode, KEY in books.stdout) == (0, True), books.stdout


def terminal(stack: Stack, *words: str) -> "subprocess.CompletedProcess[str]":
    """A process of its own: one that is forked cannot be given another path of modules."""
    command = [sys.executable, "manage.py", *words]
    return subprocess.run(command, cwd=ROOT, env=stack.env, capture_output=True, text=True, timeout=240)
