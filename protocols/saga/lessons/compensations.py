"""Compensations, and what happens when they fail."""

from django.utils.translation import gettext_lazy as _

from distviz.story.lesson.shape import IT, Answer, Proof, Scenario, Shot, Try

COMPENSATES = Scenario(
    slug="saga-compensates",
    title=_("The saga gives the money back"),
    misconception=_("“A saga rolls back.”"),
    level=1,
    minutes=1,
    setting=_("A saga. The account has committed −$100.00; then the payment is refused."),
    question=_("What does the account's ledger show afterwards?"),
    shots=(Shot(IT, "saga", "payment.in_tx:decline"),),
    usual="both",
    answers=(
        Answer(
            "nothing",
            _("Nothing: the saga is rolled back"),
            lambda case: case.it.untouched,
            _("The −$100.00 is committed. No service can roll back what it has committed."),
        ),
        Answer(
            "both",
            _("−$100.00, and then +$100.00"),
            lambda case: case.it.refunded and case.it.taken == 0,
            _("The refund is a transaction of its own: a second and opposite fact."),
        ),
        Answer(
            "taken",
            _("−$100.00: the money is lost"),
            lambda case: case.it.taken > 0,
            _("The account listens for PaymentFailed and knows from its saga log what it has to give back."),
        ),
    ),
    why=_(
        "Each step of a saga commits for itself. When a later one fails, the earlier ones are made good by "
        "compensating transactions. In between everybody could see the −$100.00: the customer, other withdrawals, "
        "reports."
    ),
    remember=_("A compensation is not an undo. Both entries stay in the ledger, and the world has seen the first."),
    proofs=(
        Proof(IT, "step/commit/deduct"),
        Proof(IT, "message/sent/PaymentFailed"),
        Proof(IT, "step/commit/refund"),
    ),
    tries=(
        Try(_("The same no in two-phase commit"), "two_phase", "payment.in_tx:decline"),
        Try(_("Lose PaymentFailed on its way"), "saga", "payment.in_tx:decline message.PaymentFailed:drop"),
    ),
)

REFUND_FAILS = Scenario(
    slug="compensation-fails",
    title=_("The compensation fails, too"),
    misconception=_("“A compensation always works.”"),
    level=3,
    minutes=2,
    setting=_("The payment is refused, and the refund fails at every one of its attempts, with back-off in between."),
    question=_("How does this saga end if nobody does anything?"),
    shots=(Shot(IT, "saga", "payment.in_tx:decline refund.in_tx:error:{all_tries}"),),
    usual="person",
    answers=(
        Answer(
            "works",
            _("Compensated: one of the attempts works in the end"),
            lambda case: case.it.refunded and not case.it.has("attention/raised"),
            _("This one failed more often than there are attempts."),
        ),
        Answer(
            "person",
            _("It stops, keeps the message, and asks for a person"),
            lambda case: case.it.has("attention/raised"),
            _("Needs attention: the $100.00 are owed, on record, and wait for somebody who mends the cause."),
        ),
        Answer(
            "failed",
            _("Failed: the money is written off"),
            lambda case: case.it.lost and not case.it.has("attention/raised"),
            _("What is written down is not lost. The saga log still says what is owed, and to whom."),
        ),
        Answer(
            "paid",
            _("It goes forward again: the payment is made after all"),
            lambda case: case.it.paid > 0,
            _("The refusal is on record. Nobody may pay what is about to be given back."),
        ),
    ),
    why=_(
        "A program that can neither go on nor go back must not guess. It keeps the message as a dead letter, says what "
        "is owed, and waits. The verdict stays “temporarily inconsistent”: in flight, not lost. An operator mends the "
        "cause and presses Retry, and the compensation is committed like any other."
    ),
    remember=_("Compensations must be retried, and there must be somebody to call when the retries are used up."),
    proofs=(
        Proof(IT, "fault/fired/error"),
        Proof(IT, "retry/scheduled"),
        Proof(IT, "retry/exhausted"),
        Proof(IT, "attention/raised"),
        Proof(IT, "step/commit/refund"),
    ),
    tries=(Try(_("A refund that fails only twice"), "saga", "payment.in_tx:decline refund.in_tx:error:2"),),
)
