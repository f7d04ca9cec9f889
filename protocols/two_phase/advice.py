"""When two-phase commit fits, and when it does not."""

from django.utils.translation import gettext_lazy as _

from protocols.advice import NO, YES, Reason

ADVICE = (
    Reason("one_db", YES, -4, _("With one database there is nothing to coordinate."), "one-or-many"),
    Reason("one_db", NO, 1, _("All or nothing over several databases."), "vote-no"),
    Reason("fresh", YES, 5, _("No participant commits before all can, so no money is ever in flight."), "vote-no"),
    Reason("outside", YES, -4, _("What cannot PREPARE cannot take part."), "between-two-commits"),
    Reason("undo", NO, 3, _("Nothing is half done, so nothing has to be undone."), "vote-no"),
    Reason("block", YES, 1, _("Locks held while in doubt are acceptable to you."), "coordinator-dies"),
    Reason("block", NO, -6, _("A failed coordinator leaves rows locked."), "coordinator-dies"),
)
