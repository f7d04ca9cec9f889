"""What needs manual action, grouped by cause; each item says what happened, what it means for the money, and what to
do."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.utils import timezone
from django.utils.translation import gettext as _

from distviz.dashboard.attention import kinds, words
from distviz.dashboard.attention.shapes import AttentionPage, CauseGroup, Item
from distviz.runs import waiting
from distviz.services.strays import Stray
from distviz.story.words.sentences import reason_of, say, why
from distviz.trace import processes
from distviz.trace.models import DeadLetter, Parked, Run
from protocols import in_doubt
from protocols.dead_rows import DeadRow, DeadRows
from protocols.doubts import Doubt
from protocols.registry import PROTOCOLS


def read(acted: Iterable[str] = ()) -> AttentionPage:
    """Everything that waits, and what became of the runs that were `acted` upon. A run is listed once, under the cause
    that matters most."""
    found = in_doubt.find(in_doubt_after())
    taken: set[UUID] = {one.run.pk for one in found.doubts if one.run}
    groups = [_in_doubt(found)]
    sources: list[tuple[str, Any, Callable[[list[Any]], list[Item]]]] = [
        ("person", waiting.needing().exclude(pk__in=taken), _of_needing),
        ("held", waiting.held().exclude(pk__in=taken).exclude(status="needs_attention"), _of_held),
        ("parked", waiting.parked(), lambda found: [of_parked(one) for one in found]),
        ("silent", waiting.silent().exclude(pk__in=taken), lambda runs: [of_silent(run) for run in runs]),
        ("letter", waiting.letters(), lambda letters: [of_letter(one) for one in letters]),
    ]
    for cause, query, make in sources:
        rows = list(query[: waiting.SHOWN])
        more = query.count() - len(rows) if len(rows) == waiting.SHOWN else 0
        groups.append(CauseGroup(cause, words.TITLES[cause](), make(rows), more))
    groups = [part for group in groups for part in (kinds.parted(group) if group.cause == "person" else [group])]
    groups += _dead_rows(found.silent, _runs_of(groups))
    shown = {str(run) for run in _runs_of(groups)}
    done = [of_done(run) for run in Run.objects.filter(pk__in=[one for one in acted if one not in shown])]
    return AttentionPage([group for group in groups if group.items], found.silent, done)


def oldest(number: int, kind: str = "") -> list[Run]:
    """Those that have needed manual action for longest."""
    found = list(waiting.needing()[: waiting.SHOWN if kind else number])
    if kind:
        found = [item.run for item in _of_needing(found) if item.run and item.kind == kind]
    return found[:number]


def one(run: Run) -> Item:
    """The item of one run as it is now; done, if it needs no action any more."""
    for doubt in in_doubt.find(run_id=str(run.pk)).doubts:
        return of_doubt(doubt)
    if run.finished_at is None and run.status == "needs_attention":
        return _of_needing([run])[0]
    if run.finished_at is None and run.holding:
        return _of_held([run])[0]
    message = waiting.parked().filter(run=run).first()
    return of_parked(message) if message else of_done(run)


def count() -> int:
    """For the badge: how many items the page has. A few small queries; what does not answer is not counted."""
    found: set[str] = {str(run) for run in waiting.run_ids()}
    with suppress(DatabaseError, InterfaceError):
        found |= in_doubt.count(in_doubt_after())
    messages = waiting.messages()
    listed = found | {str(run) for run in messages}
    rows = [row for dead in _registered().values() for row in dead.rows(()) if str(row.run_id) not in listed]
    return len(found) + messages.total() + len(rows) + waiting.letters().count()


def in_doubt_after() -> float:
    """A transaction that is prepared for less than this is at work, not in doubt."""
    return min(2.0, settings.T_TERM / 4)


def _in_doubt(found: in_doubt.InDoubt) -> CauseGroup:
    """Those that no recovery will ever end come first."""
    strays = [_of_stray(one) for one in found.strays[: waiting.SHOWN]]
    doubts = [of_doubt(one) for one in found.doubts[: waiting.SHOWN - len(strays)]]
    more = len(found.strays) + len(found.doubts) - len(strays) - len(doubts)
    return CauseGroup("doubt", words.TITLES["doubt"](), [*strays, *doubts], more)


def _of_stray(one: Stray) -> Item:
    key = f"gid-{hashlib.sha256(one.key.encode()).hexdigest()[:12]}"
    return Item(key, "doubt", one.gid, words.stray(one), age=one.age, stray=one)


def of_doubt(one: Doubt) -> Item:
    one = in_doubt.previewed(one)
    key = f"run-{one.tx_id}" if one.run else f"gid-{hashlib.sha256(one.tx_id.encode()).hexdigest()[:12]}"
    title = words.of_run(one.run) if one.run else one.prepared[0].gid
    alive = not one.run or not one.run.holding or processes.alive(one.run.holding)
    return Item(key, "doubt", title, words.doubt(one), run=one.run, age=one.age, doubt=one, alive=alive)


def _of_needing(runs: list[Run]) -> list[Item]:
    troubles = waiting.last_troubles(run.pk for run in runs)
    items = []
    for run in runs:
        trouble = troubles.get(run.pk)
        error, at = (why(trouble), trouble.at) if trouble else ("", run.updated_at)
        reason = reason_of(trouble.data) if trouble else None
        owed = run.unexplained
        since = _since(at)
        text = words.needing(run, reason, error, owed)
        item = Item(f"run-{run.pk}", "person", words.of_run(run), text, run, since, error, run.attempts, owed)
        item.kind = kinds.of(run.protocol, reason, error)
        items.append(item)
    return items


def _of_held(runs: list[Run]) -> list[Item]:
    locking, items = waiting.holding_locks(run.pk for run in runs), []
    for run in runs:
        alive = processes.alive(run.holding or {})
        text = words.held(run, alive, run.pk in locking)
        items.append(Item(f"run-{run.pk}", "held", words.of_run(run), text, run, _since(run.updated_at), alive=alive))
    return items


def of_parked(message: Parked) -> Item:
    age, run = _since(message.at), message.run
    return Item(f"message-{message.pk}", "parked", words.of_run(run), words.parked(message), run, age, message=message)


def of_silent(run: Run) -> Item:
    return Item(f"run-{run.pk}", "silent", words.of_run(run), words.silent(run), run, _since(run.updated_at))


def of_letter(letter: DeadLetter) -> Item:
    age = _since(letter.at)
    title = _("%(name)s at %(service)s") % {"name": letter.name, "service": letter.service}
    text = words.letter(letter)
    return Item(
        f"letter-{letter.pk}", "letter", title, text, None, age, say(letter.reason), letter.attempts, letter=letter
    )


def of_done(run: Run) -> Item:
    return Item(f"run-{run.pk}", "done", words.of_run(run), words.done(run), run)


def _runs_of(groups: list[CauseGroup]) -> set[UUID]:
    return {item.run.pk for group in groups for item in group.items if item.run}


def _dead_rows(silent: list[str], listed: set[UUID]) -> Iterator[CauseGroup]:
    """A group for each protocol whose machinery can give a row up, without the rows of runs that are `listed`."""
    for key, dead in _registered().items():
        rows = [row for row in dead.rows(silent) if row.run_id not in listed]
        runs = Run.objects.in_bulk([row.run_id for row in rows])
        items = [_of_dead_row(row, dead, runs.get(row.run_id)) for row in rows]
        yield CauseGroup(f"dead-{key}", str(dead.title), items)


def _registered() -> dict[str, DeadRows]:
    return {key: protocol.dead_rows for key, protocol in PROTOCOLS.items() if protocol.dead_rows}


def _of_dead_row(row: DeadRow, dead: DeadRows, run: Run | None) -> Item:
    age = _since(row.at)
    return Item(row.key, "dead", row.title, words.dead_row(dead, run), run, age, row.error, row.attempts)


def _since(at: datetime) -> float:
    return (timezone.now() - at).total_seconds()
