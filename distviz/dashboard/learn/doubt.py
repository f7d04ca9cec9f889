"""In doubt, in flight, lost: three ways of not being there, and one that only looks like it."""

from django.utils.translation import gettext_lazy as _

from distviz.dashboard.learn.shape import IT, Answer, Proof, Scenario, Shot, Try

IS_IT_GONE = Scenario(
    slug="is-the-money-gone",
    title=_("Is the money gone?"),
    misconception=_("“Taken and not paid: that money is lost.”"),
    level=2,
    minutes=2,
    setting=_(
        "Three withdrawals stand still. In two-phase commit the coordinator says nothing for three seconds; in a saga "
        "the payment is three seconds slow; without a protocol the process was killed after its first COMMIT."
    ),
    question=_("In none of them has anybody been paid yet. In which is the money lost?"),
    shots=(
        Shot("doubt", "two_phase", "coordinator.after_prepared:delay:1:3000", _("The coordinator is silent")),
        Shot("flight", "saga", "payment.before_tx:delay:1:3000", _("The payment is slow")),
        Shot("lost", "dual_write", "account.after_commit:crash", _("Killed between two writes")),
    ),
    usual="dual-write",
    answers=(
        Answer(
            "all",
            _("In all three"),
            lambda case: all(case[key].lost for key in case),
            _("In two of them it is written down what happens next."),
        ),
        Answer(
            "saga",
            _("In the saga: there it has left the account"),
            lambda case: case["flight"].lost and not case["doubt"].lost,
            _("It has left, and the saga log says where to. It is in flight, until it is paid or given back."),
        ),
        Answer(
            "dual-write",
            _("Only in the one without a protocol"),
            lambda case: case["lost"].lost and not case["flight"].lost and not case["doubt"].lost,
            _("There alone nothing knows that a payment is owed."),
        ),
        Answer(
            "none",
            _("In none: databases do not lose money"),
            lambda case: not any(case[key].lost for key in case),
            _("Each database is right about itself. The money is lost between two of them."),
        ),
    ),
    why=_(
        "In doubt: nothing is committed, everything is locked, and somebody will decide. In flight: committed here, on "
        "record as owed there. Lost: committed here, on record nowhere. On a balance they look the same; what differs "
        "is whether anybody can tell what has to happen next."
    ),
    remember=_("Money is lost when no record says that it is owed."),
    proofs=(
        Proof("doubt", "step/prepared@account"),
        Proof("doubt", "decision/made"),
        Proof("flight", "step/commit/deduct"),
        Proof("flight", "step/commit/charge"),
        Proof("lost", "step/commit/deduct"),
        Proof("lost", "fault/fired/crash"),
    ),
    tries=(
        Try(_("The same crash under every protocol"), "", "account.after_commit:crash"),
        Try(_("Hold the payment for as long as you like"), "saga", "payment.before_tx:hold"),
    ),
    moment_ms=2000,
)

BETWEEN_COMMITS = Scenario(
    slug="between-two-commits",
    title=_("The coordinator dies between two COMMITs"),
    misconception=_("“Two-phase commit loses money if it is killed at the worst moment.”"),
    level=2,
    minutes=2,
    setting=_(
        "The decision COMMIT is written down and the account has been told. The coordinator is killed before it can "
        "tell the payment."
    ),
    question=_("The account has committed, the payment has not. What is the end of it?"),
    shots=(Shot(IT, "two_phase", "coordinator.between_commits:crash"),),
    usual="finished",
    answers=(
        Answer(
            "lost",
            _("The money is lost: taken and never paid"),
            lambda case: case.it.taken > case.it.paid,
            _("It only looks like that for a moment: the decision is on disk, and it is carried out."),
        ),
        Answer(
            "undone",
            _("The account's COMMIT is undone"),
            lambda case: case.it.taken == 0,
            _("No COMMIT is ever undone. After the decision there is only forward."),
        ),
        Answer(
            "finished",
            _("The payment is committed too, a little later"),
            lambda case: case.it.paid_once,
            _("Whoever comes next reads the decision and tells those who have not acknowledged yet."),
        ),
    ),
    why=_(
        "The commit point is the row in the coordinator's decision log. After it the outcome is known; only some do "
        "not know it yet. The verdict meanwhile is “temporarily inconsistent”: committing, not lost. A reader in that "
        "second sees one database without the other, so 2PC gives atomicity, not isolation."
    ),
    remember=_("After the decision there is no way back, only forward, as often as it takes."),
    proofs=(
        Proof(IT, "decision/made"),
        Proof(IT, "fault/fired/crash"),
        Proof(IT, "step/commit/commit_account"),
        Proof(IT, "step/commit/commit_payment"),
    ),
    tries=(
        Try(_("Lose the order to the payment instead"), "two_phase", "message.CommitPayment:drop"),
        Try(_("Kill the payment just before its COMMIT"), "two_phase", "payment.before_commit:crash"),
    ),
)
