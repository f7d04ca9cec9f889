"""The folder of the copy."""

import re
from collections.abc import Iterator
from pathlib import Path

from distviz.stack.copying import names as naming
from distviz.stack.copying import source
from distviz.stack.copying.names import Names

TEMPLATES = Path(__file__).parent / "fresh_tests"
_LEFT_OUT = re.compile(r"(^|/)(tests|lessons|locale|__pycache__)(/|$)|(^|/)lessons\.py$|(^|/)desk/api\.py$|\.pyc$")


def write(origin: Path, made: Path) -> bool:
    """Write the protocol of the folder `origin` into `made`, which is not there yet and whose name is the key. Returns
    whether its migration is still to be made: one that only makes tables is made anew, one with SQL is carried over."""
    names = naming.read(origin, made.name)
    has_sql = any("RunSQL" in path.read_text() for path in origin.glob("migrations/*.py"))
    for path in sorted(origin.glob("**/*")):
        at = path.relative_to(origin)
        if path.is_dir() or _LEFT_OUT.search(str(at)) or (_is_migration(at) and not has_sql):
            continue
        target = made / _renamed(at, names)
        target.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text()
        target.write_text(source.renamed(text, names) if path.suffix == ".py" else _page(text, names))
    for name, text in _tests(names):
        (made / "tests" / name).parent.mkdir(parents=True, exist_ok=True)
        (made / "tests" / name).write_text(text)
    return (origin / "models.py").is_file() and not has_sql


def _is_migration(at: Path) -> bool:
    return at.parts[0] == "migrations" and at.name != "__init__.py"


def _renamed(at: Path, names: Names) -> Path:
    """Commands are known to everybody by the names of their files, templates by their folder."""
    parts = [names.new if part == names.old else part for part in at.parts]
    if parts[:2] == ["management", "commands"] and parts[-1] != "__init__.py":
        parts[-1] = f"{names.new}_{parts[-1]}"
    return Path(*parts)


def _page(text: str, names: Names) -> str:
    text = re.sub(rf"(['\"]){names.old}(['\"/])", rf"\1{names.new}\2", text)
    for page in names.pages:
        text = re.sub(rf"(dashboard:){page}(_do)?(['\"])", rf"\1{names.new}-desk\2\3", text)
    return text


def _tests(names: Names) -> Iterator[tuple[str, str]]:
    for path in sorted(TEMPLATES.glob("**/*.txt")):
        name = str(path.relative_to(TEMPLATES)).removesuffix(".txt")
        yield name, path.read_text().replace("__KEY__", names.new)
