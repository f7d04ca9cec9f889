"""What a guided scenario is made of: data, and one predicate for each answer. Nothing here is drawn or scripted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from distviz.story.lesson.run_result import Case

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Text = str | _StrPromise  # translated when it is shown

IT = "it"  # the key of a scenario's only run


@dataclass(frozen=True)
class Shot:
    """One request of a scenario. `faults` as the promises write them; {retries} and {all_tries} are this server's.

    `after` (another shot's key and a pattern of its log) delays the request until that has happened for real;
    `same_as` sends the Idempotency-Key of that other request again.
    """

    key: str
    protocol: str
    faults: str = ""
    title: Text = ""
    after: tuple[str, str] | None = None
    same_as: str = ""


@dataclass(frozen=True)
class Answer:
    """`holds` checks what the runs really did; `reply` says why it is right, or where it errs."""

    key: str
    text: Text
    holds: Callable[[Case], bool]
    reply: Text


@dataclass(frozen=True)
class Proof:
    """A row of the log that proves it: the first of that shot's events that matches, or the last one."""

    shot: str
    pattern: str
    last: bool = False


@dataclass(frozen=True)
class Try:
    """What to do next by oneself: the lab of a protocol, or the race ("") with these faults ticked."""

    text: Text
    protocol: str = ""
    faults: str = ""


@dataclass(frozen=True)
class Scenario:
    """One lesson. Exactly one answer is right, and which one that is the runs decide."""

    slug: str
    title: Text
    misconception: Text
    level: int
    minutes: int
    setting: Text
    question: Text
    shots: tuple[Shot, ...]
    usual: str  # the answer that the texts explain; what is right is asked of the runs all the same
    answers: tuple[Answer, ...]
    why: Text
    remember: Text
    proofs: tuple[Proof, ...]
    tries: tuple[Try, ...] = ()
    order: int = 0  # among the lessons of its level; equals stand in the order of their protocols
    sheet: int = 0  # its place on the run sheet for ten minutes in front of a class; 0: it is not on it
    shown_at_ms: int = 0  # a moment at which all of the runs are worth seeing together

    @property
    def dots(self) -> str:
        return "●" * self.level + "○" * (3 - self.level)

    @property
    def protocols(self) -> list[str]:
        return list(dict.fromkeys(shot.protocol for shot in self.shots))
