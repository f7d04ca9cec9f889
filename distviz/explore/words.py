"""What the explorer says against a run, and why it cannot begin."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Text = str | _StrPromise

SENTENCES: "dict[str, Text]" = {
    "exploration_is_running": _("An exploration is running already. Stop it, or wait for its end."),
    "explore_not_fine": _("A run without a failure ended as “%(end)s” (%(run)s): nothing can be learnt from it."),
    "explore_run_open": _("The run is not over yet: it may pass more points."),
    "explore_other_end": _(
        "A run like it ended as “%(end)s” and not as “%(wanted)s” (%(run)s): what is learnt from it says nothing of "
        "this one. Something else had a part in it: another run, an operator, the balance."
    ),
    "explore_open": _("not over in time: %(status)s, $%(taken)s taken, $%(paid)s paid"),
    "explore_lost": _("$%(taken)s taken, $%(paid)s paid"),
    "explore_overdrawn": _("the account is $%(short)s below zero: more was taken than was there"),
    "explore_broken": _("%(id)s, %(found)s"),
    "explore_not_started": _("It could not be started: %(text)s"),
}
