"""When two-phase commit fits, and when it does not."""

from django.utils.translation import gettext_lazy as _

from protocols.advice import NO, YES, Argument

ADVICE = (
    Argument("one_db", YES, -4, _("With one database there is nothing to coordinate."), "one-or-many"),
    Argument("one_db", NO, 1, _("All or nothing over several databases."), "vote-no"),
    Argument("fresh", YES, 5, _("No participant commits before all can, so no money is ever in flight."), "vote-no"),
    Argument("outside", YES, -4, _("What cannot PREPARE cannot take part."), "between-two-commits"),
    Argument("undo", NO, 3, _("Nothing is half done, so nothing has to be undone."), "vote-no"),
    Argument("block", YES, 1, _("Locks held while in doubt are acceptable to you."), "coordinator-dies"),
    Argument("block", NO, -6, _("A failed coordinator leaves rows locked."), "coordinator-dies"),
)
