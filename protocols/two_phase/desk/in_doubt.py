"""For the operator who decides in the coordinator's place: each transaction in doubt with all that is known of it."""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import DatabaseError, InterfaceError
from pymongo.errors import PyMongoError

from distviz.services import prepared, prepared_now
from distviz.services.places import ACCOUNT, PAYMENT
from distviz.story.words.sentences import say
from distviz.trace.models import Run
from protocols.doubts import FoundDoubts
from protocols.two_phase import log
from protocols.two_phase.desk import preview
from protocols.two_phase.log import Decision, Transaction
from protocols.two_phase.messages import YES

SERVERS = (ACCOUNT, PAYMENT)
UNKNOWN = Transaction({}, [], None)


@dataclass(frozen=True)
class Prepared:
    """One prepared transaction, as its server has it."""

    gid: str
    server: str
    age: float
    xid: str
    locks: list[dict[str, Any]]
    waiters: list[dict[str, Any]]


@dataclass(frozen=True)
class ParticipantState:
    """What the log knows of one participant. An empty vote: none yet."""

    name: str
    vote: str
    done: bool


@dataclass(frozen=True)
class Doubt:
    """One distributed transaction of which something is prepared. `run` is None if its run is gone."""

    tx_id: str
    run: Run | None
    prepared: list[Prepared]
    known: Transaction
    effects: list[preview.Effect] = field(default_factory=list)
    behind: list[Run] = field(default_factory=list)  # open withdrawals that want the same account

    @property
    def age(self) -> float:
        return max((one.age for one in self.prepared), default=0.0)

    @property
    def decision(self) -> Decision | None:
        return self.known.decision

    @property
    def why(self) -> str:
        """Why it was decided so, in the page's language."""
        return say(self.decision.reason) if self.decision and self.decision.reason else ""

    @property
    def votes(self) -> list[ParticipantState]:
        return [ParticipantState(name, vote, name not in self.known.waiting) for name, vote in self.known.votes.items()]

    @property
    def missing(self) -> list[str]:
        """Those without a yes: without it there may be no COMMIT."""
        return [one.name for one in self.votes if one.vote != YES]

    @property
    def may_commit(self) -> bool:
        return self.decision.commits if self.decision else self.run is not None and self.known.unanimous

    @property
    def may_roll_back(self) -> bool:
        return not self.decision.commits if self.decision else self.run is not None and bool(self.known.votes)


def find(min_age: float = 0, run_id: str = "") -> FoundDoubts:
    """Straight from the servers, oldest first; of all transactions or of one."""
    found: dict[str, list[Prepared]] = {}
    silent = []
    for place in SERVERS:
        try:
            rows = prepared_now.in_doubt(place, min_age, run_id)
            held = prepared_now.held(place.alias) if rows else {}
        except (DatabaseError, InterfaceError):
            silent.append(place.alias)
            continue
        for row in rows:
            lock = held.get(row["gid"], {"xid": "", "waiters": []})
            one = Prepared(row["gid"], place.name, row["age"], lock["xid"], row["locks"], lock["waiters"])
            found.setdefault(prepared.tx_of(row["gid"]) or row["gid"], []).append(one)
    runs = {str(run.pk): run for run in Run.objects.filter(pk__in=list(found))}
    doubts = [Doubt(tx, runs.get(tx), rows, log.read(tx) if tx in runs else UNKNOWN) for tx, rows in found.items()]
    return FoundDoubts(sorted(doubts, key=lambda one: -one.age), silent)


def previewed(one: Doubt) -> Doubt:
    """With the balances of every store. Costs a few queries, so it is asked of those that are shown."""
    if one.run is None:
        return one
    try:
        effects = preview.effects(one.run, {found.server: found.xid for found in one.prepared})
    except (DatabaseError, InterfaceError, PyMongoError):
        effects = []
    behind = Run.objects.filter(protocol="two_phase", account=one.run.account, finished_at=None).exclude(pk=one.run.pk)
    locked = any(effect.locked for effect in effects)
    waiting = list(behind.order_by("created_at")[:20]) if locked else []
    return replace(one, effects=effects, behind=waiting)


def count(min_age: float) -> set[str]:
    """The transactions in doubt, by what tells them apart: cheap enough for a badge. A server that does not answer is
    left out."""
    found = set()
    for place in SERVERS:
        with suppress(DatabaseError, InterfaceError):
            found |= {prepared.tx_of(name) or name for name in prepared_now.names(place, min_age)}
    return found
