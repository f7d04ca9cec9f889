"""Accounts of runs whose guards are out: what goes wrong with them is kept out of all other books."""

import zlib
from collections.abc import Iterable
from typing import Protocol, TypeVar

OWN, COUNT = "unguarded-", 8
NAMES = tuple(f"{OWN}{number}" for number in range(1, COUNT + 1))


class Named(Protocol):
    @property
    def name(self) -> str: ...


Account = TypeVar("Account", bound=Named)


def is_own(account: str) -> bool:
    return account.startswith(OWN)


def guarded(accounts: Iterable[Account]) -> list[Account]:
    """The others: those that the usual books are of."""
    return [one for one in accounts if not is_own(one.name)]


def instead_of(account: str) -> str:
    """The account that such a run is given: always the same one instead of the same one."""
    return account if is_own(account) else NAMES[zlib.crc32(account.encode()) % COUNT]


def of_book(column: str, prefix: str = "") -> str:
    """A condition with the parameter `unguarded` (boolean): the rows of this one of the two books, by the column that
    has the account's name, behind a prefix."""
    return f"(starts_with({column}, '{prefix}{OWN}') = %(unguarded)s)"
