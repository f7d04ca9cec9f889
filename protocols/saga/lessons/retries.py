"""Retries: back-off between the attempts."""

from django.utils.translation import gettext_lazy as _

from distviz.story.lesson.run_result import Case, RunResult
from distviz.story.lesson.shape import Answer, Proof, Scenario, Shot, Try


def _growing(facts: RunResult) -> bool:
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
    order=3,
    minutes=2,
    setting=_("The Payment Service is down for a moment: three withdrawals fail there, and each is retried."),
    question=_("What do the retries look like, and how many times is each paid?"),
    shots=(
        Shot("a", "saga", _ERRORS, _("First")),
        Shot("b", "saga", _ERRORS, _("Second")),
        Shot("c", "saga", _ERRORS, _("Third")),
    ),
    usual="growing",
    answers=(
        Answer(
            "steady",
            _("Every second, all at the same time; paid once"),
            lambda case: _all_paid(case) and not all(_growing(facts) for facts in case.values()),
            _("They would all return at once and overload the service again."),
        ),
        Answer(
            "growing",
            _("Each wait about twice the last, none quite alike; paid once"),
            lambda case: _all_paid(case) and all(_growing(facts) for facts in case.values()),
            _("Exponential back-off gives the service time; a little randomness in each wait spreads the retries."),
        ),
        Answer(
            "every",
            _("Each attempt pays: several payments"),
            lambda case: any(facts.paid_twice for facts in case.values()),
            _("A failed attempt is rolled back; the inbox recognises one that was not."),
        ),
        Answer(
            "given-up",
            _("They give up, and the money is refunded"),
            lambda case: not _all_paid(case) and not any(facts.paid_twice for facts in case.values()),
            _("Only when the last attempt has failed as well. These had some left."),
        ),
    ),
    why=_(
        "A technical error may be gone a moment later, so it is retried: after 1, 2, 4, 8 … times the base, "
        "each wait up to a tenth longer at random. A business decline is never retried. And because an "
        "attempt may have succeeded without the sender learning of it, retries are safe only where the work "
        "is idempotent."
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
        Try(_("The service never recovers"), "saga", "payment.before_tx:error:99"),
        Try(_("The same errors under every protocol"), "", "payment.before_tx:error:2"),
    ),
)
