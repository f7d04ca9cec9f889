"""The lesson of the monolith: what one COMMIT is worth."""

from django.utils.translation import gettext_lazy as _

from distviz.story.lesson.shape import Answer, Proof, Scenario, Shot, Try

ONE_OR_MANY = Scenario(
    slug="one-or-many",
    title=_("One COMMIT, or many"),
    misconception=_("“A withdrawal is one transaction, whatever the architecture.”"),
    level=1,
    minutes=1,
    setting=_("The same $100.00 is withdrawn twice, and nothing goes wrong: once in the monolith, once as a saga."),
    question=_("How many times does each commit?"),
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
            _("Each service commits on its own. Between two of these commits the money is in flight."),
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
        Try(_("Run all of them without a failure")),
        Try(_("Hold the saga between two commits"), "saga", "payment.before_tx:hold"),
    ),
)

LESSONS = (ONE_OR_MANY,)
