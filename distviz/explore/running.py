"""Tries, several at a time: each is a real run, on an account that no other try uses meanwhile. What it stops at is let
go after a moment: a held step, a parked message, a run that waits for a person."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.conf import settings

from distviz.errors import NotNow, TooMany
from distviz.explore import judging
from distviz.explore.failures import Failure, in_a_process
from distviz.explore.judging import Ending
from distviz.explore.kinds import MEANWHILE, RIVAL
from distviz.explore.under_way import Going, Turn, Wanted
from distviz.runs import acting, asking, network, rivals
from distviz.trace import requests, unguarded
from distviz.trace.faults import FaultSpec
from distviz.trace.models import Event, Fault, Parked, Run
from distviz.trace.watching import ANYWHERE, WITHOUT
from protocols.catalogue import Protocol

AMOUNT, OPENING = Decimal("100.00"), Decimal("1000000.00")
FOR_ONE = Decimal("150.00")  # of two withdrawals
OWN = "explorer-"  # accounts that are none of people's
POLL_S = 0.05
HELD_S = 0.3  # a held step stands for so long
MEANWHILE_S = 4.0  # or for so long, if what is to happen meanwhile does not come to an end before
DOUBT_S = max(1.0, settings.RECOVERY_MIN_AGE)  # prepared for longer than this is in doubt, not on its way
RETRIES = 3  # of what waits for a person
NOTE = "explore "  # how the note of each of its runs begins


@dataclass(frozen=True)
class Like:
    """What all tries have in common. `faults` are switched on beside those of a try; `forked_from` is the run that they
    are like."""

    amount: Decimal = AMOUNT
    faults: tuple[FaultSpec, ...] = ()
    without: Sequence[str] = ()
    forked_from: UUID | None = None


@dataclass(frozen=True)
class Tried:
    """How it ended. `met`: the points that the run met; `fired`: whether all of its failures took place."""

    wanted: Wanted
    run: Run
    rival: Run | None
    ending: Ending
    fired: bool
    met: list[str]
    turns: Sequence[Turn]
    took_ms: int


class Runner:
    """All tries of one sitting. `late_s` is how long a run may take before nothing is known of it."""

    def __init__(self, protocol: Protocol, at_once: int, note: str, like: Like) -> None:
        self.protocol, self.note, self.like, self.without = protocol, note, like, like.without
        self.late_s = max(60.0, 3 * settings.T_TERM)
        self._opened, self._going = 0, list[Going]()
        self._accounts = deque(self._account() for _number in range(at_once))

    def go(self, wanted: Iterable[Wanted], done: Callable[[Tried], None], may_begin: Callable[[], bool]) -> bool:
        """Whether all of them were tried. What has begun is waited for."""
        left = deque(wanted)
        while True:
            more = may_begin()
            while more and self._accounts and (one := self._next(left)):
                if not self._began(one):
                    left.appendleft(one)
                    break
            if not self._going and not (more and left):
                return not left
            time.sleep(POLL_S)
            for tried in self._look():
                done(tried)

    def _account(self) -> str:
        """One more, with enough for thousands of tries."""
        self._opened += 1
        # What a run without guards leaves behind would be in the way of the next sitting's.
        own = f"{unguarded.OWN}{self.note[-8:]}-" if self.without else OWN
        return self._seeded(f"{own}{self._opened}", OPENING)

    def _seeded(self, name: str, opening: Decimal) -> str:
        self.protocol.books.seed([name], opening)
        return name

    def _for_one(self, wanted: Wanted) -> str:
        """An account that covers one of two withdrawals, and is for these two."""
        own = unguarded.OWN if self.without else OWN
        return self._seeded(f"{own}{self.note[-8:]}-two-{wanted.number % 1000}", FOR_ONE)

    def _next(self, left: "deque[Wanted]") -> Wanted | None:
        """The first that may begin now; those that may not yet keep their turn."""
        stands = any(self._stops(going.wanted) for going in self._going)
        found = next((one for one in left if not (stands and self._stops(one))), None)
        if found:
            left.remove(found)
        return found

    def _stops(self, wanted: Wanted) -> bool:
        """Whether a process is to be stopped: of a service's processes one always has to go on."""
        return any(one.do == "hold" and in_a_process(one.at) for one in self._faults(wanted))

    def _faults(self, wanted: Wanted) -> list[FaultSpec]:
        """At one point the try's own failure comes first."""
        return [*(one.spec for one in wanted.failures), *self.like.faults]

    def _began(self, wanted: Wanted) -> bool:
        """False if there is no room for one more run in the lab."""
        asked = asking.Withdrawal(
            self.protocol.key,
            self._for_one(wanted) if wanted.kind == RIVAL else self._accounts[0],
            self.like.amount,
            note=self.note,
            faults=self._faults(wanted),
            mode="step" if wanted.kind == "order" else "run",
            watched=True,
            guards_off=self.without,
            forked_from=self.like.forked_from,
        )
        try:
            run = asking.ask(asked, publish=requests.leave)
        except TooMany:
            return False
        self._going.append(Going(wanted, run, self._accounts.popleft(), time.monotonic()))
        return True

    def _look(self) -> Iterator[Tried]:
        """What is over, or late. The others are helped on."""
        found = Run.objects.in_bulk([run.pk for going in self._going for run in going.runs])
        doubts = self._in_doubt()
        for going in list(self._going):
            going.doubted |= any(str(going.run.pk) in name for name in doubts)
            going.run, going.rival = found[going.run.pk], found[going.rival.pk] if going.rival else None
            late = time.monotonic() - going.began > self.late_s
            if not going.over and not late:
                self._help(going)
                continue
            self._going.remove(going)
            # Else its account stays its own; so does one whose run was abandoned, and left rows that others wait for.
            over = going.over and not (self.without and going.run.status == "inconsistent")
            self._accounts.append(going.account if over else self._account())
            yield self._tried(going)

    def _help(self, going: Going) -> None:
        now, run = time.monotonic(), going.next
        stands = bool(run.holding) or run.status == "needs_attention" or _parked(run)
        going.stands_since = (going.stands_since or now) if stands else None
        if going.wanted.rival and run.holding and going.rival is None:
            self._fire(going)
        if going.wanted.copy and run.holding and not going.copied:
            going.copied = _came_twice(run, going.wanted.failures[-1])
        going.hear(now)
        if going.stands_since and now - going.stands_since > self._stands_for(going, now):
            going.stands_since = None
            self._let_go(going, run)

    def _fire(self, going: Going) -> None:
        with suppress(NotNow, TooMany):  # it has gone on by itself; there is no room yet
            going.rival = asking.ask(rivals.rival(going.run.pk), publish=requests.leave)

    def _stands_for(self, going: Going, now: float) -> float:
        """What comes meanwhile has its time, unless it waits for the one that is held: then that goes on right now, as
        the second one has read what the first is about to change. What a person would be asked about has time to be
        closed without one, where the databases close it."""
        works = going.wanted.kind in MEANWHILE and going.run.holding and not going.stands(now, HELD_S / 2)
        closes = going.next.status == "needs_attention" and (self.protocol.may_lose or self.without)
        return MEANWHILE_S if works or closes else HELD_S

    def _in_doubt(self) -> set[str]:
        """What is prepared for longer than it takes; who is old enough is asked for at all."""
        old = any(time.monotonic() - going.began > DOUBT_S for going in self._going)
        return self.protocol.doubts.count(DOUBT_S) if old and self.protocol.doubts else set()

    def _let_go(self, going: Going, run: Run) -> None:
        with suppress(NotNow):  # it has gone on by itself
            if run.holding:
                acting.release(run.pk)
            elif run.status == "needs_attention" and going.retried < RETRIES:
                going.retried += 1
                acting.retry(run.pk)
            elif parked := network.waiting(run.pk):
                network.deliver(run.pk, _turn(going, parked).pk)

    def _tried(self, going: Going) -> Tried:
        ending = judging.judge_both(self.protocol, going.runs, doubted=going.doubted, person=going.retried > 0)
        shots = list(Fault.every.filter(run=going.run).exclude(do=WITHOUT))
        met = next(shot.met for shot in shots if shot.at == ANYWHERE)
        tried = {(one.at, one.do) for one in going.wanted.failures}
        fired = all(shot.fired for shot in shots if (shot.at, shot.do) in tried)
        took = round((time.monotonic() - going.began) * 1000)
        return Tried(going.wanted, going.run, going.rival, ending, fired, met, going.turns, took)


def _came_twice(run: Run, message: Failure) -> bool:
    name = message.at.partition(".")[2]
    return Event.objects.filter(run=run, kind="message", phase="received", name=name).count() > 1


def _parked(run: Run) -> bool:
    return Parked.objects.filter(run=run, state="parked", due_at=None).exists()


def _turn(going: Going, parked: Sequence[Parked]) -> Parked:
    """The one that the order names, or the first."""
    place, by_name = len(going.turns), {f"{one.name}>{one.to}": one for one in reversed(parked)}
    wanted = going.wanted.order[place] if place < len(going.wanted.order) else ""
    name = wanted if wanted in by_name else f"{parked[0].name}>{parked[0].to}"
    going.turns.append((name, sorted(by_name.keys() - {name})))
    return by_name[name]
