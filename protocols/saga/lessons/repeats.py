"""Messages that are lost or come twice, and the same request twice."""

from django.utils.translation import gettext_lazy as _

from distviz.story.lesson.shape import Answer, Proof, Scenario, Shot, Try

LOST = Scenario(
    slug="lost-message",
    title=_("The message is lost"),
    misconception=_("“If a message gets lost, the money is lost.”"),
    level=1,
    minutes=2,
    setting=_("The network loses MoneyDeducted, once without a protocol and once in a saga. It is not resent by hand."),
    question=_("Which payment still goes through?"),
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
        "Both programs deducted the money and lost the message. The saga recorded, in the same transaction as"
        " the deduction, that it is waiting for a payment. A later sweep finds that row and continues from "
        "there."
    ),
    remember=_("Queues lose messages. What is committed must be re-drivable from the database."),
    proofs=(
        Proof("naive", "message/lost/MoneyDeducted"),
        Proof("saga", "message/lost/MoneyDeducted"),
        Proof("saga", "sweep/redriven"),
        Proof("saga", "step/commit/charge"),
    ),
    tries=(
        Try(_("Lose the reply instead of the request"), "saga", "message.PaymentProcessed:drop"),
        Try(_("Lose it under every protocol"), "", "message.MoneyDeducted:drop"),
    ),
)

TWICE = Scenario(
    slug="duplicate-message",
    title=_("The message comes twice"),
    misconception=_("“Exactly-once delivery is a setting of the broker.”"),
    level=1,
    minutes=1,
    setting=_("The network delivers MoneyDeducted twice, to a program without a protocol and to a saga with an inbox."),
    question=_("Which of them pays $200.00 for the $100.00 that was deducted?"),
    shots=(
        Shot("naive", "dual_write", "message.MoneyDeducted:duplicate", _("Without an inbox")),
        Shot("inbox", "saga", "message.MoneyDeducted:duplicate", _("With an inbox")),
    ),
    usual="naive",
    answers=(
        Answer(
            "neither",
            _("Neither: the broker removes duplicates"),
            lambda case: not case["naive"].paid_twice and not case["inbox"].paid_twice,
            _("Both copies arrived. The receiver has to deal with the second one."),
        ),
        Answer(
            "naive",
            _("Only the program without an inbox"),
            lambda case: case["naive"].paid_twice and not case["inbox"].paid_twice,
            _("It takes every message for a new request. An inbox records the messages already processed."),
        ),
        Answer(
            "both",
            _("Both"),
            lambda case: case["naive"].paid_twice and case["inbox"].paid_twice,
            _("The inbox row is written in the same transaction as the payment, so a copy always finds it."),
        ),
        Answer(
            "inbox",
            _("Only the saga"),
            lambda case: case["inbox"].paid_twice and not case["naive"].paid_twice,
            _("The saga is the one that records its messages."),
        ),
    ),
    why=_(
        "A network can promise delivery at least once. The receiver makes the effect happen exactly once: "
        "message id and effect are committed together, and a duplicate that finds its id there does nothing."
    ),
    remember=_("At-least-once delivery plus an idempotent receiver is what “exactly once” means."),
    proofs=(
        Proof("naive", "step/commit/charge"),
        Proof("naive", "step/commit/charge", last=True),
        Proof("inbox", "message/ignored/MoneyDeducted"),
    ),
    tries=(
        Try(_("Duplicate the request itself"), "saga", "message.WithdrawalRequested:duplicate"),
        Try(_("Duplicate it under every protocol"), "", "message.MoneyDeducted:duplicate"),
    ),
)

TWO_CLICKS = Scenario(
    slug="same-request-twice",
    title=_("The same request twice"),
    misconception=_("“A double click is a problem of the user interface.”"),
    level=1,
    minutes=1,
    setting=_(
        "Two clients each ask twice for $100.00, because the first answer was slow. One sends no Idempotency-Key, the "
        "other sends the same key both times."
    ),
    question=_("How much leaves the account for the two clicks of each?"),
    shots=(
        Shot("first", "saga", title=_("No key, first click")),
        Shot("again", "saga", title=_("No key, second click")),
        Shot("keyed", "saga", title=_("With a key, first click")),
        Shot("keyed-again", "saga", title=_("With a key, second click"), same_as="keyed"),
    ),
    usual="key",
    answers=(
        Answer(
            "same",
            _("$100.00 and $100.00: the server sees that it is the same"),
            lambda case: case.taken("first", "again") == case.taken("keyed", "keyed-again") == case["first"].taken,
            _("Two withdrawals of $100.00 may well be intended. Without a key the server cannot tell."),
        ),
        Answer(
            "key",
            _("$200.00 without the key, $100.00 with it"),
            lambda case: case.taken("first", "again") > case.taken("keyed", "keyed-again") > 0,
            _("The key says “this is the same request”. The second request finds the first run and starts none."),
        ),
        Answer(
            "both",
            _("$200.00 and $200.00: a key is only a label"),
            lambda case: case.taken("first", "again") == case.taken("keyed", "keyed-again") > case["first"].taken,
            _("The key is unique in the database. A second row with it is refused, so there is no second run."),
        ),
    ),
    why=_(
        "An inbox recognises a duplicate message, but a repeated request arrives as a new one. Only the "
        "client knows that both mean the same withdrawal, so the client makes the key and sends it with each "
        "attempt. The server keeps it under a unique constraint, together with what was asked."
    ),
    remember=_("Idempotency begins at the client: one intent, one key, however often it is sent."),
    proofs=(Proof("first", "step/commit/deduct"), Proof("again", "step/commit/deduct"), Proof("keyed", "request/made")),
    tries=(Try(_("Duplicate the message behind the API"), "saga", "message.WithdrawalRequested:duplicate"),),
)
