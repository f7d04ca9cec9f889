"""What the dual write's codes say."""

from django.utils.translation import gettext_lazy as _

from distviz.story.words import sentences

sentences.register(
    {
        "dual_write_lucky": _("The payment was made; no failure occurred this time."),
        "dual_write_lost": _("$%(amount)s left the account and was never paid. Nothing will recover it."),
        "dual_write_twice": _("$%(amount)s too much was paid: one message was processed as two payments."),
        "dual_write_untold": _(
            "The money was deducted and paid, but the client was never notified and assumes failure."
        ),
        "dual_write_nothing": _("The withdrawal failed before any money moved."),
    }
)
