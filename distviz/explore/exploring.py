"""One sitting over an exploration: what a fine run meets, then every failure, every pair, every order, and of what went
wrong the smallest that still does. What was tried in an earlier sitting is not tried again."""

import random
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from threading import Event

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from distviz.errors import Forbidden, NotNow
from distviz.explore import afterwards, ends, failures, orders
from distviz.explore.asked import ExplorationAsked
from distviz.explore.failures import Failure
from distviz.explore.kinds import (
    ALONE,
    BOTH,
    COPY,
    FIRST,
    ORDER,
    PAIR,
    PLAIN,
    RIVAL,
    SINGLE,
    SMALLER,
    Signature,
    is_bad,
    signature,
)
from distviz.explore.models import DONE, RUNNING, SILENT, STOPPED, Exploration, Try, failed
from distviz.explore.running import NOTE, Like, Runner, Tried
from distviz.explore.under_way import Wanted
from distviz.trace import reasons
from protocols import registry

SAYS_S = 1.0
KEPT, KEPT_OF_RUNS = 40, 200  # explorations, and those of a run; the oldest go with their tries


def begin(asked: ExplorationAsked, *, anew: bool = False) -> Exploration:
    """The one that was stopped and is the same, or a new one. Raises NotNow while another one runs, Forbidden where
    failures are switched off."""
    if not settings.FAULTS_ENABLED:
        raise Forbidden("failures_switched_off")
    dead = Exploration.objects.filter(state=RUNNING, beat_at__lt=timezone.now() - SILENT)
    dead.update(state=STOPPED, doing="", finished_at=timezone.now())
    same = {f"asked__{name}": value for name, value in asked.same.items()}
    of_run, kept = (asked.run, KEPT_OF_RUNS) if asked.run else (None, KEPT)
    alike = Exploration.objects.filter(of_run__isnull=of_run is None)
    before = None if anew else alike.filter(state=STOPPED, of_run=of_run, **same).first()
    try:
        with transaction.atomic(using="default"):
            if before is None:
                old = alike.values_list("pk", flat=True)[kept - 1 :]
                Exploration.objects.filter(pk__in=list(old)).exclude(state=RUNNING).delete()
                return Exploration.objects.create(protocol=asked.protocol, asked=asked.as_dict(), of_run=of_run)
            before.asked, before.state, before.finished_at, before.to_stop = asked.as_dict(), RUNNING, None, False
            before.save()
            return before
    except IntegrityError:
        raise NotNow("exploration_is_running") from None


def carry_out(
    exploration: Exploration,
    asked: ExplorationAsked,
    say: Callable[[str], None],
    interrupted: Event,
    *,
    until_bad: bool = False,
    but_for: Collection[Signature] = (),
    kind: "type[Sitting] | None" = None,
) -> Exploration:
    """Whatever happens, it says how it ended; what was tried stays. `until_bad`: no further than the first bad end that
    is none of `but_for`. `kind`: what is tried, and in which order."""
    sitting = (kind or Sitting)(exploration, asked, say, interrupted)
    sitting.until_bad, sitting.but_for = until_bad, but_for
    try:
        exploration.state = DONE if sitting.go() else STOPPED
    except BaseException as error:
        for column, value in failed(reasons.of(error)).items():
            setattr(exploration, column, value)
        raise
    finally:
        exploration.doing, exploration.finished_at = "", timezone.now()
        exploration.spent_s += sitting.lasted
        exploration.save()
    return exploration


