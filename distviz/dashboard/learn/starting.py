"""A lesson's requests, sent for real: each when its time has come, by clients with and without an Idempotency-Key."""

import random
import time
from collections.abc import Sequence
from decimal import Decimal

from django.conf import settings

from distviz.dashboard import accounts
from distviz.dashboard.promises.table import specs
from distviz.errors import Forbidden, NotNow
from distviz.runs import asking
from distviz.runs.asking import Wanted, Withdrawal
from distviz.story.lesson.run_result import matches
from distviz.story.lesson.shape import Scenario, Shot
from distviz.trace.faults import FaultSpec
from distviz.trace.models import Event, Run
from distviz.web import doorway
from distviz.web.doorway import Asker
from protocols import registry
from protocols.catalogue import Protocol

AMOUNT = Decimal("100.00")
APPEARS_WITHIN_S = 5.0  # for what a later request waits for


def faults_of(shot: Shot) -> tuple[FaultSpec, ...]:
    """What is switched on for this request; how many attempts there are is this server's setting."""
    retries = min(3, settings.RETRY_MAX)
    return specs(shot.faults.format(retries=retries, all_tries=settings.RETRY_MAX + 1))


def start(scenario: Scenario, who: Asker, key: str) -> list[Run]:
    """One run for each shot, in their order. Those that wait for nothing are made together, or none of them is. The
    same `key` again finds the same runs: a double click is one lesson."""
    if any(shot.faults for shot in scenario.shots) and not settings.FAULTS_ENABLED:
        raise Forbidden("failures_switched_off")
    first = Run.objects.filter(scope=who.scope, key=f"{key}:{scenario.shots[0].key}").first()
    account = first.account if first else _account_for(scenario, key)
    note = f"{scenario.title}"[: asking.NOTE_MAX]

    def wanted(shot: Shot) -> Wanted:
        before = scenario.shots[: scenario.shots.index(shot)]
        second = any(one.protocol == shot.protocol for one in before)
        asked = Withdrawal(shot.protocol, account, AMOUNT, note, faults_of(shot), second=second)
        return asked, f"{key}:{shot.same_as or shot.key}"

    at_once = [shot for shot in scenario.shots if not (shot.after or shot.same_as)]
    runs = doorway.ask_each(who, [wanted(shot) for shot in at_once])
    made = {shot.key: run for shot, run in zip(at_once, runs, strict=True)}
    for shot in scenario.shots:
        if shot.after:
            _wait_for(made[shot.after[0]], shot.after[1])
        if shot.key not in made:
            made[shot.key] = doorway.ask(who, *wanted(shot))
    return [made[shot.key] for shot in scenario.shots]


def _account_for(scenario: Scenario, key: str) -> str:
    """An account that has enough under all of the protocols; any of them, so that lessons do not meet each other, and
    for the same `key` the same one."""
    needed = AMOUNT * len(scenario.shots)
    account_with_money = [account.name for account in accounts.shared(_known(scenario)) if account.least >= needed]
    if not account_with_money:
        raise NotNow("no_money_for_lesson")
    return random.Random(key or None).choice(account_with_money)


def _known(scenario: Scenario) -> Sequence[Protocol]:
    return [registry.get(key) for key in scenario.protocols]


def _wait_for(run: Run, pattern: str) -> None:
    """Until the log says so. If it never does, the request is sent all the same, and the lesson shows that."""
    deadline, seen = time.monotonic() + APPEARS_WITHIN_S, 0
    while time.monotonic() < deadline:
        for event in Event.objects.filter(run=run, seq__gt=seen).order_by("seq"):
            if matches(event, pattern):
                return
            seen = event.seq
        time.sleep(0.02)
