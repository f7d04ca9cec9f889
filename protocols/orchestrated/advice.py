"""When the orchestrated saga fits, and when it does not."""

from django.utils.translation import gettext_lazy as _

from protocols.advice import NO, YES, Argument

ADVICE = (
    Argument("one_db", YES, -4, _("A coordinator, a log and compensations for what one COMMIT does."), "one-or-many"),
    Argument("one_db", NO, 2, _("Each service commits for itself; one place knows every step."), "chain-is-lost"),
    Argument("fresh", YES, -2, _("Money is in flight between the steps."), "undone-backwards"),
    Argument(
        "undo", YES, 2, _("Every step has a compensation; the coordinator calls them in reverse."), "undone-backwards"
    ),
    Argument("undo", NO, -3, _("What cannot be undone has to come after the point of no return."), "undone-backwards"),
    Argument(
        "block", NO, 2, _("A coordinator that is down holds no locks; the log has where to go on."), "chain-is-lost"
    ),
)
