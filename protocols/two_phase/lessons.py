"""The lessons of two-phase commit: votes, locks, doubt, and what a dead coordinator leaves behind."""

from django.utils.translation import gettext_lazy as _

from distviz.story.lesson.run_result import Case
from distviz.story.lesson.shape import IT, Answer, Proof, Scenario, Shot, Try

VOTE_NO = Scenario(
    slug="vote-no",
    title=_("One participant votes no"),
    misconception=_("“If one votes no, the others have to be refunded.”"),
    level=1,
    order=1,
    minutes=1,
    setting=_("Two-phase commit. The account does its work and votes yes; the payment votes no."),
    question=_("What does the account's ledger show afterwards?"),
    shots=(Shot(IT, "two_phase", "payment.in_tx:decline"),),
    usual="nothing",
    answers=(
        Answer(
            "refund",
            _("−$100.00, and then +$100.00"),
            lambda case: case.it.refunded,
            _("That is a saga. Here nothing was committed, so there is nothing to give back."),
        ),
        Answer(
            "nothing",
            _("Nothing: the −$100.00 was never committed"),
            lambda case: case.it.untouched,
            _("A yes is a promise to commit, not a commit. One no, and all roll back."),
        ),
        Answer(
            "taken",
            _("−$100.00: the account had committed already"),
            lambda case: case.it.taken > 0,
            _("Before the decision no participant commits. That is what the first phase is for."),
        ),
    ),
    why=_(
        "In phase 1 each participant does its work in a transaction of its own and stops just before COMMIT. "
        "The coordinator commits only if every participant votes yes. A single no rolls everything back, and "
        "no other transaction has seen the −$100.00."
    ),
    remember=_("2PC undoes by rollback, a saga by a second, opposite transaction."),
    proofs=(Proof(IT, "fault/fired/decline"), Proof(IT, "decision/made"), Proof(IT, "step/rollback/roll_back_account")),
    tries=(
        Try(_("The same decline in a saga"), "saga", "payment.in_tx:decline"),
        Try(_("The vote itself is lost"), "two_phase", "message.PaymentVoted:drop"),
    ),
)


def _met_the_lock(case: Case) -> bool:
    """The second was at the account's row before the first was decided, and got it only afterwards."""
    begun, got = case["second"].at("step/begin/prepare_account"), case["second"].last("step/prepared/prepare_account")
    held, decided = case["first"].at("step/prepared/prepare_account"), case["first"].at("step/begin/decide")
    return bool(begun and got and held and decided and begun < decided <= got.at)


COORDINATOR_DIES = Scenario(
    slug="coordinator-dies",
    sheet=3,
    title=_("The coordinator dies after PREPARE"),
    misconception=_("“When the coordinator dies, its transaction dies with it.”"),
    level=2,
    minutes=2,
    setting=_(
        "All participants have voted yes, and the coordinator is killed before it decides. At that moment "
        "another withdrawal from the same account begins."
    ),
    question=_("What does the second withdrawal meet, and how does it end?"),
    shots=(
        Shot("first", "two_phase", "coordinator.after_prepared:crash:2", _("Its coordinator is killed")),
        Shot("second", "two_phase", title=_("A second one, same account"), after=("first", "step/prepared@account")),
    ),
    usual="waits",
    answers=(
        Answer(
            "at-once",
            _("Nothing: it goes through at once"),
            lambda case: case["second"].paid_once and not _met_the_lock(case),
            _("A prepared transaction outlives its coordinator, and so do its locks."),
        ),
        Answer(
            "waits",
            _("A lock: it waits until the first is settled, and goes through"),
            lambda case: case["second"].paid_once and _met_the_lock(case),
            _(
                "The row stays locked until recovery decides for the dead coordinator. Then the second withdrawal "
                "gets it."
            ),
        ),
        Answer(
            "refused",
            _("A lock: it fails, and the client has to try again"),
            lambda case: case["second"].over and case["second"].paid == 0,
            _("It would fail only if the lock lasted longer than all of its attempts."),
        ),
    ),
    why=_(
        "PREPARE TRANSACTION writes the work to disk and detaches it from its connection: a crash no longer "
        "rolls it back. Its locks stay until the coordinator's log is read again. Nothing was decided there, "
        "which means abort. How long others wait depends on how fast that happens, not on the database."
    ),
    remember=_("2PC blocks: between vote and decision a row stays locked for a coordinator that may be down."),
    proofs=(
        Proof("first", "step/prepared@account"),
        Proof("first", "fault/fired/crash"),
        Proof("first", "decision/made"),
        Proof("first", "step/rollback/roll_back_account"),
        Proof("second", "retry/scheduled@account"),
        Proof("second", "step/prepared@account", last=True),
    ),
    tries=(
        Try(_("Hold the coordinator there, and look at the locks"), "two_phase", "coordinator.after_prepared:hold"),
        Try(_("Kill it once more, after the decision"), "two_phase", "coordinator.after_decision:crash"),
    ),
)

