"""Protocols from outside the tree: a package with an entry point, or a folder named in DISTVIZ_PROTOCOLS.

Found here without Django, for settings, launcher and tests alike. A folder `…/mine` is imported as `protocols.mine`, so
that it reads like one of the tree and can be moved there as it is. Whether a protocol can be loaded is found out in
trying.py.
"""

import keyword
import os
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from distviz.stack import layout
from distviz.stack.env import env_str

VARIABLE, GROUP = "DISTVIZ_PROTOCOLS", "distviz.protocols"
LONGEST = 20  # characters of a key: what the column of runs holds
_LEFT_OUT = {"tests", "__pycache__"}  # files that change nothing of what runs


@dataclass(frozen=True)
class Outside:
    """A protocol that is not of this tree: its key, the dotted name of its package, and its folder."""

    key: str
    app: str
    folder: Path

    def at(self, file: str | Path, line: int = 0) -> str:
        """`mine/account.py:14`, as it is shown."""
        shown = Path(self.folder.name, Path(file).relative_to(self.folder))
        return f"{shown}:{line}" if line else str(shown)


@dataclass(frozen=True)
class Refused:
    """A protocol that is left out: why, and where that is to be mended ("mine/account.py:14"; "" if nowhere)."""

    key: str
    error: str
    at: str = ""
    part: str = ""  # "migrations": nothing but a migration is missing; "migrate": the database did not take it

    def __str__(self) -> str:
        return f"the protocol {self.key} cannot be loaded: {f'{self.at}: ' if self.at else ''}{self.error}"


Found = tuple[list[Outside], list[Refused]]


def asked() -> list[Path]:
    """The folders that the environment names, absolute."""
    words = re.split(rf"[,{re.escape(os.pathsep)}]", env_str(VARIABLE, ""))
    return list(dict.fromkeys(Path(os.path.abspath(Path(w.strip()).expanduser())) for w in words if w.strip()))


def folders() -> list[Path]:
    """Those, or if there are none the ones that the stack of this home was last started with: a command in another
    terminal knows what the stack knows."""
    return asked() or [Path(name) for name in layout.read_stack().get("protocols", [])]


def find() -> Found:
    """Every protocol from outside, in a stable order: folders as they are named, then packages by their names."""
    found: dict[str, Outside] = {}
    refused: list[Refused] = []
    for one in [*map(_of_folder, folders()), *_of_packages()]:
        if isinstance(one, Outside) and one.key in found:
            one = Refused(one.key, f"another one has this key: {found[one.key].folder}")
        if isinstance(one, Outside):
            found[one.key] = one
        else:
            refused.append(one)
    return list(found.values()), refused


def _of_folder(folder: Path) -> Outside | Refused:
    key = folder.name
    if why := no_key(key):
        return Refused(key[:60], why)
    for name in ("__init__.py", "apps.py", "protocol.py"):
        if not (folder / name).is_file():
            is_missing = f"there is no {name}" if folder.is_dir() else "there is no such folder"
            return Refused(key, f"{is_missing} ({VARIABLE} names {folder})")
    return Outside(key, f"protocols.{key}", folder)


@cache
def _of_packages() -> tuple[Outside | Refused, ...]:
    """What is installed does not change while a process runs."""
    return tuple(_of_package(point) for point in sorted(entry_points(group=GROUP), key=lambda point: point.name))


def _of_package(point: EntryPoint) -> Outside | Refused:
    if why := no_key(point.name):
        return Refused(point.name[:60], why)
    try:
        spec = find_spec(point.value)
    except Exception as error:  # a package that contains it is imported, and may do anything
        return Refused(point.name, f"{point.value}: {type(error).__name__}: {error}")
    if spec is None or not spec.origin or not spec.submodule_search_locations:
        return Refused(point.name, f"there is no package {point.value}")
    return Outside(point.name, point.value, Path(spec.origin).parent)


def no_key(key: str) -> str:
    """Why this cannot be the key of a protocol from outside; "" if it can."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", key) or keyword.iskeyword(key):
        return "its name must begin with a small letter and have small letters, digits and _ only"
    if len(key) > LONGEST:
        return f"its name is longer than {LONGEST} characters"
    inside = layout.CHECKOUT / "protocols"
    if (inside / key).is_dir() or (inside / f"{key}.py").is_file():
        return "this lab has one of that name"
    return ""


# --- importing ------------------------------------------------------------------------------------------------------
_FOLDERS: dict[str, Path] = {}
KEYS: dict[str, str] = {}  # package -> key, of what is loaded


class _Finder(MetaPathFinder):
    """Imports `protocols.mine` from its folder."""

    def find_spec(self, name: str, path: object = None, target: ModuleType | None = None) -> ModuleSpec | None:
        folder = _FOLDERS.get(name)
        return folder and spec_from_file_location(  # type: ignore[return-value]
            name, folder / "__init__.py", submodule_search_locations=[str(folder)]
        )


def make_importable(protocols: Iterable[Outside]) -> None:
    for one in protocols:
        KEYS[one.app] = one.key
        if one.app == f"protocols.{one.key}":
            _FOLDERS[one.app] = one.folder
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.append(_Finder())


def key_of(module: str) -> str:
    """The key of the protocol that a module is in; "" if it is in none."""
    first, *rest = module.split(".")
    if first == "protocols" and len(rest) > 1:
        return rest[0]
    return next((key for package, key in KEYS.items() if module.startswith(f"{package}.")), "")


# --- its files ------------------------------------------------------------------------------------------------------
def files(folder: Path) -> Iterator[Path]:
    """Whatever changes what it does or shows, in a stable order."""
    for at, names, found in os.walk(folder):
        names[:] = sorted(name for name in names if name not in _LEFT_OUT and not name.startswith("."))
        yield from (Path(at, name) for name in sorted(found) if not name.startswith(".") and not name.endswith("~"))


def shown(file: Path, loaded: Iterable[Outside], line: int = 0) -> str:
    """A file as it is shown, with a line: within the checkout, or within the folder of a protocol from outside."""
    whose = next((one for one in loaded if file.is_relative_to(one.folder)), None)
    if whose:
        return whose.at(file, line)
    path = file.resolve().relative_to(layout.CHECKOUT)
    return f"{path}:{line}" if line else str(path)
