"""`manage.py` as a process of its own that need not import its libraries each time, which takes longer than most
commands do: it is forked from one that has, as the processes of a stack are (distviz/stack/forkserver.py)."""

import atexit
import multiprocessing
import os
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from distviz.stack.preloaded import LIBRARIES

ROOT = Path(__file__).resolve().parents[2]
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(list(LIBRARIES))


class Command:
    """One that is running."""

    def __init__(self, words: tuple[str, ...], env: Mapping[str, str]) -> None:
        self.words = words
        self._said = tempfile.TemporaryDirectory(prefix="dvc-")
        self._process = _forks.Process(target=_become, args=(words, dict(env), self._said.name))
        self._process.start()

    def end(self, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """What it said, once it has ended. Raises subprocess.TimeoutExpired."""
        self._process.join(timeout)
        code = self._process.exitcode
        if code is None:
            self._process.kill()
            self._process.join()
        with self._said as folder:
            out, err = (Path(folder, name).read_text() for name in ("out", "err"))
        if code is None:
            raise subprocess.TimeoutExpired(["manage.py", *self.words], timeout, out, err)
        return subprocess.CompletedProcess(["manage.py", *self.words], code, out, err)


def _become(words: tuple[str, ...], env: dict[str, str], said: str) -> None:
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(env)
    for standard, name in ((0, os.devnull), (1, f"{said}/out"), (2, f"{said}/err")):
        opened = os.open(name, os.O_RDWR | os.O_CREAT, 0o600)
        os.dup2(opened, standard)
        os.close(opened)
    sys.argv = ["manage.py", *words]
    try:
        runpy.run_path(str(ROOT / "manage.py"), run_name="__main__")
    finally:
        atexit._run_exitfuncs()
