"""One run of chaos from its begin to its verdict: a stack of its own, load and failures, healing, waiting, checking."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from distviz.chaos import evidence, schedule, verdict, workload
from distviz.chaos.asked import CampaignAsked
from distviz.chaos.clients import ClientThread
from distviz.chaos.models import HOLDS, INTERRUPTED, VIOLATED
from distviz.chaos.nemesis import Nemesis
from distviz.chaos.own import Interrupted, OwnStack
from distviz.chaos.schedule import Failure
from distviz.chaos.verdict import CampaignEvidence
from distviz.chaos.workload import Points
from distviz.codes import Reason
from distviz.money import text
from protocols import registry, seeding

READY_S, LAST_ANSWER_S = 90.0, 30.0
LATE_S = 150.0  # for so long it is waited, to tell what ends late from what does not end
END_S = 30.0  # after healing every run has to end within this time: what T_TERM promises if nobody sets it
Say = Callable[[str], None]


@dataclass
class CampaignReport:
    """What took place and what is wrong."""

    asked: CampaignAsked
    schedule: Sequence[Failure]
    started: datetime
    verdict: str = INTERRUPTED
    figures: dict[str, Any] = field(default_factory=dict)
    violations: list[Reason] = field(default_factory=list)
    kept: str = ""  # the home that was not removed, to look into

    def as_dict(self) -> dict[str, Any]:
        return {
            "seed": self.asked.seed,
            "asked": self.asked.as_dict(),
            "verdict": self.verdict,
            "figures": self.figures,
            "schedule": [failure.as_dict() for failure in self.schedule],
            "violations": [reason.as_json() for reason in self.violations],
            "started_at": self.started.isoformat(),
        }


def carry_out(asked: CampaignAsked, say: Say, interrupted: threading.Event, *, keep: bool = False) -> CampaignReport:
    """Raises Unavailable if its stack does not start. Interrupted, it heals, stops and says so."""
    report = CampaignReport(asked, schedule.make(asked.seed, asked.seconds, asked.pace), datetime.now(UTC))
    with OwnStack(interrupted) as stack:
        say(f"a stack of its own starts in {stack.home}")
        try:
            stack.start(workload.ACCOUNTS, text(workload.OPENING))
        except Interrupted:
            return report
        _go(stack, report, say, interrupted)
        stack.keep |= keep
        report.kept = str(stack.home) if stack.keep else ""
        say("the stack stops")
    return report


def _go(stack: OwnStack, report: CampaignReport, say: Say, interrupted: threading.Event) -> None:
    over = threading.Event()
    nemesis = Nemesis(stack, report.schedule, say)
    bank = _bank(stack, report.asked, nemesis, over)
    for client in bank:
        client.start()
    try:
        nemesis.go(report.asked.seconds, interrupted)
    finally:
        over.set()
        say("healing")
        nemesis.heal()
    if interrupted.is_set():
        return
    healed, not_ready = _recovered(stack, bank, say)
    try:
        found = _checked(stack, bank, healed, not_ready, say)
        report.violations = verdict.judge(found)
        report.figures = _figures(found, nemesis, evidence.fired(stack))
    except evidence.NO_ANSWER as error:  # healed, and yet it cannot even be asked
        report.violations = list(verdict.not_asked(not_ready, f"{type(error).__name__}: {error}"))
        stack.keep = True
    if not interrupted.is_set():  # or else nothing was waited for
        report.verdict = VIOLATED if report.violations else HOLDS


def _bank(stack: OwnStack, asked: CampaignAsked, nemesis: Nemesis, over: threading.Event) -> list[ClientThread]:
    points = {key: Points.of(protocol) for key, protocol in registry.PROTOCOLS.items()}
    names, pause = seeding.names(workload.ACCOUNTS), workload.CLIENTS / asked.rate
    return [
        ClientThread(
            stack.port,
            workload.wishes(asked.seed, number, points, names),
            pause,
            points,
            lambda: nemesis.disturbance,
            over,
        )
        for number in range(workload.CLIENTS)
    ]


def _recovered(stack: OwnStack, bank: Sequence[ClientThread], say: Say) -> tuple[float, str]:
    """(when everything was healed and the last client had its last answer, what is not ready)."""
    for client in bank:
        client.join(LAST_ANSWER_S)
    ready = stack.waited(stack.ready, READY_S)
    say("waiting until every run has ended")
    return time.time(), "" if ready else stack.complaint()


def _checked(
    stack: OwnStack, bank: Sequence[ClientThread], healed: float, not_ready: str, say: Say
) -> CampaignEvidence:
    evidence.until_over(stack, LATE_S)
    say("asking the auditor, the databases and the clients")
    return evidence.gather(stack, bank, healed, END_S, not_ready)


def _figures(found: CampaignEvidence, nemesis: Nemesis, fired: dict[str, int]) -> dict[str, Any]:
    outcomes = Counter(operation.outcome for operation in found.operations)
    made = found.by_note
    slowest = max(found.runs, key=lambda row: row.took, default=None)
    unknown = [operation for operation in found.operations if operation.outcome == "unknown"]
    return {
        "operations": len(found.operations),
        "ok": outcomes["ok"],
        "failed": outcomes["failed"],
        "unknown": len(unknown),
        "unknown_made": sum(operation.wish.name in made for operation in unknown),
        "repeated": sum(max(0, operation.attempts - 1) for operation in found.operations),
        "statuses": dict(Counter(row.status for row in found.runs).most_common()),
        "refunds": sum(row.status == "compensated" for row in found.runs),
        "faults": dict(sorted(nemesis.done.items())),
        "missed": nemesis.missed,
        "of_runs": dict(sorted(fired.items())),
        "longest_s": round(slowest.took, 1) if slowest else 0.0,
        "longest": f"{slowest.protocol} {slowest.id}" if slowest else "",
        "after_healing_s": round(max([0.0, *(row.ended - found.healed for row in found.runs)]), 1),
    }
