"""What the answers of a probe mean, in the terms of the field: dirty by design, read skew, a lock that is held."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from distviz.codes import Reason
from distviz.probe.locks import Contender, RowLock
from distviz.probe.reads import Read
from distviz.story.words import sentences
from distviz.story.words.sentences import say
from distviz.trace.models import Run

sentences.register(
    {
        "read_skew": _(
            "A session that reads both servers now sees %(seen)s but not %(unseen)s: one COMMIT PREPARED is done, the "
            "other is not. SERIALIZABLE reads the same, because each server has its own snapshot. Two-phase commit is "
            "atomic, not isolated."
        ),
        "half_done": _(
            "Every session sees %(seen)s but not %(unseen)s, and nothing records that $%(amount)s is in flight. If the "
            "next message is lost, it stays like this."
        ),
        "intermediate": _(
            "Every session sees %(seen)s but not %(unseen)s: $%(amount)s is in flight. Each local transaction commits "
            "on its own, so there is no isolation between the steps. A second withdrawal may build on it."
        ),
        "the_deduction": _("the deduction"),
        "the_payment": _("the payment"),
        "whole": _("The deduction and the payment are committed everywhere."),
        "stale_read": _(
            "The events add up to %(fold)s, the read model still says %(view)s: a reader may not see its own last "
            "write there."
        ),
        "not_visible": _("%(row)s: uncommitted %(mine)s; another session still reads %(theirs)s."),
        "no_such_row": _("no such row"),
        "optimistic": _(
            "%(row)s is at version %(version)s and not locked: of two appends of the next version one succeeds; the "
            "other run reloads and decides again (version conflict)."
        ),
        "row_locked": _("SELECT … FOR UPDATE NOWAIT on %(row)s: 55P03, held by %(holder)s. Readers do not wait."),
        "others_wait": _("%(n)s waiting."),
        "no_answer": _("No answer from %(stores)s: what a session would read there is unknown."),
        "ended_session": _("a transaction that has just ended"),
        "prepared_session": _("prepared transaction %(gid)s"),
        "process_session": _("process %(pid)s of %(who)s (session %(backend)s)"),
        "plain_session": _("session %(backend)s"),
    }
)
TITLES = {
    "read_skew": _("Read skew (G-single)"),
    "half_done": _("Half of it is visible, and nothing guarantees the rest"),
    "intermediate": _("An intermediate state, visible to all"),
    "whole": _("Both halves are visible"),
    "stale_read": _("A stale read model"),
    "no_dirty_read": _("Not committed, so not visible: no dirty read"),
    "optimistic": _("No lock, but a version"),
    "row_locked": _("The row is locked"),
    "no_answer": _("A database does not answer"),
}


@dataclass(frozen=True)
class Observation:
    """What is seen of isolation: its name, and what was seen. `tone` is ok, warn or bad."""

    code: str
    seen: tuple[Reason, ...]
    tone: str = "ok"

    @property
    def title(self) -> str:
        """In the page's language, as `detail` is."""
        return str(TITLES[self.code])

    @property
    def detail(self) -> str:
        return " ".join(say(one) for one in self.seen)

    def as_dict(self) -> dict[str, Any]:
        """In English, with what the sentences are made of."""
        with translation.override("en"):
            texts = {"title": self.title, "detail": self.detail}
        return {"code": self.code, **texts, "params": {"seen": [one.as_json() for one in self.seen]}}


class AnswerLike(Protocol):
    """An answer of the probe."""

    @property
    def read(self) -> Read: ...
    @property
    def rows(self) -> list[dict[str, Any]]: ...
    @property
    def lock(self) -> RowLock | None: ...
    @property
    def uncommitted(self) -> dict[str, Any] | None: ...
    @property
    def error(self) -> str: ...


_TELLING = ("balance", "status", "kind", "type")
READ_SKEW, HALF_DONE, INTERMEDIATE = "read_skew", "half_done", "intermediate"


def observations(run: Run, answers: Sequence[AnswerLike], halves: str) -> list[Observation]:
    """The most important first. What could not be queried is not judged. `halves` is the name
    of what it is under this protocol if one half of a withdrawal is visible and the other is not."""
    if any(answer.error for answer in answers):
        return [*_unanswered(answers), *_not_dirty(answers), *_locks(answers)]
    doubts = [*_halves(run, answers, halves), *_stale(answers), *_not_dirty(answers), *_locks(answers)]
    return doubts if run.finished_at else [*doubts, *_not_locked(answers)]


