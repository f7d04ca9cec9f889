"""The laws of a run log, as one sentence each: what is wrong with the event that breaks it."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Text = str | _StrPromise

SENTENCES: "dict[str, Text]" = {
    "law_request_first": _("A run begins with its request, and has no other."),
    "law_end_once": _("A run ends once."),
    "law_after_end": _("Nothing happens after the end of a run."),
    "law_sent": _("%(message)s is received, and was not sent there before."),
    "law_begin": _("“%(step)s” ends, and has not begun."),
    "law_held": _("Something is let go, and nothing was held."),
    "law_received": _("“%(step)s” begins before what sets it off was received: %(message)s."),
    "law_after": _("“%(step)s” begins before “%(before)s” has begun."),
    "law_done": _("%(message)s leaves before the step that sends it is done: “%(step)s”."),
    "law_compensates": _("“%(step)s” is compensated, and has not begun."),
    "law_decide": _("The decision is told before “%(step)s” is done."),
    "law_votes": _("COMMIT is decided before these votes were sent: %(message)s."),
    "law_one_decision": _("It was decided already: %(first)s."),
    "law_decided": _("“%(step)s” begins, and it was not decided."),
    "law_against_decision": _("“%(step)s” begins, and %(decision)s was decided."),
    "law_path": _("The run ends as succeeded, and this was not done: “%(step)s”."),
    "law_given_back": _("The run ends as compensated, and this was not done: “%(step)s”."),
}
