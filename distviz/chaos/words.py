"""What chaos says: why it could not begin, and each thing that can be wrong."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Text = str | _StrPromise

SENTENCES: "dict[str, Text]" = {
    "chaos_no_start": _("The stack for it does not start: %(text)s"),
    "chaos_command_failed": _("manage.py %(words)s failed: %(text)s"),
    "chaos_not_ready": _("not ready again after healing: %(text)s"),
    "chaos_not_asked": _("healed, and cannot be checked: %(text)s"),
    "chaos_client_died": _("a client of the bank ended before its time: %(text)s"),
    "chaos_attention": _("%(run)s (%(protocol)s) needs manual action although everything is healed"),
    "chaos_open": _("%(run)s (%(protocol)s) has not ended, and is %(status)s"),
    "chaos_late": _("%(n)s runs ended later than %(s)s s after healing, the last one %(last)s s after it"),
    "chaos_twice": _("“%(wish)s” was asked for once and made %(n)s times"),
    "chaos_refused_and_made": _("“%(wish)s” was refused, and %(run)s was made"),
    "chaos_key_taken_again": _("the key of “%(wish)s” was accepted for another request"),
    "chaos_key_two_runs": _("the key of “%(wish)s” gave two different runs"),
    "chaos_lost": _("%(run)s was promised for “%(wish)s” and does not exist"),
    "chaos_other": _("%(run)s is not what “%(wish)s” asked for"),
    "chaos_told_otherwise": _("the client was told that %(run)s ended as %(told)s; it ended as %(status)s"),
    "chaos_unasked": _("%(run)s was asked for by nobody"),
    "chaos_balance": _("%(protocol)s, %(account)s: balance %(balance)s, by the clients' arithmetic %(expected)s"),
    "chaos_projected": _("%(account)s: balance %(balance)s, the read model shows %(shown)s"),
    "chaos_books": _("%(protocol)s: %(found)s"),
    "chaos_broken": _("%(id)s, %(found)s"),
    "chaos_prepared": _("%(gid)s is still prepared"),
    "chaos_queued": _("in the broker: %(queued)s messages waiting, %(unacked)s not acknowledged"),
    "chaos_idle": _("a session stands still within a transaction: %(session)s"),
}
