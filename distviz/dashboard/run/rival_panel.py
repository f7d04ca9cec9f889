"""Two runs that want the same account: how each of them stands, what the rival waits for, and what comes of it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from distviz.codes import LOCKED
from distviz.dashboard import kept_pictures
from distviz.probe import locks, visitor
from distviz.probe.isolation import says_who
from distviz.probe.locks import Contender, RowLock
from distviz.runs import rivals
from distviz.story.picture.picture import Picture
from distviz.story.picture.rows import Row
from distviz.story.shapes import EventLike
from distviz.story.words import changes
from distviz.story.words.sentences import reason_of
from distviz.trace.models import Run
from protocols import registry


@dataclass(frozen=True)
class RivalSide:
    """One of the two."""

    run: Run
    picture: Picture
    attempt: int
    until: datetime | None  # when its attempt gives up waiting, or its next one begins

    @property
    def rows(self) -> Sequence[Row]:
        """The last things that happened to it."""
        return self.picture.rows[-3:]


@dataclass(frozen=True)
class Duel:
    first: RivalSide
    rival: RivalSide
    waits: Contender | None  # the rival's session, if it waits for the row at this moment
    holder: str
    holder_run: str
    lesson: str

    @property
    def sides(self) -> tuple[RivalSide, RivalSide]:
        return self.first, self.rival

    @property
    def over(self) -> bool:
        return self.rival.picture.finished


def beside(run: Run, log: Sequence[EventLike]) -> dict[str, Any]:
    """What the panel shows: the rivals of this run, whose rival it is itself, and the key of the next one."""
    found = duels(run, rivals.of(log))
    return {
        "duels": found,
        "duelling": any(not one.over for one in found),
        "rival_key": uuid.uuid4(),
        "run_key": str(run.pk),
    }


def duels(run: Run, others: Sequence[Run]) -> list[Duel]:
    """Each rival beside the run. The row is queried only while a run may wait for it."""
    if not others:
        return []
    lock = _row(run) if any(rival.finished_at is None for rival in others) else None
    return [duel(side(run), side(rival), lock) for rival in others]


def side(run: Run) -> RivalSide:
    picture = kept_pictures.of(run)
    last = picture.rows[-1] if picture.rows else None
    retry = picture.progress.retry
    until = retry.until if retry else None
    if last and last.kind == "step" and last.phase == "begin" and not picture.progress.held:
        until = last.at + timedelta(milliseconds=settings.LOCK_TIMEOUT_MS)
    return RivalSide(run, picture, max((row.attempt for row in picture.rows), default=1), until)


def duel(first: RivalSide, rival: RivalSide, lock: RowLock | None) -> Duel:
    mine = str(rival.run.pk)
    waits = next((who for who in lock.waiters if who.run == mine), None) if lock else None
    holder = lock.holder if lock and not lock.free and lock.holder and lock.holder.run != mine else None
    return Duel(
        first, rival, waits, says_who(holder) if holder else "", holder.run if holder else "", lesson(first, rival)
    )


def lesson(first: RivalSide, rival: RivalSide) -> str:
    """What the two together teach at this moment."""
    reasons = [reason_of(row.data) for one in (first, rival) for row in one.picture.rows]
    met = set().union(*(reason.codes() for reason in reasons if reason))
    sentences = []
    if "version_conflict" in met:
        sentences.append(
            _("Both decided on the same version: one append succeeded, the other run reloaded and decided again.")
        )
    if met.intersection(LOCKED):
        sentences.append(
            _("The competing withdrawal met a locked row: it waited until lock_timeout and retried with back-off.")
        )
    if rival.picture.status == "declined":
        sentences.append(
            _(
                "The remaining balance does not cover the competing withdrawal: the statement that deducts also "
                "checks the balance."
            )
        )
    if rival.picture.finished and not sentences and not first.picture.finished:
        sentences.append(
            _("Nothing delayed the competing withdrawal: between its local transactions this run holds no lock.")
        )
    if rival.picture.finished and first.picture.finished:
        took = -(first.run.moved("account") + rival.run.moved("account"))
        sentences.append(
            _("Together they deducted %(sum)s; both deductions count, no update was lost.")
            % {"sum": changes.dollars(took)}
        )
    return " ".join(sentences)


def _row(run: Run) -> RowLock | None:
    """The lock on the account's row now; None where there is no lock, or no server answers."""
    read: Any = next((read for read in registry.get(run.protocol).reads(run) if read.lock and read.place), None)
    if read is None:
        return None
    table, mine = read.lock
    try:
        with visitor.session(read.place.alias) as session:
            lock = locks.ask(session, table, mine, read.params)
    except visitor.Error:
        return None
    return locks.with_runs(lock, run.protocol, run.account) if lock else None
