"""One stack for all tests that need one; every test has accounts of its own, so nobody has to clean up."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.stack import Stack, running

HERE = Path(__file__).parent
_numbers = itertools.count(9)


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with running() as instance:
        yield instance
        assert instance.manage("books", check=False).returncode == 0, instance.manage("books", check=False).stdout


@pytest.fixture
def account() -> Callable[[], str]:
    """Names of accounts that no other test uses: $1,000 each, under every protocol."""
    return lambda: f"account-{next(_numbers)}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        kind = item.path.relative_to(HERE).parts[0]
        if kind != "unit":
            item.add_marker(pytest.mark.slow)
            item.add_marker(getattr(pytest.mark, kind))
