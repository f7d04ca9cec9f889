"""The accounts that a withdrawal can be made from, for the forms of the lab and of the race."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from distviz.explore.running import OWN
from distviz.services.books import Balance
from distviz.trace import unguarded
from protocols.catalogue import Protocol


@dataclass(frozen=True)
class CommonAccount:
    """One that all of some protocols have, with the least and the most that any of them has in it."""

    name: str
    least: Decimal
    most: Decimal


def of_people(balances: Iterable[Balance], asked: str = "") -> list[Balance]:
    """Without those that the explorer has opened for itself, which it may use at any time, and those of runs without
    guards; but for one asked for."""
    hidden = (OWN, unguarded.OWN)
    return [one for one in balances if not one.name.startswith(hidden) or one.name == asked]


def of(balances: Iterable[Balance]) -> list[CommonAccount]:
    """The accounts of one protocol."""
    return [CommonAccount(one.name, one.balance, one.balance) for one in of_people(balances)]


def shared(among: Sequence[Protocol]) -> list[CommonAccount]:
    """The accounts that all of these protocols have, each in its own books."""
    books = [{one.name: one.balance for one in of_people(protocol.books.accounts())} for protocol in among]
    if not books:
        return []
    names = [name for name in books[0] if all(name in book for book in books)]
    return [CommonAccount(n, min(book[n] for book in books), max(book[n] for book in books)) for n in names]
