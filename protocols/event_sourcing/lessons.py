"""The lesson of event sourcing: reads are behind."""

from django.utils.translation import gettext_lazy as _

from distviz.story.lesson.shape import IT, Answer, Proof, Scenario, Shot, Try

STALE_READ = Scenario(
    slug="stale-read",
    title=_("The projector lags"),
    misconception=_("“After the COMMIT everybody reads the new balance.”"),
    level=2,
    order=2,
    minutes=1,
    setting=_(
        "Event sourcing: the withdrawal is an event in the store, and a projector keeps the balance page's read model. "
        "The projector is three seconds slow."
    ),
    question=_("One second after the COMMIT the balance page is opened. What does it show?"),
    shots=(Shot(IT, "event_sourcing", "projector.in_batch:delay:1:3000"),),
    usual="old",
    answers=(
        Answer(
            "new",
            _("The new balance: committed is committed"),
            lambda case: case.it.ms_between("step/commit/deduct", "step/commit/project") < 1000,
            _("It is committed in the store. The page reads another table, which follows."),
        ),
        Answer(
            "old",
            _("The old balance, and the new one some seconds later"),
            lambda case: 1000 <= case.it.ms_between("step/commit/deduct", "step/commit/project") < float("inf"),
            _("The read model is correct, but a moment old. How far it is behind is the projection lag."),
        ),
        Answer(
            "for-ever",
            _("The old balance, until the read model is rebuilt"),
            lambda case: not case.it.has("step/commit/project"),
            _("The projector goes on from its checkpoint by itself. Nothing that is in the store is skipped."),
        ),
    ),
    why=_(
        "Commands are decided on the event stream, so no stale read can overdraw an account. Pages read "
        "projections, which follow at their own pace. The money was right all the time; only the read model "
        "was old."
    ),
    remember=_("With CQRS, reads lag. Decide on the stream, show the read model, and measure its lag."),
    proofs=(
        Proof(IT, "step/commit/deduct"),
        Proof(IT, "fault/fired/delay"),
        Proof(IT, "step/commit/project"),
    ),
    tries=(
        Try(_("Kill the projector in its batch"), "event_sourcing", "projector.in_batch:crash"),
        Try(_("Lose the signal that there is something new"), "event_sourcing", "message.EventsAppended:drop"),
    ),
)

LESSONS = (STALE_READ,)
