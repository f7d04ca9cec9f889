"""What the answers of a probe mean, in the terms of the field: dirty by design, read skew, a lock that is held."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from django.utils.translation import gettext as _

from distviz.probe.locks import RowLock, Who
from distviz.probe.reads import Read
from distviz.trace.models import Run


@dataclass(frozen=True)
class Finding:
    """One fact about isolation, with its name. `tone` is ok, warn or bad."""

    code: str
    title: str
    detail: str
    tone: str = "ok"


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
_MONEY = re.compile(r"-?\d+\.\d\d", re.ASCII)
READ_SKEW, HALF_DONE, INTERMEDIATE = "read_skew", "half_done", "intermediate"


def findings(run: Run, answers: Sequence[AnswerLike], halves: str) -> list[Finding]:
    """In the order of what a person should look at first. What could not be asked is not judged. `halves` is the name
    of what it is under this protocol if one half of a withdrawal is visible and the other is not."""
    if any(answer.error for answer in answers):
        return [*_unanswered(answers), *_not_dirty(answers), *_locks(answers)]
    doubts = [*_halves(run, answers, halves), *_stale(answers), *_not_dirty(answers), *_locks(answers)]
    return doubts if run.finished_at else [*doubts, *_not_locked(answers)]


def _of(answers: Iterable[AnswerLike], means: str) -> list[dict[str, Any]]:
    return [row for answer in answers if means in answer.read.means.split() for row in answer.rows]


def _halves(run: Run, answers: Sequence[AnswerLike], name: str) -> list[Finding]:
    """Which of the two halves of the withdrawal are visible to everybody: the deduction, the payment?"""
    moves = _of(answers, "taken")
    taken = any(row["kind"] == "deduct" for row in moves) and not any(row["kind"] == "refund" for row in moves)
    paid = any(row["status"] == "COMPLETED" for row in _of(answers, "paid"))
    if taken == paid:
        return [_whole()] if taken else []
    seen, unseen = (_("the deduction"), _("the payment")) if taken else (_("the payment"), _("the deduction"))
    names = {"seen": seen, "unseen": unseen, "sum": f"${run.amount:,.2f}"}
    if name == READ_SKEW:
        detail = _(
            "A session that reads both servers now sees %(seen)s but not %(unseen)s: one COMMIT PREPARED is done,"
            " the other is not. SERIALIZABLE reads the same, because each server has its own snapshot. Two-phase "
            "commit is atomic, not isolated."
        )
        return [Finding(READ_SKEW, _("Read skew (G-single)"), detail % names, "warn")]
    if name == HALF_DONE:
        detail = _(
            "Every session sees %(seen)s but not %(unseen)s, and nothing records that %(sum)s is in flight. If "
            "the next message is lost, it stays like this."
        )
        title = _("Half of it is visible, and nothing guarantees the rest")
        return [Finding(HALF_DONE, title, detail % names, "bad")]
    detail = _(
        "Every session sees %(seen)s but not %(unseen)s: %(sum)s is in flight. Each local transaction commits"
        " on its own, so there is no isolation between the steps. A second withdrawal may build on it."
    )
    return [Finding(INTERMEDIATE, _("An intermediate state, visible to all"), detail % names, "warn")]


def _whole() -> Finding:
    return Finding("whole", _("Both halves are visible"), _("The deduction and the payment are committed everywhere."))


def _stale(answers: Sequence[AnswerLike]) -> list[Finding]:
    """A read model that has not caught up."""
    folded, shown = _of(answers, "balance"), _of(answers, "view")
    if not folded or not shown or folded[0].get("balance") == shown[0].get("balance"):
        return []
    names = {"fold": folded[0]["balance"], "view": shown[0]["balance"]}
    detail = _(
        "The events add up to %(fold)s, the read model still says %(view)s: a reader may not see its own last"
        " write there."
    )
    return [Finding("stale_read", _("A stale read model"), detail % names, "warn")]


def _not_dirty(answers: Sequence[AnswerLike]) -> list[Finding]:
    told = [text for answer in answers if (text := _hidden(answer))]
    return [Finding("no_dirty_read", _("Not committed, so not visible: no dirty read"), " ".join(told))] if told else []


def _hidden(answer: AnswerLike) -> str:
    """What only this run sees of a row, or ""."""
    if answer.uncommitted is None:
        return ""
    field = next((name for name in _TELLING if name in answer.uncommitted), "")
    mine = _shown(answer.uncommitted.get(field, ""))
    theirs = _shown(answer.rows[0].get(field, "")) if answer.rows else _("no such row")
    if mine == theirs:
        return ""
    names = {"row": f"{answer.read.store} · {answer.read.row}", "mine": mine, "theirs": theirs}
    return _("%(row)s: uncommitted %(mine)s; another session still reads %(theirs)s.") % names


def _shown(value: Any) -> str:
    text = str(value)
    return f"{Decimal(text):,.2f}" if _MONEY.fullmatch(text) else text


def _not_locked(answers: Sequence[AnswerLike]) -> list[Finding]:
    """Optimistic concurrency: a stream has a version instead of a lock."""
    found = []
    for answer in answers:
        if answer.read.means == "balance" and answer.read.lock is None and answer.rows:
            names = {"row": answer.read.row, "version": answer.rows[0].get("version")}
            detail = _(
                "%(row)s is at version %(version)s and not locked: of two appends of the next version one succeeds; "
                "the other run reloads and decides again (version conflict)."
            )
            found.append(Finding("optimistic", _("No lock, but a version"), detail % names))
    return found


def _locks(answers: Sequence[AnswerLike]) -> list[Finding]:
    found = []
    for answer in answers:
        if answer.lock is None or answer.lock.free:
            continue
        names = {"row": answer.read.row, "who": says_who(answer.lock.holder), "n": len(answer.lock.waiters)}
        detail = _("SELECT … FOR UPDATE NOWAIT on %(row)s: 55P03, held by %(who)s. Readers do not wait.") % names
        detail += " " + _("%(n)s waiting.") % names if answer.lock.waiters else ""
        found.append(Finding("row_locked", _("The row is locked"), detail, "warn"))
    return found


def _unanswered(answers: Sequence[AnswerLike]) -> list[Finding]:
    silent = sorted({answer.read.store for answer in answers if answer.error})
    detail = _("No answer from %(who)s: what a session would read there is unknown.") % {"who": ", ".join(silent)}
    return [Finding("no_answer", _("A database does not answer"), detail, "bad")]


def says_who(who: Who | None) -> str:
    if who is None:
        return _("a transaction that has just ended")
    if who.gid:
        return _("prepared transaction %(gid)s") % {"gid": who.gid}
    if who.pid:
        return _("process %(pid)s of %(service)s (session %(backend)s)") % vars(who)
    return _("session %(backend)s") % vars(who)
