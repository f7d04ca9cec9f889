"""The lesson of the dual write: what happens between two writes."""

from django.utils.translation import gettext_lazy as _

from distviz.story.lesson.shape import IT, Answer, Proof, Scenario, Shot, Try

TWO_WRITES = Scenario(
    slug="crash-between-two-writes",
    title=_("Crash between two writes"),
    misconception=_("“We write to the database and then send the message. What should go wrong?”"),
    level=1,
    minutes=1,
    setting=_(
        "No protocol: the Account Service commits −$100.00, then sends MoneyDeducted. Its process is killed between "
        "the two."
    ),
    question=_("Where are the $100.00 when everything has come to rest?"),
    shots=(Shot(IT, "dual_write", "account.after_commit:crash"),),
    usual="gone",
    answers=(
        Answer(
            "rolled-back",
            _("Back in the account: the crash rolls it back"),
            lambda case: case.it.taken == 0,
            _("A crash undoes what is not committed. This was."),
        ),
        Answer(
            "paid",
            _("Paid: the process is started again and goes on"),
            lambda case: case.it.paid > 0,
            _("The process is started again, but nothing tells it that there is something left to do."),
        ),
        Answer(
            "queued",
            _("On their way: the message waits in the queue"),
            lambda case: case.it.taken > 0 == case.it.paid and not case.it.lost,
            _("The message was never sent. A queue keeps what it has been given."),
        ),
        Answer(
            "gone",
            _("Nowhere: taken, never paid, and nobody knows"),
            lambda case: case.it.paid == 0 and case.it.lost,
            _("Database and queue are two systems with no transaction around them. The second write is only a hope."),
        ),
    ),
    why=_(
        "The COMMIT is final, and the knowledge that a message is still owed lived only in the memory of the process "
        "that was killed. No retry helps, because nobody remembers that there is something to retry."
    ),
    remember=_("What must happen next has to be written in the same transaction as what has happened."),
    proofs=(Proof(IT, "step/commit/deduct"), Proof(IT, "fault/fired/crash"), Proof(IT, "finished")),
    tries=(
        Try(_("The same crash under every protocol"), "", "account.after_commit:crash"),
        Try(_("Kill it one moment earlier, before COMMIT"), "dual_write", "account.in_tx:crash"),
        Try(_("The cure: an outbox"), "outbox", "account.after_commit:crash"),
    ),
)

LESSONS = (TWO_WRITES,)
