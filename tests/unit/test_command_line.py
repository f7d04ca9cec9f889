"""What makes no sense on the command line is one clear line, and never a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import manage
from protocols import seeding

ROOT = Path(manage.__file__).parent


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("seed --balance NaN", "balance"),
        ("seed --balance 1e9", "balance"),
        ("seed --accounts 99999999999", "--accounts"),
        ("reset --accounts -1", "--accounts"),
        ("reset --balance Infinity", "balance"),
        ("sweep --once --min-age nan", "--min-age"),
        ("relay --once --min-age -1", "--min-age"),
        ("recover --once --min-age 1_0", "--min-age"),
        ("replay --aggregate account:alice --at 9999-12-31T23:59:59-14:00", "--at"),
        ("replay --aggregate account:alice --upto 99999999999", "--upto"),
        ("withdraw --protocol saga --amount NaN", "amount"),
        ("withdraw --protocol saga --amount 1 --timeout inf", "--timeout"),
    ],
)
def test_what_makes_no_sense_is_named_in_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: str, named: str
) -> None:
    for command in ("seed", "reset"):  # so many names would take all memory before anything is refused
        monkeypatch.setattr(seeding, command, lambda *asked: pytest.fail(f"not refused: {asked}"))
    try:
        status: object = manage.main(["manage.py", *words.split()])
    except SystemExit as ended:
        status = ended.code
    said = capsys.readouterr().err
    assert status not in (0, None)
    assert named in said.strip().splitlines()[-1]


def test_a_server_that_does_not_answer_is_one_line(tmp_path: Path) -> None:
    env = {**os.environ, "DISTVIZ_HOME": str(tmp_path)}
    words = [sys.executable, "manage.py", "books"]
    done = subprocess.run(words, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.startswith("distviz: a server that this needs does not answer")
    assert done.stderr.count("\n") == 1
