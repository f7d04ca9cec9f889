"""The lessons of the orchestrated saga: what a Celery canvas gives, and what it does not."""

from django.utils.translation import gettext_lazy as _

from distviz.story.lesson.run_result import RunResult
from distviz.story.lesson.shape import IT, Answer, Proof, Scenario, Shot, Try


def _ordered(result: RunResult, first: str, then: str) -> bool:
    one, other = result.at(first), result.at(then)
    return bool(one and other and one <= other)


BACKWARDS = Scenario(
    slug="undone-backwards",
    title=_("Undone in reverse order"),
    misconception=_("“The payment has failed, so the money can be refunded at once.”"),
    level=2,
    minutes=1,
    setting=_(
        "A saga with a coordinator. The account has committed −$100.00; then the payment declines, and Celery calls "
        "the chain's link_error."
    ),
    question=_("What does the coordinator do first?"),
    shots=(Shot(IT, "orchestrated", "payment.in_tx:decline"),),
    usual="cancel",
    answers=(
        Answer(
            "refund",
            _("It refunds the $100.00: only the account has done anything"),
            lambda case: _ordered(case.it, "step/commit/refund", "step/commit/cancel"),
            _("A task that has failed may have paid, and only its answer is lost. Refunded and paid would be both."),
        ),
        Answer(
            "cancel",
            _("It cancels the payment that has failed, and then refunds"),
            lambda case: _ordered(case.it, "step/commit/cancel", "step/commit/refund"),
            _("The last step first, although it has failed: from then on no late attempt can make that payment."),
        ),
        Answer(
            "rollback",
            _("Nothing: Celery rolls the chain back"),
            lambda case: not case.it.has("step/commit/refund"),
            _("Celery knows the next link and the link_error. What is committed it knows nothing of."),
        ),
    ),
    why=_(
        "A failure tells that there was no answer, not that there was no effect. So every step is undone, the last "
        "one first, and the next one only once that is certain; undoing what was never done has to work as well. If "
        "the payment turns out to have been made, nothing has been refunded yet, and the saga goes forward after all."
    ),
    remember=_("Undo in reverse order, the failed step included, and never two steps at once."),
    proofs=(
        Proof(IT, "message/sent/StepFailed"),
        Proof(IT, "step/commit/cancel"),
        Proof(IT, "step/commit/refund"),
    ),
    tries=(
        Try(
            _("The payment is made, and every answer is lost by an error"),
            "orchestrated",
            "payment.after_commit:error:4",
        ),
        Try(_("The same decline in a saga without a coordinator"), "saga", "payment.in_tx:decline"),
    ),
)

CHAIN_IS_LOST = Scenario(
    slug="chain-is-lost",
    title=_("The chain is lost with its message"),
    misconception=_("“Celery remembers where the chain was.”"),
    level=2,
    minutes=2,
    setting=_(
        "A chain of tasks: deduct, pay, notify. The message that carries it from the first step to the second one is "
        "lost."
    ),
    question=_("Who goes on with the chain?"),
    shots=(Shot(IT, "orchestrated", "message.ProcessPayment:drop"),),
    usual="log",
    answers=(
        Answer(
            "celery",
            _("Celery: it notices that the chain has stopped"),
            lambda case: case.it.paid_once and not case.it.has("sweep/redriven"),
            _("The rest of a chain travels in its message and is nowhere else."),
        ),
        Answer(
            "error",
            _("The link_error is called, and the $100.00 are refunded"),
            lambda case: case.it.has("message/sent/StepFailed"),
            _("A link_error is called when a task fails. Here no task has failed: none was there."),
        ),
        Answer(
            "log",
            _("The coordinator: its log says that the deduction is done, and it starts the rest as a new chain"),
            lambda case: case.it.has("sweep/redriven") and case.it.paid_once,
            _("The log is on disk before each next step. A sweep finds the saga silent and begins where the log is."),
        ),
    ),
    why=_(
        "A Celery canvas is a message that contains the messages after it. It gives order, it hands results on, and it "
        "says when a task has failed. It gives no memory: what is lost with the message, or with a broker, is lost. "
        "The saga log is that memory, and the reason that every step has to recognise a copy."
    ),
    remember=_("A chain is a plan in flight. What has to survive it stands in a log."),
    proofs=(
        Proof(IT, "step/commit/log the deduction"),
        Proof(IT, "message/lost/ProcessPayment"),
        Proof(IT, "sweep/redriven"),
        Proof(IT, "step/commit/charge"),
    ),
    tries=(
        Try(_("The same loss in a chain without a log"), "dual_write", "message.MoneyDeducted:drop"),
        Try(_("Lose the link_error, too"), "orchestrated", "payment.in_tx:decline message.StepFailed:drop"),
    ),
)

NOBODY_CALLS = Scenario(
    slug="errback-of-the-dead",
    title=_("A killed task calls no link_error"),
    misconception=_("“Whatever happens to a task, its link_error is called.”"),
    level=3,
    minutes=1,
    setting=_("The process that makes the payment is killed in the middle of its transaction."),
    question=_("What happens to the chain?"),
    shots=(Shot(IT, "orchestrated", "payment.in_tx:crash"),),
    usual="again",
    answers=(
        Answer(
            "error",
            _("The link_error is called: the saga turns back"),
            lambda case: case.it.has("message/sent/StepFailed"),
            _("It is the process itself that calls it, and it is dead."),
        ),
        Answer(
            "again",
            _("The task is delivered again with the rest of its chain, and the saga goes forward"),
            lambda case: case.it.paid_once and case.it.count("message/received/ProcessPayment") > 1,
            _("It was not acknowledged yet, so the broker still had the message, and in it the chain."),
        ),
        Answer(
            "stops",
            _("It stops; only the sweep goes on"),
            lambda case: case.it.paid_once and case.it.count("message/received/ProcessPayment") <= 1,
            _("So it is where a task is acknowledged as soon as it is taken. Take the guard “late_ack” out to see it."),
        ),
    ),
    why=_(
        "A link_error is code that the failing process still runs. A process that is killed, or a machine that is "
        "gone, runs nothing. Late acknowledgement brings the message back; if that is lost as well, the log does."
    ),
    remember=_("An error handler handles errors. Deaths are handled by whoever is still alive."),
    proofs=(
        Proof(IT, "fault/fired/crash"),
        Proof(IT, "message/received/ProcessPayment", last=True),
        Proof(IT, "step/commit/charge"),
    ),
    tries=(
        Try(_("Kill it at every attempt"), "orchestrated", "payment.in_tx:crash:99"),
        Try(_("Kill the coordinator after the deduction"), "orchestrated", "coordinator.after_deduction:crash"),
    ),
)

LESSONS = (BACKWARDS, CHAIN_IS_LOST, NOBODY_CALLS)
