"""Accounts of runs whose guards are out: what goes wrong with them is kept out of all other books."""

import zlib

OWN, COUNT = "unguarded-", 8
NAMES = tuple(f"{OWN}{number}" for number in range(1, COUNT + 1))


def is_own(account: str) -> bool:
    return account.startswith(OWN)


def instead_of(account: str) -> str:
    """The account that such a run is given: always the same one instead of the same one."""
    return account if is_own(account) else NAMES[zlib.crc32(account.encode()) % COUNT]


def of_book(column: str, prefix: str = "") -> str:
    """A condition with the parameter `unguarded` (boolean): the rows of this one of the two books, by the column that
    has the account's name, behind a prefix."""
    return f"(starts_with({column}, '{prefix}{OWN}') = %(unguarded)s)"