def _of(answers: Iterable[AnswerLike], means: str) -> list[dict[str, Any]]:
    return [row for answer in answers if means in answer.read.means.split() for row in answer.rows]


def _halves(run: Run, answers: Sequence[AnswerLike], name: str) -> list[Observation]:
    """Which of the two halves of the withdrawal are visible to other sessions: the deduction, the payment?"""
    moves = _of(answers, "taken")
    taken = any(row["kind"] == "deduct" for row in moves) and not any(row["kind"] == "refund" for row in moves)
    paid = any(row["status"] == "COMPLETED" for row in _of(answers, "paid"))
    if taken == paid:
        return [_whole()] if taken else []
    sides = Reason("the_deduction"), Reason("the_payment")
    seen, unseen = sides if taken else sides[::-1]
    tone = "bad" if name == HALF_DONE else "warn"
    if name == READ_SKEW:
        return [Observation(READ_SKEW, (Reason.of("read_skew", seen=seen, unseen=unseen),), tone)]
    return [Observation(name, (Reason.of(name, seen=seen, unseen=unseen, amount=run.amount),), tone)]


def _whole() -> Observation:
    return Observation("whole", (Reason("whole"),))


def _stale(answers: Sequence[AnswerLike]) -> list[Observation]:
    """A read model that has not caught up."""
    folded, shown = _of(answers, "balance"), _of(answers, "view")
    if not folded or not shown or folded[0].get("balance") == shown[0].get("balance"):
        return []
    seen = Reason.of("stale_read", fold=folded[0]["balance"], view=shown[0]["balance"])
    return [Observation("stale_read", (seen,), "warn")]


def _not_dirty(answers: Sequence[AnswerLike]) -> list[Observation]:
    hidden = tuple(one for answer in answers if (one := _hidden(answer)))
    return [Observation("no_dirty_read", hidden)] if hidden else []


def _hidden(answer: AnswerLike) -> Reason | None:
    """What only this run sees of a row."""
    if answer.uncommitted is None:
        return None
    field = next((name for name in _TELLING if name in answer.uncommitted), "")
    mine = answer.uncommitted.get(field, "")
    theirs = answer.rows[0].get(field, "") if answer.rows else Reason("no_such_row")
    if mine == theirs:
        return None
    return Reason.of("not_visible", row=f"{answer.read.store} · {answer.read.row}", mine=mine, theirs=theirs)


def _not_locked(answers: Sequence[AnswerLike]) -> list[Observation]:
    """Optimistic concurrency: a stream has a version instead of a lock."""
    found = []
    for answer in answers:
        if answer.read.means == "balance" and answer.read.lock is None and answer.rows:
            seen = Reason.of("optimistic", row=answer.read.row, version=answer.rows[0].get("version"))
            found.append(Observation("optimistic", (seen,)))
    return found


def _locks(answers: Sequence[AnswerLike]) -> list[Observation]:
    found = []
    for answer in answers:
        if answer.lock is None or answer.lock.free:
            continue
        seen = [Reason.of("row_locked", row=answer.read.row, holder=session_of(answer.lock.holder))]
        seen += [Reason.of("others_wait", n=len(answer.lock.waiters))] if answer.lock.waiters else []
        found.append(Observation("row_locked", tuple(seen), "warn"))
    return found


def _unanswered(answers: Sequence[AnswerLike]) -> list[Observation]:
    silent = sorted({answer.read.store for answer in answers if answer.error})
    return [Observation("no_answer", (Reason.of("no_answer", stores=silent),), "bad")]


def session_of(who: Contender | None) -> Reason:
    """Who holds a row, or waits for it."""
    if who is None:
        return Reason("ended_session")
    if who.gid:
        return Reason.of("prepared_session", gid=who.gid)
    if who.pid:
        return Reason.of("process_session", pid=who.pid, who=who.service, backend=who.backend)
    return Reason.of("plain_session", backend=who.backend)


def says_who(who: Contender | None) -> str:
    return say(session_of(who))
