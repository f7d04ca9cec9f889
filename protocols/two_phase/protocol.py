"""What the lab says and shows of two-phase commit."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from distviz.probe.isolation import READ_SKEW
from distviz.services.notification import outgoing
from distviz.services.places import ACCOUNT, COORDINATOR, PAYMENT
from distviz.services.shared_books import SharedBooks
from protocols.catalogue import Panel, Protocol, Step, message, work
from protocols.two_phase import audit
from protocols.two_phase.advice import ADVICE
from protocols.two_phase.desk import resolve
from protocols.two_phase.desk.doubts import DOUBTS
from protocols.two_phase.guards import GUARDS
from protocols.two_phase.lessons import LESSONS
from protocols.two_phase.messages import LINES, Commit, Done, Prepare, Rollback, Vote, WithdrawalRequested
from protocols.two_phase.models import Decision, Participation
from protocols.two_phase.promises import CELLS
from protocols.two_phase.recovery import passes


class TwoPhaseBooks(SharedBooks):
    """Nothing can be emptied while something is prepared."""

    def clear(self) -> None:
        passes.sweep_all()
        outgoing.ready().delete_many({})
        super().clear()


BOOKS = TwoPhaseBooks(
    "two_phase",
    own_tables=[
        (COORDINATOR, "two_phase_participants"),
        (COORDINATOR, "two_phase_decisions"),
        (ACCOUNT, "two_phase_marker"),
        (PAYMENT, "two_phase_marker"),
    ],
    invariants=audit.invariants,
)


def decisions(account: str = "") -> Iterable[Mapping[str, Any]]:
    return Decision.objects.values("tx_id", "decision", "reason", "decided_by", "at", "ended_at")[:20]


def votes(account: str = "") -> Iterable[Mapping[str, Any]]:
    newest = Participation.objects.order_by("-begun_at", "tx_id", "place")
    return newest.values("tx_id", "name", "vote", "reason", "done_at")[:21]


def prepared(account: str = "") -> Iterable[Mapping[str, Any]]:
    return [
        {
            "run": row["run"],
            "participant": row["participant"],
            "age": f"{row['age']} s",
            "locks": ", ".join(sorted({lock["relation"] for lock in row["locks"]})),
            "waiting": row["waiting"],
            "decision": row["decision"] or _("none yet"),
        }
        for row in resolve.in_doubt()
    ]


_WORK = {
    "account": (
        _("Deduct, PREPARE TRANSACTION"),
        _("Deduct for good"),
        _("Undo the prepared deduction"),
    ),
    "payment": (
        _("Pay, PREPARE TRANSACTION"),
        _("Pay for good"),
        _("Undo the prepared payment"),
    ),
    "notification": (_("Store the notification as pending"), _("Send the notification"), _("Discard the notification")),
}
_PREPARE = ("before_prepare", "before_tx", "in_tx", "after_prepare")
_COMMIT = ("before_commit", "after_commit")


def _textbook() -> list[Step]:
    """Prepare every participant, collect the votes, decide, tell every participant, collect the acknowledgements."""
    parties = [(name, line, *_WORK[name]) for name, line in LINES.items()]
    return [
        message(WithdrawalRequested, "api", "api"),
        work(
            "begin",
            _("Record the participants"),
            "api",
            "coordinator",
            moments=("before_prepare", "between_prepares"),
        ),
        *(message(line[Prepare], "api", name) for name, line, *_texts in parties),
        *(work(f"prepare_{name}", ready, name, name, moments=_PREPARE) for name, _line, ready, _do, _undo in parties),
        *(message(line[Vote], name, "api") for name, line, *_texts in parties),
        work(
            "decide",
            _("Record the decision: the commit point"),
            "api",
            "coordinator",
            moments=("after_prepared", "after_decision", "between_commits"),
        ),
        *(message(line[Commit], "api", name) for name, line, *_texts in parties),
        *(work(f"commit_{name}", do, name, name, moments=_COMMIT) for name, _line, _ready, do, _undo in parties),
        *(message(line[Done], name, "api") for name, line, *_texts in parties),
        work("end", _("All participants have finished"), "api", "coordinator", moments=("after_commits",)),
        *(message(line[Rollback], "api", name, compensation=True) for name, line, *_texts in parties),
        *(
            work(f"roll_back_{name}", undo, name, "refund" if name == "account" else "", compensation=True)
            for name, _line, _ready, _do, undo in parties
        ),
    ]


PROTOCOL = Protocol(
    key="two_phase",
    title=_("Two-phase commit"),
    short=_("Two-phase commit"),
    one_line=_("First every participant votes, then one decision binds them all."),
    promises=_(
        "Strict consistency: all commit or none does. No isolation: between two COMMIT PREPAREDs a reader "
        "sees one without the other."
    ),
    pros=[
        _("All or nothing, over several databases"),
        _("No compensation is needed, because nothing is half done"),
    ],
    cons=[
        _("Blocks: a participant that voted yes keeps its rows locked until it hears from the coordinator"),
        _("Slow: two rounds of messages, and each answer waits for the disk"),
        _("The coordinator is a single point of failure"),
    ],
    finished_when=_("Every participant has committed (or rolled back)."),
    consistency=_("immediate"),
    complexity=3,
    performance=_("low"),
    use_case=_("rare (legacy systems)"),
    steps=_textbook(),
    request=WithdrawalRequested,
    books=BOOKS,
    halves=READ_SKEW,
    panels=[
        Panel("prepared", _("Prepared, with locks"), prepared),
        Panel("decisions", _("Decisions"), decisions),
        Panel("votes", _("Votes"), votes),
        Panel("payments", _("Payments"), BOOKS.payments),
    ],
    doubts=DOUBTS,
    lessons=LESSONS,
    cells=CELLS,
    guards=GUARDS,
    demonstrated=3,
    advice=ADVICE,
)
