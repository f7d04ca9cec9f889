"""One stack for all tests that need one; every test has accounts of its own, so nobody has to clean up. A start costs
seconds of a processor: few modules have another one, for other settings or to break what their neighbours need."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.stack import ACCOUNTS, Stack, running

KINDS = ("integration", "live", "e2e")
_numbers = itertools.count(12)  # a short bench uses the first ones


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with running() as instance:
        yield instance
        assert instance.manage("books", check=False).returncode == 0, instance.manage("books", check=False).stdout


@pytest.fixture(scope="session")
def account() -> Callable[[], str]:
    """Names of accounts that no other test uses: $1,000 each, under every protocol. The only source of names: a number
    that a module chooses is sooner or later another test's, too."""

    def name() -> str:
        number = next(_numbers)
        assert number <= ACCOUNTS, "every account has been used: raise ACCOUNTS in tests/support/stack.py"
        return f"account-{number}"

    return name


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Folders say what is slow, so who asks for that alone need not read thousands of others in each process."""
    return True if collection_path.name == "unit" and config.option.markexpr in ("slow", *KINDS) else None


def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    """The folder below `tests` says what a test needs, in `tests/` as in a protocol's own folder."""
    for item in items:
        if (kind := _kind(item)) in KINDS:
            item.add_marker(pytest.mark.slow)
            item.add_marker(getattr(pytest.mark, kind))
    _order(items)


def _kind(item: pytest.Function) -> str:
    parts = item.path.parts  # a protocol from outside is below no folder of ours
    return parts[len(parts) - parts[::-1].index("tests")]


def _order(items: list[pytest.Function]) -> None:
    """Modules with another stack come first: the shared one is not up and idle meanwhile. Then the long ones, so that
    all processes end together. Kinds take turns: a browser needs the processor, who waits for an outage does not."""
    files: dict[str, dict[Path, None]] = {}
    for item in items:
        files.setdefault(_kind(item), {})[item.path] = None
    turns = {path: turn / len(of_kind) for of_kind in files.values() for turn, path in enumerate(of_kind)}

    def place(item: pytest.Function) -> tuple[bool, bool, float]:
        slow, long = item.get_closest_marker("slow"), item.get_closest_marker("long")
        return not (slow and hasattr(item.module, "running")), not long, turns[item.path]

    items.sort(key=place)
