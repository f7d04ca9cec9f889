"""What the codes of operators' actions say: what an action was done to, and what came of it."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Text = str | _StrPromise

SENTENCES: "dict[str, Text]" = {
    # to what
    "targets": "%(named)s",
    "target_service": _("service %(service)s"),
    "target_row": _("row %(row)s"),
    "target_account": _("account %(account)s"),
    "target_version": _("version %(version)s"),
    "target_how": "%(how)s",
    "target_message": _("message %(id)s"),
    "all_messages": _("all messages"),
    "all_messages_newest_first": _("all messages, newest first"),
    "target_in_doubt": _("in doubt"),
    "target_batch": _("batch of %(n)s"),
    "target_dead_letter": _("dead letter %(n)s"),
    "target_dead_letters": _("dead letters"),
    # what came of it
    "done": _("done"),
    "begun": _("begun; the result is not known"),
    "not_finished": _("not finished: %(type)s"),
    "refused": _("refused: %(why)s"),
    "run_started": _("run %(run)s"),
    "decided_by": _("%(decision)s, decided by %(by)s"),
}