BETWEEN_COMMITS = Scenario(
    slug="between-two-commits",
    title=_("The coordinator dies between two COMMITs"),
    misconception=_("“Two-phase commit loses money if it is killed at the worst moment.”"),
    level=2,
    minutes=2,
    setting=_(
        "The decision COMMIT is recorded and the account has been told. The coordinator is killed before it "
        "can tell the payment."
    ),
    question=_("The account has committed, the payment has not. How does it end?"),
    shots=(Shot(IT, "two_phase", "coordinator.between_commits:crash"),),
    usual="finished",
    answers=(
        Answer(
            "lost",
            _("The money is lost: deducted and never paid"),
            lambda case: case.it.taken > case.it.paid,
            _("It only looks like that for a moment: the decision is on disk, and it is carried out."),
        ),
        Answer(
            "undone",
            _("The account's COMMIT is undone"),
            lambda case: case.it.taken == 0,
            _("A COMMIT is never undone. After the decision, participants only go forward."),
        ),
        Answer(
            "finished",
            _("The payment is committed too, a little later"),
            lambda case: case.it.paid_once,
            _("Recovery reads the decision and tells the participants that have not acknowledged it yet."),
        ),
    ),
    why=_(
        "The commit point is the row in the coordinator's decision log. After it the outcome is fixed; some "
        "participants have just not learned it yet. Meanwhile the verdict is “temporarily inconsistent”: "
        "committing, not lost. A reader in that second sees one database without the other: 2PC gives "
        "atomicity, not isolation."
    ),
    remember=_("After the decision there is no way back: it is retried until every participant has committed."),
    proofs=(
        Proof(IT, "decision/made"),
        Proof(IT, "fault/fired/crash"),
        Proof(IT, "step/commit/commit_account"),
        Proof(IT, "step/commit/commit_payment"),
    ),
    tries=(
        Try(_("Lose the command to the payment instead"), "two_phase", "message.CommitPayment:drop"),
        Try(_("Kill the payment just before its COMMIT"), "two_phase", "payment.before_commit:crash"),
    ),
)

IS_IT_GONE = Scenario(
    slug="is-the-money-gone",
    title=_("Is the money gone?"),
    misconception=_("“Deducted and not paid: that money is lost.”"),
    level=2,
    minutes=2,
    setting=_(
        "Three withdrawals make no progress. Under two-phase commit the coordinator pauses for three seconds;"
        " in a saga the payment is three seconds slow; without a protocol the process was killed after its "
        "first COMMIT."
    ),
    question=_("None of them has paid yet. In which one is the money lost?"),
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
            _("In two of them the next step is recorded."),
        ),
        Answer(
            "saga",
            _("In the saga: there it has left the account"),
            lambda case: case["flight"].lost and not case["doubt"].lost,
            _("It has left, and the saga log says where to. It is in flight until it is paid or refunded."),
        ),
        Answer(
            "dual-write",
            _("Only in the one without a protocol"),
            lambda case: case["lost"].lost and not case["flight"].lost and not case["doubt"].lost,
            _("Only there does nothing record that a payment is owed."),
        ),
        Answer(
            "none",
            _("In none: databases do not lose money"),
            lambda case: not any(case[key].lost for key in case),
            _("Each database is right about itself. The money is lost between two of them."),
        ),
    ),
    why=_(
        "In doubt: nothing is committed, the rows are locked, and a decision is pending. In flight: committed"
        " here, and recorded as owed there. Lost: committed here, and recorded nowhere. A balance looks the "
        "same in all three; what differs is whether anything records what has to happen next."
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
        Try(_("Hold the payment until you release it"), "saga", "payment.before_tx:hold"),
    ),
    shown_at_ms=2000,
)

LESSONS = (
    VOTE_NO,
    COORDINATOR_DIES,
    BETWEEN_COMMITS,
    IS_IT_GONE,
)
