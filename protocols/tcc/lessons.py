"""The lessons of TCC: what is reserved is not taken; a cancel may come first; a confirm may come twice."""

from django.utils.translation import gettext_lazy as _

from distviz.story.lesson.run_result import RunResult
from distviz.story.lesson.shape import IT, Answer, Proof, Scenario, Shot, Try

RESERVED = Scenario(
    slug="reserved-not-taken",
    title=_("Reserved is not taken"),
    misconception=_("“TCC is a saga with another name.”"),
    level=2,
    minutes=1,
    setting=_("TCC. The account has frozen $100.00 and committed that; then the payment is declined."),
    question=_("What does the account's ledger show afterwards?"),
    shots=(Shot(IT, "tcc", "payment.in_tx:decline"),),
    usual="nothing",
    answers=(
        Answer(
            "both",
            _("−$100.00, and then +$100.00"),
            lambda case: case.it.refunded,
            _("That is a saga. Here no money had moved yet, so none has to come back."),
        ),
        Answer(
            "nothing",
            _("Nothing: a freeze was set and lifted, the balance never changed"),
            lambda case: case.it.untouched and case.it.has("step/commit/cancel_account"),
            _("Try reserves and commits the reservation; cancel sets it free. Money moves in confirm alone."),
        ),
        Answer(
            "rolled-back",
            _("Nothing: the database rolled the account's transaction back"),
            lambda case: case.it.untouched and not case.it.has("step/commit/cancel_account"),
            _("That is two-phase commit. Here the freeze was committed, and it took a second transaction to lift it."),
        ),
    ),
    why=_(
        "Try checks, reserves and commits: no lock is left, and another withdrawal from the same account sees what "
        "is still available. Once every service has tried, the coordinator decides. A refusal means that every "
        "reservation is cancelled, and no reader has ever seen a balance that was taken back."
    ),
    remember=_("A saga does and undoes; TCC reserves, then uses the reservation or gives it back."),
    proofs=(
        Proof(IT, "step/commit/try_account"),
        Proof(IT, "decision/made"),
        Proof(IT, "step/commit/cancel_account"),
    ),
    tries=(
        Try(_("The same decline in a saga"), "saga", "payment.in_tx:decline"),
        Try(
            _("Hold the coordinator here, and send a competing withdrawal"),
            "tcc",
            "coordinator.all_tried:hold",
        ),
    ),
)


def _cancelled_first(result: RunResult) -> bool:
    """The account cancelled before it tried."""
    cancelled, tried = result.at("step/commit/cancel_account"), result.at("step/begin/try_account")
    return bool(cancelled and tried and cancelled <= tried)


CANCEL_FIRST = Scenario(
    slug="cancel-first",
    title=_("The cancel comes before the try"),
    misconception=_("“A message that was sent first arrives first.”"),
    level=3,
    minutes=2,
    setting=_(
        "The payment declines at once, while the order to freeze the account's $100.00 is held up on its way. The "
        "order to cancel overtakes it: there is nothing to cancel yet."
    ),
    question=_("The late order to freeze arrives. What happens to the $100.00?"),
    shots=(Shot(IT, "tcc", "payment.in_tx:decline message.TryAccount:delay:1:1500"),),
    usual="refused",
    answers=(
        Answer(
            "frozen",
            _("They are frozen, and nobody will ever set them free"),
            lambda case: _cancelled_first(case.it) and not case.it.has("finished"),
            _("That is the hanging try, if the cancel leaves no trace. Take the guard “barrier” out to see it."),
        ),
        Answer(
            "refused",
            _("Nothing: the late try finds a tombstone and is refused"),
            lambda case: _cancelled_first(case.it) and case.it.has("finished") and case.it.untouched,
            _("The empty cancel has left a row. Its key is the withdrawal, so the try cannot insert its own."),
        ),
        Answer(
            "waits",
            _("The cancel waits for the try, then both are done in their order"),
            lambda case: not _cancelled_first(case.it),
            _("It cannot know whether a try is still to come. Unanswered, the coordinator waits for ever."),
        ),
    ),
    why=_(
        "Messages overtake each other. A cancel of something that was never tried has to succeed, for the try may be "
        "lost; and it has to leave a tombstone, for the try may only be late. Row and effect are one local "
        "transaction: whichever of the two comes first, the other one finds it."
    ),
    remember=_("An empty cancel leaves a tombstone; a try that comes after it is refused."),
    proofs=(
        Proof(IT, "message/delayed/TryAccount"),
        Proof(IT, "decision/made"),
        Proof(IT, "step/commit/cancel_account"),
        Proof(IT, "step/commit/try_account"),
    ),
    tries=(Try(_("Lose the order to freeze altogether"), "tcc", "payment.in_tx:decline message.TryAccount:drop"),),
)

CONFIRM_TWICE = Scenario(
    slug="confirm-twice",
    title=_("Confirm comes twice"),
    misconception=_("“If confirm fails, we cancel.”"),
    level=2,
    minutes=1,
    setting=_("CONFIRM is decided. The payment is made, and its answer to the coordinator is lost."),
    question=_("What does the coordinator do, and how often is the payment made?"),
    shots=(Shot(IT, "tcc", "message.PaymentDone:drop"),),
    usual="once",
    answers=(
        Answer(
            "cancels",
            _("It cancels, as nobody knows whether the payment was made"),
            lambda case: case.it.untouched,
            _("The account may have confirmed already. After the decision there is no way back."),
        ),
        Answer(
            "twice",
            _("It repeats the confirm, and the payment is made twice"),
            lambda case: case.it.paid_twice,
            _("It would, if the reservation did not remember that it was used."),
        ),
        Answer(
            "once",
            _("It repeats the confirm until there is an answer; the payment is made once"),
            lambda case: case.it.paid_once and case.it.count("message/received/ConfirmPayment") > 1,
            _("The reservation is confirmed already: the repetition changes nothing, and is answered."),
        ),
        Answer(
            "never",
            _("Nothing: it trusts that what it has sent arrives"),
            lambda case: case.it.paid_once and case.it.count("message/received/ConfirmPayment") <= 1,
            _("It does not know of the payment, so the withdrawal would stay open."),
        ),
    ),
    why=_(
        "A recorded CONFIRM can only go forward: it is repeated until every branch has answered. So confirm must "
        "always be possible (that is what try is for) and must be idempotent: the row changes from reserved to "
        "confirmed in the transaction of the payment, and does so once."
    ),
    remember=_("After the decision confirm is repeated, not reconsidered. It has to be possible, and idempotent."),
    proofs=(
        Proof(IT, "step/commit/confirm_payment"),
        Proof(IT, "message/lost/PaymentDone"),
        Proof(IT, "sweep/redriven"),
        Proof(IT, "step/commit/confirm_payment", last=True),
    ),
    tries=(
        Try(_("Kill the coordinator after its decision"), "tcc", "coordinator.after_decision:crash"),
        Try(_("Two confirms at once"), "tcc", "message.ConfirmPayment:duplicate"),
    ),
)

LESSONS = (RESERVED, CANCEL_FIRST, CONFIRM_TWICE)
