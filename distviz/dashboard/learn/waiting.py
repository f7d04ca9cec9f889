"""Waiting: back-off between attempts, and reads that are behind."""

from django.utils.translation import gettext_lazy as _

from distviz.dashboard.learn.facts import Case, Facts
from distviz.dashboard.learn.shape import IT, Answer, Proof, Scenario, Shot, Try


def _growing(facts: Facts) -> bool:
    """Each wait about twice the one before."""
    pairs = list(zip(facts.waits, facts.waits[1:], strict=False))
    return bool(pairs) and all(later > 1.5 * sooner for sooner, later in pairs)


def _all_paid(case: Case) -> bool:
    return all(facts.paid_once for facts in case.values())


_ERRORS = "payment.before_tx:error:{retries}"
RETRY_STORM = Scenario(
    slug="retry-storm",
    title=_("The retry storm"),
    misconception=_("“Just try again until it works.”"),
    level=2,
    minutes=2,
    setting=_(
        "The Payment Service is down for a moment: three withdrawals fail at it, and each of them is tried again."
    ),
    question=_("What do the retries look like, and how often is each paid?"),
    shots=(
        Shot("a", "saga", _ERRORS, _("First")),
        Shot("b", "saga", _ERRORS, _("Second")),
        Shot("c", "saga", _ERRORS, _("Third")),
    ),
    usual="growing",
    answers=(
        Answer(
            "steady",
            _("Every second again, all in step; paid once"),
            lambda case: _all_paid(case) and not all(_growing(facts) for facts in case.values()),
            _("In step they would all come back at once and knock the service over again."),
        ),
        Answer(
            "growing",
            _("Each wait about twice the last, none quite alike; paid once"),
            lambda case: _all_paid(case) and all(_growing(facts) for facts in case.values()),
            _("Exponential back-off gives the service time; a little chance in each wait pulls the crowd apart."),
        ),
        Answer(
            "every",
            _("Each attempt pays: several payments"),
            lambda case: any(facts.paid_twice for facts in case.values()),
            _("A failed attempt was rolled back, and the inbox guards the ones that were not."),
        ),
        Answer(
            "given-up",
            _("They give up, and the money is given back"),
            lambda case: not _all_paid(case) and not any(facts.paid_twice for facts in case.values()),
            _("Only when the last attempt has failed as well. These had some left."),
        ),
    ),
    why=_(
        "A technical error may be gone a moment later, so it is tried again: after 1, 2, 4, 8 … times the base, each "
        "wait up to a tenth longer by chance. A business no is never tried again. And because an attempt may have "
        "worked without anybody hearing of it, retries are safe only where the work is idempotent."
    ),
    remember=_("Back off exponentially, with jitter, up to a limit. Then fail clearly."),
    proofs=(
        Proof("a", "retry/scheduled"),
        Proof("a", "retry/scheduled", last=True),
        Proof("b", "retry/scheduled", last=True),
        Proof("c", "retry/scheduled", last=True),
        Proof("a", "step/commit/charge"),
    ),
    tries=(
        Try(_("It never comes back"), "saga", "payment.before_tx:error:99"),
        Try(_("The same errors under every protocol"), "", "payment.before_tx:error:2"),
    ),
)

STALE_READ = Scenario(
    slug="stale-read",
    title=_("The projector is behind"),
    misconception=_("“After the COMMIT everybody reads the new balance.”"),
    level=2,
    minutes=1,
    setting=_(
        "Event sourcing: the withdrawal is an event in the store, and a projector keeps the balance page's read model. "
        "The projector is three seconds slow."
    ),
    question=_("One second after the COMMIT somebody opens the balance page. What does it show?"),
    shots=(Shot(IT, "event_sourcing", "projector.in_batch:delay:1:3000"),),
    usual="old",
    answers=(
        Answer(
            "new",
            _("The new balance: committed is committed"),
            lambda case: case.it.ms_between("step/commit/deduct", "step/commit/project") < 1000,
            _("It is committed in the store. The page reads another table, which follows."),
        ),
        Answer(
            "old",
            _("The old balance, and the new one some seconds later"),
            lambda case: 1000 <= case.it.ms_between("step/commit/deduct", "step/commit/project") < float("inf"),
            _("The read model is right, but of a moment ago. How far it is behind is the projection lag."),
        ),
        Answer(
            "for-ever",
            _("The old balance, until somebody rebuilds the read model"),
            lambda case: not case.it.has("step/commit/project"),
            _("The projector goes on from its checkpoint by itself. Nothing that is in the store is skipped."),
        ),
    ),
    why=_(
        "Commands are decided on the event stream, so no stale read can overdraw an account. Pages read projections, "
        "which follow at their own pace. The money was right all the time; only the picture of it was old."
    ),
    remember=_("With CQRS reads are behind. Decide on the stream, show the read model, and measure its lag."),
    proofs=(
        Proof(IT, "step/commit/deduct"),
        Proof(IT, "fault/fired/delay"),
        Proof(IT, "step/commit/project"),
    ),
    tries=(
        Try(_("Kill the projector in its batch"), "event_sourcing", "projector.in_batch:crash"),
        Try(_("Lose the hint that there is something new"), "event_sourcing", "message.EventsAppended:drop"),
    ),
)
