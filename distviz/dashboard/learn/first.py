"""Where everybody begins: what one withdrawal is, and what two writes are without a protocol."""

from django.utils.translation import gettext_lazy as _

from distviz.dashboard.learn.shape import IT, Answer, Proof, Scenario, Shot, Try

ONE_OR_MANY = Scenario(
    slug="one-or-many",
    title=_("One COMMIT, or many"),
    misconception=_("“A withdrawal is one transaction, whatever the architecture.”"),
    level=1,
    minutes=1,
    setting=_("The same $100.00 is withdrawn twice, and nothing goes wrong: once in the monolith, once as a saga."),
    question=_("How often does each of the two COMMIT?"),
    shots=(
        Shot("monolith", "monolith", title=_("In one database")),
        Shot("saga", "saga", title=_("Over three services")),
    ),
    usual="once-and-many",
    answers=(
        Answer(
            "once-each",
            _("Once each: a transaction has one COMMIT"),
            lambda case: case["monolith"].count("step/commit") == 1 == case["saga"].count("step/commit"),
            _("The saga has no transaction that spans its services, so no single COMMIT can finish it."),
        ),
        Answer(
            "once-and-many",
            _("The monolith once, the saga once for each of its steps"),
            lambda case: case["monolith"].count("step/commit") == 1 < case["saga"].count("step/commit"),
            _("Each service commits for itself. Between two of these commits the money is in no store but on its way."),
        ),
        Answer(
            "many-each",
            _("Both several times: each table needs its own"),
            lambda case: case["monolith"].count("step/commit") > 1,
            _("Within one database any number of tables change in the same transaction."),
        ),
    ),
    why=_(
        "In the monolith the balance, the entry and the payment are rows of one database: one COMMIT, all or nothing. "
        "Every gap between two commits of the saga is a place where something can go wrong. The other lessons are "
        "about those gaps."
    ),
    remember=_("A transaction is finished when all of its steps are done, or all of its compensations are."),
    proofs=(
        Proof("monolith", "step/commit"),
        Proof("saga", "step/commit/deduct"),
        Proof("saga", "step/commit/charge"),
        Proof("saga", "step/commit/complete"),
    ),
    tries=(
        Try(_("Race all six on a good day")),
        Try(_("Stop the saga between two commits"), "saga", "payment.before_tx:hold"),
    ),
)

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
