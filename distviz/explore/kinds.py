"""Kinds of tries, which of them are the same, and which are the smallest that are bad."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from distviz.explore import ends, failures
from distviz.explore.failures import Failure
from distviz.explore.models import Try

PLAIN, SINGLE, PAIR, ORDER, SMALLER, DIES = "plain", "single", "pair", "order", "smaller", "dies"
# While a process is held: a competing withdrawal from an account that covers one of the two, or both; a copy of the
# message that is being handled.
RIVAL, BOTH, COPY = "rival", "both", "copy"
MEANWHILE = (RIVAL, BOTH, COPY)
ALONE = (ORDER, *MEANWHILE)  # those whose failures do not say what was tried
# Each kind has numbers of its own, so that those of one do not depend on how many there are of another.
FIRST = {PLAIN: 0, SINGLE: 1, PAIR: 10_000, ORDER: 1_000_000, SMALLER: 2_000_000, DIES: 1}
FIRST |= {RIVAL: 3_000_000, BOTH: 4_000_000, COPY: 5_000_000}
Signature = tuple[tuple[Any, ...], ...]


def is_bad(one: Try, but_for: Collection[Signature] = ()) -> bool:
    """`but_for`: what is bad anyway."""
    return one.end in ends.BAD and of_try(one) not in but_for


def of_try(one: Try) -> Signature:
    """Two tries with the same one are the same; of orders each is another one."""
    more = {ORDER: ((ORDER, one.number),)} | {kind: ((kind,),) for kind in MEANWHILE}
    return (*signature(one.what), *more.get(one.kind, ()))


def signature(what: Iterable[Failure]) -> Signature:
    return tuple(sorted(tuple(one.as_list()) for one in what))


def counterexamples(tries: Sequence[Try]) -> list[Try]:
    """The bad ends of which nothing smaller is bad."""
    bad = [one for one in tries if one.end in ends.BAD]
    known = {signature(one.what) for one in bad if one.kind not in ALONE}

    def shrinks(one: Try) -> bool:
        return one.kind not in ALONE and any(signature(less) in known for less in failures.smaller(one.what))

    return [one for one in bad if not shrinks(one)]
