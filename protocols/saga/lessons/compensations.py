"""Compensations, and what happens when they fail."""

from django.utils.translation import gettext_lazy as _

from distviz.story.lesson.shape import IT, Answer, Proof, Scenario, Shot, Try

COMPENSATES = Scenario(
    slug="saga-compensates",
    sheet=2,
    title=_("The saga gives the money back"),
    misconception=_("“A saga rolls back.”"),
    level=1,
    minutes=1,
    setting=_("A saga. The account has committed −$100.00; then the payment is declined."),
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
            _("The refund is a transaction of its own: a second, opposite entry."),
        ),
        Answer(
            "taken",
            _("−$100.00: the money is lost"),
            lambda case: case.it.taken > 0,
            _("The account subscribes to PaymentFailed and knows from its saga log what it has to refund."),
        ),
    ),
    why=_(
        "Each step of a saga commits on its own. When a later one fails, the earlier ones are undone by "
        "compensating transactions. Meanwhile the −$100.00 was visible to all: the client, other withdrawals,"
        " reports."
    ),
    remember=_("A compensation is not a rollback. Both entries stay in the ledger, and others have seen the first."),
    proofs=(
        Proof(IT, "step/commit/deduct"),
        Proof(IT, "message/sent/PaymentFailed"),
        Proof(IT, "step/commit/refund"),
    ),
    tries=(
        Try(_("The same decline under two-phase commit"), "two_phase", "payment.in_tx:decline"),
        Try(_("Lose PaymentFailed on its way"), "saga", "payment.in_tx:decline message.PaymentFailed:drop"),
    ),
)

REFUND_FAILS = Scenario(
    slug="compensation-fails",
    title=_("The compensation fails, too"),
    misconception=_("“A compensation always works.”"),
    level=3,
    minutes=2,
    setting=_("The payment is declined, and the refund fails at every attempt, with back-off in between."),
    question=_("How does this saga end without manual action?"),
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
            _("It stops, keeps the message, and needs manual action"),
            lambda case: case.it.has("attention/raised"),
            _("Needs manual action: the $100.00 is owed, recorded, and waits until the cause is fixed."),
        ),
        Answer(
            "failed",
            _("Failed: the money is written off"),
            lambda case: case.it.lost and not case.it.has("attention/raised"),
            _("What is recorded is not lost. The saga log still says what is owed, and to whom."),
        ),
        Answer(
            "paid",
            _("It goes forward again: the payment is made after all"),
            lambda case: case.it.paid > 0,
            _("The decline is recorded. What is about to be refunded must not be paid."),
        ),
    ),
    why=_(
        "A program that can go neither forward nor back must not guess. It keeps the message as a dead "
        "letter, records what is owed, and waits. The verdict stays “temporarily inconsistent”: in flight, "
        "not lost. An operator fixes the cause and retries, and the compensation is committed like any other."
    ),
    remember=_("Compensations must be retried, and an operator must be alerted when the retries are exhausted."),
    proofs=(
        Proof(IT, "fault/fired/error"),
        Proof(IT, "retry/scheduled"),
        Proof(IT, "retry/exhausted"),
        Proof(IT, "attention/raised"),
        Proof(IT, "step/commit/refund"),
    ),
    tries=(Try(_("A refund that fails only twice"), "saga", "payment.in_tx:decline refund.in_tx:error:2"),),
)
