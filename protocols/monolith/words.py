"""What the monolith's codes say."""

from django.utils.translation import gettext_lazy as _

from distviz.story.words import sentences

sentences.register(
    {
        "monolith_done": _("$%(amount)s was withdrawn in one COMMIT."),
        "monolith_unheard": _("$%(amount)s was withdrawn; the reply was lost, the COMMIT was not."),
        "monolith_failed": _("Max retries exceeded (%(why)s). Every attempt was rolled back; no money moved."),
        "transactions_add_up": _("opening − transactions = balance, account by account"),
        "money_is_spent_or_there": _("opening = balances + paid"),
    }
)
