"""The lesson of the dual write: what happens between two writes."""

from django.utils.translation import gettext_lazy as _

from distviz.story.lesson.shape import IT, Answer, Proof, Scenario, Shot, Try

TWO_WRITES = Scenario(
    slug="crash-between-two-writes",
    sheet=1,
    title=_("Crash between two writes"),
    misconception=_("“We write to the database and then send the message. What could go wrong?”"),
    level=1,
    minutes=1,
    setting=_(
        "No protocol: the Account Service commits −$100.00, then sends MoneyDeducted. Its process is killed between "
        "the two."
    ),
    question=_("Where is the $100.00 when everything has finished?"),
    shots=(Shot(IT, "dual_write", "account.after_commit:crash"),),
    usual="gone",
    answers=(
        Answer(
            "rolled-back",
            _("Back in the account: the crash rolls it back"),
            lambda case: case.it.taken == 0,
            _("A crash undoes what is not committed. This was committed."),
        ),
        Answer(
            "paid",
            _("Paid: the process is restarted and continues"),
            lambda case: case.it.paid > 0,
            _("The process is restarted, but nothing tells it that work is left."),
        ),
        Answer(
            "queued",
            _("In flight: the message waits in the queue"),
            lambda case: case.it.taken > 0 == case.it.paid and not case.it.lost,
            _("The message was never sent. A queue keeps only what it was given."),
        ),
        Answer(
            "gone",
            _("Nowhere: deducted, never paid, and not recorded"),
            lambda case: case.it.paid == 0 and case.it.lost,
            _("Database and queue are two systems without a common transaction. Nothing guarantees the second write."),
        ),
    ),
    why=_(
        "The COMMIT is final, but only the memory of the killed process held the fact that a message was "
        "still to be sent. Retries do not help: nothing records that there is something to retry."
    ),
    remember=_("What must happen next has to be written in the same transaction as what has happened."),
    proofs=(Proof(IT, "step/commit/deduct"), Proof(IT, "fault/fired/crash"), Proof(IT, "finished")),
    tries=(
        Try(_("The same crash under every protocol"), "", "account.after_commit:crash"),
        Try(_("Kill it one moment earlier, before COMMIT"), "dual_write", "account.in_tx:crash"),
        Try(_("The remedy: an outbox"), "outbox", "account.after_commit:crash"),
    ),
)

LESSONS = (TWO_WRITES,)
