"""Two-phase commit: votes, locks, and what a dead coordinator leaves behind."""

from django.utils.translation import gettext_lazy as _

from distviz.dashboard.learn.facts import Case
from distviz.dashboard.learn.shape import IT, Answer, Proof, Scenario, Shot, Try

VOTE_NO = Scenario(
    slug="vote-no",
    title=_("One participant votes no"),
    misconception=_("“If one says no, the others have to be refunded.”"),
    level=1,
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
            _("A yes is a promise to commit, not a commit. One no, and everybody rolls back."),
        ),
        Answer(
            "taken",
            _("−$100.00: the account had committed already"),
            lambda case: case.it.taken > 0,
            _("Before the decision nobody commits. That is what the first phase is for."),
        ),
    ),
    why=_(
        "In phase 1 each participant does its work in a transaction of its own and stops just before COMMIT. The "
        "coordinator commits only on a yes from everybody. A single no turns all of it into ROLLBACK, and no other "
        "transaction has ever seen the −$100.00."
    ),
    remember=_("2PC undoes by rollback, a saga by a second, opposite fact."),
    proofs=(Proof(IT, "fault/fired/decline"), Proof(IT, "decision/made"), Proof(IT, "step/rollback/roll_back_account")),
    tries=(
        Try(_("The same no in a saga"), "saga", "payment.in_tx:decline"),
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
    title=_("The coordinator dies after PREPARE"),
    misconception=_("“When the coordinator dies, its transaction dies with it.”"),
    level=2,
    minutes=2,
    setting=_(
        "Everybody has voted yes, and the coordinator is killed before it decides. At that moment somebody else "
        "withdraws from the same account."
    ),
    question=_("What does the second withdrawal meet, and how does it end?"),
    shots=(
        Shot("first", "two_phase", "coordinator.after_prepared:crash", _("Its coordinator is killed")),
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
            _("The row stays locked until somebody decides for the dead coordinator. Then the second one gets it."),
        ),
        Answer(
            "refused",
            _("A lock: it is refused, and the customer has to try again"),
            lambda case: case["second"].over and case["second"].paid == 0,
            _("It would be refused only if the lock lasted longer than all of its attempts."),
        ),
    ),
    why=_(
        "PREPARE TRANSACTION puts the work on disk and takes it away from its connection: a crash no longer rolls it "
        "back. Its locks stay until the coordinator's log is read again. Nothing was decided there, so it means abort. "
        "How long others wait is decided by how fast that happens, not by the database."
    ),
    remember=_("2PC blocks: between the vote and the decision a row belongs to somebody who may be dead."),
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
