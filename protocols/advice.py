"""Arguments for and against a protocol, as answers to the questions of `/choose/`. Each protocol gives its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Text = str | _StrPromise  # translated when it is shown

YES, NO = "yes", "no"


@dataclass(frozen=True)
class Argument:
    """What an answer means for the protocol. `lesson` is where one can see it happen."""

    question: str
    answer: str
    points: int
    text: Text
    lesson: str


@dataclass(frozen=True)
class Combination:
    """Two ways together, which is what many systems need. `parts` are keys of protocols; it is offered where all of
    them are installed. `measured` is the protocol whose runs have this shape here, or "". `beyond` says what of it this
    lab cannot measure."""

    key: str
    title: Text
    parts: tuple[str, ...]
    advice: tuple[Argument, ...]
    measured: str = ""
    beyond: Text = ""


@dataclass(frozen=True)
class Unfit:
    """Of a protocol that is never advised: in place of all reasons one sentence, which ends in a link to a lesson."""

    text: Text
    why: Text
    lesson: str
