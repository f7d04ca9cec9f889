"""`manage.py chaos` as a process, with or without one of the product's guards."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.support.stack import ROOT


def environment(home: Path, without: str = "") -> dict[str, str]:
    """A lab of its own for the result, and a folder of its own for the stack under chaos."""
    broken = {"DJANGO_SETTINGS_MODULE": "tests.support.unguarded.settings", "WITHOUT": without} if without else {}
    return {**os.environ, "DISTVIZ_HOME": str(home / "lab"), "TMPDIR": str(home), **broken}


def start(home: Path, *words: str, without: str = "") -> "subprocess.Popen[str]":
    """Its errors go to a file beside the lab: nobody reads them meanwhile, and a pipe could fill."""
    command = [sys.executable, "manage.py", "chaos", *words]
    with (home / "chaos.err").open("w") as errors:
        return subprocess.Popen(
            command, cwd=ROOT, env=environment(home, without), stdout=subprocess.PIPE, stderr=errors, text=True
        )


def report(home: Path, *words: str, without: str = "", timeout: float = 560) -> tuple[int, dict[str, Any]]:
    """(exit status, report)."""
    process = start(home, *words, "--json", without=without)
    said, _none = process.communicate(timeout=timeout)
    assert said, (home / "chaos.err").read_text()[-3000:]
    return process.returncode, json.loads(said)


def broken(found: dict[str, Any]) -> set[str]:
    """What is violated: the auditor's invariants by their ids, everything else by its code."""
    return {
        one["params"]["found"]["params"]["id"] if one["code"] == "chaos_books" else one["code"]
        for one in found["violations"]
    }


if __name__ == "__main__":  # WITHOUT SECONDS SEED
    from tests.support.unguarded.names import FINDS

    guard, seconds, seed = sys.argv[1:4]
    with tempfile.TemporaryDirectory() as folder:
        _status, made = report(
            Path(folder), "--seconds", seconds, "--seed", seed, "--pace", "2", without=guard, timeout=900
        )
    print(json.dumps({"without": guard, "seed": seed, "verdict": made["verdict"], **made["figures"]}))
    print(sorted(broken(made)), "is missed by", FINDS[guard])
    sys.exit(not broken(made) & set(FINDS[guard]))
