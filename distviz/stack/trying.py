"""Which of the protocols from outside can be loaded: each is tried in a process of its own before any other loads it.

What was found is kept in the home's protocols.json, by a fingerprint of all their files and of the lab's own: while
nothing changes, a start asks no process; and processes that start at different moments agree as soon as the files do.
"""

import fcntl
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from distviz.stack import layout, outside, state
from distviz.stack.outside import Outside, Refused

ONLY = "DISTVIZ_TRIED"  # the keys that a process tries, in its environment
WITHIN_S = 60.0
KEPT = 8  # answers
ANSWER = "distviz tried: "  # before what a trial found


@dataclass(frozen=True)
class Verdict:
    """What is loaded and what is left out; `mark` is the fingerprint that this is true of."""

    loaded: tuple[Outside, ...] = ()
    refused: tuple[Refused, ...] = ()
    mark: str = ""

    @property
    def apps(self) -> list[str]:
        return [one.app for one in self.loaded]


def take(words: Sequence[str] = ()) -> Verdict:
    """What is to be loaded now, made importable. `words` are the command line's: who makes the missing migration of a
    protocol has to load it without."""
    found, refused = outside.find()
    outside.make_importable(found)
    if (only := os.environ.get(ONLY)) is not None:
        return Verdict(tuple(one for one in found if one.key in only.split(",")))
    if not found:
        return Verdict(refused=tuple(refused))
    verdict = _kept(found) or _tried(found)
    if "makemigrations" in words[1:2]:
        lack = {one.key for one in verdict.refused if one.part == "migrations"}
        loaded = tuple(one for one in found if one in verdict.loaded or one.key in lack)
        verdict = replace(verdict, loaded=loaded)
    return replace(verdict, refused=(*refused, *verdict.refused))


def refuse(key: str, error: str) -> None:
    """The databases did not take its migrations: until the next start it is left out."""
    found, _ = outside.find()
    with _held():
        verdict = _kept(found) or _tried(found)
        gone = Refused(key, error, part="migrate")
        kept = tuple(one for one in verdict.loaded if one.key != key)
        _keep(replace(verdict, loaded=kept, refused=(*verdict.refused, gone)))


def forget_migrate() -> None:
    """At a start they are tried once more: whatever was in the way may be gone."""
    with _held():
        answers = _answers()
        with suppress(OSError):
            state.save(
                _at(),
                {m: a for m, a in answers.items() if not any(one["part"] == "migrate" for one in a["refused"])},
            )


# --- fingerprint ----------------------------------------------------------------------------------------------------
def mark(found: Sequence[Outside]) -> str:
    """Of everything that decides whether they can be loaded."""
    shape = hashlib.sha256(_lab().encode())
    for one in found:
        shape.update(f"{one.key} {one.app} {one.folder}\n".encode())
        for path in outside.files(one.folder):
            with suppress(OSError):  # it is being replaced
                about = path.stat()
                shape.update(f"{path} {_digest(path, about.st_mtime_ns, about.st_size)}\n".encode())
    return shape.hexdigest()[:32]


@lru_cache(maxsize=4096)
def _digest(path: Path, _mtime: int, _size: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@cache
def _lab() -> str:
    """The lab's own code, as far as a file's time tells."""
    shape = hashlib.sha256(f"{sys.version} {version('django')}".encode())
    for folder in ("distviz", "protocols"):
        for path in outside.files(layout.CHECKOUT / folder):
            if path.suffix == ".py":
                about = path.stat()
                shape.update(f"{path} {about.st_mtime_ns} {about.st_size}\n".encode())
    return shape.hexdigest()


# --- what is kept ---------------------------------------------------------------------------------------------------
def _at() -> Path:
    return layout.home() / "protocols.json"


def _answers() -> dict[str, Any]:
    try:
        kept = json.loads(_at().read_bytes())
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _kept(found: Sequence[Outside]) -> Verdict | None:
    now = mark(found)
    answer = _answers().get(now)
    if answer is None:
        return None
    loaded = tuple(one for one in found if one.key in answer["loaded"])
    return Verdict(loaded, tuple(Refused(**one) for one in answer["refused"]), now)


def _keep(verdict: Verdict) -> None:
    answer = {"loaded": [one.key for one in verdict.loaded], "refused": [asdict(one) for one in verdict.refused]}
    others = {mark: other for mark, other in _answers().items() if mark != verdict.mark}
    newest = dict(list(others.items())[-KEPT + 1 :])
    with suppress(OSError):  # a home that is another user's: it is found out each time
        state.save(_at(), {**newest, verdict.mark: answer})


@contextmanager
def _held() -> Iterator[None]:
    """One process tries, the others wait for its answer."""
    try:
        layout.home().mkdir(mode=0o700, parents=True, exist_ok=True)
        file = (layout.home() / "protocols.lock").open("a")
    except OSError:
        yield
        return
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


# --- trying ---------------------------------------------------------------------------------------------------------
def _tried(found: Sequence[Outside]) -> Verdict:
    with _held():
        if known := _kept(found):
            return known
        verdict = replace(try_all(found), mark=mark(found))
        _keep(verdict)
        return verdict


def try_all(found: Sequence[Outside]) -> Verdict:
    """All at once; where that fails, without the one that is to blame, or one after the other."""
    left, refused = list(found), list[Refused]()
    while left:
        why = try_these(left)
        if why is None:
            break
        to_blame = next((one for one in left if one.key == why.key), None)
        if to_blame is None:
            return _one_by_one(left, refused)
        left.remove(to_blame)
        refused.append(why)
    return Verdict(tuple(left), tuple(refused))


def _one_by_one(found: Sequence[Outside], refused: list[Refused]) -> Verdict:
    left: list[Outside] = []
    for one in found:
        why = try_these([*left, one])
        if why is None:
            left.append(one)
        else:
            refused.append(replace(why, key=one.key))
    return Verdict(tuple(left), tuple(refused))


def try_these(protocols: Sequence[Outside]) -> Refused | None:
    """In a process of its own, with the installed ones: what is wrong, or None. `key` is "" if nobody knows whose."""
    return _try([one.key for one in protocols], outside.folders())


def try_folder(folder: Path) -> Refused | None:
    """One that is only just being written."""
    return _try([folder.name], [folder])


def _try(keys: Sequence[str], folders: Sequence[Path]) -> Refused | None:
    env = {**os.environ, ONLY: ",".join(keys), outside.VARIABLE: os.pathsep.join(map(str, folders))}
    env |= {"DISTVIZ_ROLE": "", "DJANGO_SETTINGS_MODULE": "distviz.settings"}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "distviz.stack.trial"],
            cwd=layout.CHECKOUT,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=WITHIN_S,
            start_new_session=True,
        )
    except subprocess.TimeoutExpired:
        return Refused("", f"to import it takes longer than {WITHIN_S:g} s")
    said = [line for line in done.stdout.splitlines() if line.startswith(ANSWER)]
    if not said:
        last = (done.stderr.strip().splitlines() or [""])[-1]
        return Refused("", f"to import it ends the process (exit code {done.returncode}): {last}"[:300])
    answer = json.loads(said[-1].removeprefix(ANSWER))
    return Refused(**answer) if answer else None
