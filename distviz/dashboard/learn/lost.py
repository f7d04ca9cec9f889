"""Messages that are lost, or would be: who remembers what is still owed."""

from django.utils.translation import gettext_lazy as _

from distviz.dashboard.learn.shape import IT, Answer, Proof, Scenario, Shot, Try

LOST = Scenario(
    slug="lost-message",
    title=_("The message is lost"),
    misconception=_("“If a message gets lost, the money is lost.”"),
    level=1,
    minutes=2,
    setting=_("The network loses MoneyDeducted, once without a protocol and once in a saga. Nobody sends it by hand."),
    question=_("Which of the two payments is made all the same?"),
    shots=(
        Shot("naive", "dual_write", "message.MoneyDeducted:drop", _("No protocol")),
        Shot("saga", "saga", "message.MoneyDeducted:drop", _("Saga")),
    ),
    usual="saga",
    answers=(
        Answer(
            "both",
            _("Both: the queue delivers at least once"),
            lambda case: case["naive"].paid > 0 < case["saga"].paid,
            _("A broker can promise that only for a message which it has stored."),
        ),
        Answer(
            "neither",
            _("Neither: what is lost is lost"),
            lambda case: case["naive"].paid == 0 == case["saga"].paid,
            _("The message is lost. The fact behind it need not be."),
        ),
        Answer(
            "saga",
            _("Only the saga's"),
            lambda case: case["saga"].paid > 0 == case["naive"].paid,
            _("Its saga log says PENDING, in the database. A sweep finds the row and sends the message again."),
        ),
        Answer(
            "naive",
            _("Only the one without a protocol"),
            lambda case: case["naive"].paid > 0 == case["saga"].paid,
            _("It has no record of what is still open, so it cannot even notice."),
        ),
    ),
    why=_(
        "Both programs took the money and lost the message. The saga had written, in the same transaction as the "
        "deduction, that it is waiting for a payment. Whoever looks at that row later can go on from there."
    ),
    remember=_("Queues lose messages. What is committed must be re-drivable from the database."),
    proofs=(
        Proof("naive", "message/lost/MoneyDeducted"),
        Proof("saga", "message/lost/MoneyDeducted"),
        Proof("saga", "sweep/redriven"),
        Proof("saga", "step/commit/charge"),
    ),
    tries=(
        Try(_("Lose the answer instead of the order"), "saga", "message.PaymentProcessed:drop"),
        Try(_("Lose it under every protocol"), "", "message.MoneyDeducted:drop"),
    ),
)

RELAY = Scenario(
    slug="relay-dies",
    title=_("The relay dies after it has published"),
    misconception=_("“An outbox sends each message exactly once.”"),
    level=2,
    minutes=2,
    setting=_(
        "The relay of the outbox publishes MoneyDeducted and is killed before it can mark the row as sent. "
        "Another relay finds the row some seconds later."
    ),
    question=_("What becomes of the message, and of the payment?"),
    shots=(Shot(IT, "outbox", "relay.after_publish:crash"),),
    usual="twice-paid-once",
    answers=(
        Answer(
            "once",
            _("Published once: the broker knows that it has it"),
            lambda case: case.it.count("message/sent/MoneyDeducted") == 1 and case.it.paid_once,
            _("The row still says “not sent”, and the row is all that the next relay knows."),
        ),
        Answer(
            "twice-paid-twice",
            _("Published twice, paid twice"),
            lambda case: case.it.count("message/sent/MoneyDeducted") > 1 and case.it.paid_twice,
            _("It is published twice. The receiver's inbox makes one payment of it."),
        ),
        Answer(
            "twice-paid-once",
            _("Published twice, paid once"),
            lambda case: case.it.count("message/sent/MoneyDeducted") > 1 and case.it.paid_once,
            _("The outbox promises at least once. The inbox at the other end makes the copy harmless."),
        ),
        Answer(
            "lost",
            _("Lost: it died with the relay"),
            lambda case: case.it.paid == 0,
            _("The row was committed together with the deduction. It is still there when the relay is not."),
        ),
    ),
    why=_(
        "“Publish, then mark” and “mark, then publish” are two writes again, and one of them comes first. Publishing "
        "first may send twice; marking first may never send. Twice is the one that can be made good, by an inbox."
    ),
    remember=_("Outbox: never lost, perhaps twice. It always needs an inbox at the other end."),
    proofs=(
        Proof(IT, "fault/fired/crash"),
        Proof(IT, "sweep/redriven/MoneyDeducted"),
        Proof(IT, "message/ignored/MoneyDeducted"),
    ),
    tries=(Try(_("Kill the relay three times"), "outbox", "relay.after_publish:crash:3"),),
)
