"""Every command of the documents is started by a test, or said not to be, with a reason."""

import re
import subprocess

import pytest

from tests.support.documented import NOT_RUN, ROOT, RUN, commands, known, parts

COMMANDS = commands()


def test_the_commands_are_found() -> None:
    assert {command.doc for command in COMMANDS} >= {"README.md", "CONTRIBUTING.md", "contract.md", "deploy.md"}
    assert len(COMMANDS) > 30


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: f"{command.doc}: {command.text[:60]}")
def test_it_is_known_whether_a_test_starts_it(command) -> None:
    assert known(command), parts(command.text)


def test_none_is_listed_that_no_document_shows() -> None:
    shown = {part for command in COMMANDS for part in parts(command.text)}
    assert sorted({*RUN, *NOT_RUN} - shown) == []


def test_each_target_of_make_exists() -> None:
    targets = {part.split()[-1] for part in (*RUN, *NOT_RUN) if re.search(r"(^| )make \w+$", part)}
    for target in sorted(targets):
        done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
