"""The lessons of the outbox: a relay that dies, and a copy that comes late."""

from django.utils.translation import gettext_lazy as _

from distviz.story.lesson.shape import IT, Answer, Proof, Scenario, Shot, Try

RELAY = Scenario(
    slug="relay-dies",
    title=_("The outbox relay dies after publishing"),
    misconception=_("“An outbox sends each message exactly once.”"),
    level=2,
    order=1,
    minutes=2,
    setting=_(
        "The outbox relay publishes MoneyDeducted and is killed before it can mark the row as sent. Another "
        "relay finds the row some seconds later."
    ),
    question=_("What happens to the message and to the payment?"),
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
            _("Lost together with the relay"),
            lambda case: case.it.paid == 0,
            _("The row was committed together with the deduction. It is still there when the relay is not."),
        ),
    ),
    why=_(
        "“Publish, then mark” and “mark, then publish” are two writes again, and one of them comes first. "
        "Publishing first may send twice; marking first may never send. Of the two, a duplicate can be "
        "handled, by an inbox."
    ),
    remember=_("Outbox: never lost, possibly twice. It always needs an inbox at the other end."),
    proofs=(
        Proof(IT, "fault/fired/crash"),
        Proof(IT, "sweep/redriven/MoneyDeducted"),
        Proof(IT, "message/ignored/MoneyDeducted"),
    ),
    tries=(Try(_("Kill the outbox relay three times"), "outbox", "relay.after_publish:crash:3"),),
)

LATE_COPY = Scenario(
    slug="late-copy",
    title=_("A late message after the refund"),
    misconception=_("“Once it is compensated, it is over.”"),
    level=3,
    minutes=2,
    setting=_(
        "The payment is declined and the money refunded. But the outbox relay had died before it could mark "
        "its row, so seconds later MoneyDeducted reaches the Payment Service again. This time it could pay."
    ),
    question=_("What does the Payment Service do with the late duplicate?"),
    shots=(Shot(IT, "outbox", "relay.after_publish:crash payment.in_tx:decline"),),
    usual="same",
    answers=(
        Answer(
            "pays",
            _("It pays: the client has the money and the payment"),
            lambda case: case.it.paid > 0,
            _("That is the late action that a recorded first answer prevents."),
        ),
        Answer(
            "same",
            _("It repeats its first answer: declined"),
            lambda case: case.it.paid == 0 and case.it.has("message/ignored/MoneyDeducted@payment"),
            _("A decline is committed like a payment. Asking again returns the first answer."),
        ),
        Answer(
            "never",
            _("It never receives it: the broker drops declined messages"),
            lambda case: case.it.paid == 0 and not case.it.has("message/ignored/MoneyDeducted@payment"),
            _("At least once means exactly this: even when it is no longer needed."),
        ),
    ),
    why=_(
        "A decline that leaves no record can turn into a payment when the message comes again. So the decline"
        " is a row, the message's id is in the inbox, and the late duplicate changes nothing. The same record"
        " prevents a deduction after a refund that overtook it."
    ),
    remember=_("Record the decline. Late, duplicate and reordered messages are normal."),
    proofs=(
        Proof(IT, "step/commit/charge"),
        Proof(IT, "step/commit/refund"),
        Proof(IT, "sweep/redriven/MoneyDeducted"),
        Proof(IT, "message/ignored/MoneyDeducted"),
    ),
    tries=(
        Try(_("Two copies at once, and a decline"), "saga", "message.MoneyDeducted:duplicate payment.in_tx:decline"),
    ),
)

LESSONS = (
    RELAY,
    LATE_COPY,
)