class Sitting:
    until_bad = False
    but_for: Collection[Signature] = ()

    def __init__(
        self, exploration: Exploration, asked: ExplorationAsked, say: Callable[[str], None], interrupted: Event
    ) -> None:
        self.exploration, self.asked, self._say, self._interrupted = exploration, asked, say, interrupted
        self.protocol = registry.get(asked.protocol)
        self.tries: dict[int, Try] = {one.number: one for one in exploration.tries.all()}
        self._since, self._said = time.monotonic(), 0.0
        self._runner = self._made_runner(f"{NOTE}{exploration.pk.hex[:8]}")

    def _made_runner(self, note: str) -> Runner:
        return Runner(self.protocol, self.asked.at_once, note, Like(without=self.asked.without))

    @property
    def lasted(self) -> float:
        return time.monotonic() - self._since

    def go(self) -> bool:
        """Whether everything was tried."""
        plain = self._learnt()
        if plain is None:
            return False
        return (
            self._try(self._singles(plain))
            and (not self.asked.rivals or self._try(self._meanwhile(plain)))
            and (not self.asked.orders or self.orders())
            and (not self.asked.pairs or self._try(self._pairs(plain)))
            and self._audited()
            and self._smaller()
        )

    # --- the plans: the same for the same seed, and for the same things that were met --------------------------------

    def _learnt(self) -> list[str] | None:
        """The points that a run without a failure meets; None if there was no time for it."""
        if not self._try([Wanted(FIRST[PLAIN], PLAIN)]):
            return None
        plain = self.tries[FIRST[PLAIN]]
        if plain.end != ends.KEPT and not self.asked.without:
            raise NotNow("explore_not_fine", end=plain.end, run=str(plain.run_id))
        self.exploration.met = plain.met
        return list(plain.met)

    def _singles(self, plain: Sequence[str]) -> list[Wanted]:
        """Where a failure makes a run meet points of its own, these are broken in pairs."""
        found = failures.at(plain, self.asked.attempts)
        return [Wanted(FIRST[SINGLE] + place, SINGLE, (one,)) for place, one in enumerate(found)]

    def _meanwhile(self, plain: Sequence[str]) -> list[Wanted]:
        """While a run stands at each of its points: a second withdrawal from the same account; a copy."""
        held: list[tuple[Failure, ...]] = [(one,) for one in failures.held(plain)]
        plans = {RIVAL: held, BOTH: held, COPY: failures.copied(plain)}
        return [
            Wanted(FIRST[kind] + place, kind, what) for kind, found in plans.items() for place, what in enumerate(found)
        ]

    def _pairs(self, plain: Sequence[str]) -> list[Wanted]:
        """The most promising second failure of each first one, then the next of each, and so on."""
        dice = random.Random(self.asked.seed)
        rows = []
        for single in self._of(SINGLE):
            if single.fired:
                first = single.what[0]
                rows.append((first, list(failures.seconds(first, single.met, plain, self.asked.attempts, dice))))
        pairs: dict[frozenset[Failure], tuple[Failure, ...]] = {}
        for place in range(max((len(row) for _first, row in rows), default=0)):
            for first, row in rows:
                if place < len(row):
                    pairs.setdefault(frozenset((first, row[place])), (first, row[place]))
        return [Wanted(FIRST[PAIR] + place, PAIR, pair) for place, pair in enumerate(pairs.values())]

    def orders(self) -> bool:
        """Some at a time, as each shows which others there are. Whether all were tried."""
        number, waiting = FIRST[ORDER], orders.Frontier()
        while batch := [Wanted(number + n, ORDER, order=one) for n, one in enumerate(waiting.next(self.asked.at_once))]:
            if not self._try(batch):
                return False
            for one in batch:
                waiting.learn(self.tries[one.number])
            number += len(batch)
        return True

    def _audited(self) -> bool:
        """The books once more. Whether there was time for all that had to be asked."""
        every = list(self.tries.values())
        for one, ending in afterwards.again(self.protocol, every, without_guards=bool(self.asked.without)):
            if ending.end in ends.BAD:
                one.end, one.money, one.wrong = ending.end, ending.money, [reason.as_json() for reason in ending.wrong]
                one.save(update_fields=["end", "money", "wrong"])
            if not self._may_go_on():
                return False
        return True

    def _smaller(self) -> bool:
        """Of each bad end: the same with less, while it stays bad. What was tried already is known."""
        place, left = FIRST[SMALLER], [one.what for one in self.tries.values() if one.end in ends.BAD]
        known = {signature(one.what): one for one in self.tries.values() if one.kind not in ALONE}
        while left:
            for less in failures.smaller(left.pop()):
                if signature(less) in known:
                    continue
                while place in self.tries:
                    place += 1
                if not self._try([Wanted(place, SMALLER, tuple(less))]):
                    return False
                known[signature(less)] = self.tries[place]
                if self.tries[place].end in ends.BAD:
                    left.append(list(less))
        return True

    def _of(self, kind: str) -> Iterator[Try]:
        return (one for one in list(self.tries.values()) if one.kind == kind)

    # --- trying ------------------------------------------------------------------------------------------------------

    def _try(self, wanted: Iterable[Wanted]) -> bool:
        """Whether all of them are known now."""
        missing = [one for one in wanted if one.number not in self.tries]
        self.exploration.planned = len(self.tries) + len(missing)
        self._tell()
        return self._runner.go(missing, self._keep, self._may_go_on)

    def _may_go_on(self) -> bool:
        self._tell()
        found = self.until_bad and any(is_bad(one, self.but_for) for one in self.tries.values())
        stops = self._interrupted.is_set() or self.exploration.to_stop or found
        return not stops and self.lasted < self.asked.seconds

    def _keep(self, tried: Tried) -> None:
        wanted = tried.wanted
        self.tries[wanted.number] = Try.objects.create(
            exploration=self.exploration,
            number=wanted.number,
            kind=wanted.kind,
            failures=[one.as_list() for one in wanted.failures],
            order=[list(turn) for turn in tried.turns] if wanted.kind == ORDER else [],
            run_id=tried.run.pk,
            rival_id=tried.rival.pk if tried.rival else None,
            end=tried.ending.end,
            money=tried.ending.money,
            fired=tried.fired,
            met=tried.met,
            wrong=[reason.as_json() for reason in tried.ending.wrong],
            took_ms=tried.took_ms,
        )

    def _tell(self) -> None:
        if self.lasted - self._said < SAYS_S:
            return
        self._said = self.lasted
        self.exploration.doing = f"{len(self.tries)}/{self.exploration.planned}"
        self.exploration.save(update_fields=["doing", "met", "planned", "beat_at"])
        self.exploration.refresh_from_db(fields=["to_stop"])
        self._say(f"{self.asked.protocol}: {self.exploration.doing} in {self.lasted:.0f} s")
