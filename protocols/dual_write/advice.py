"""Why the dual write fits no requirement."""

from django.utils.translation import gettext_lazy as _

from protocols.advice import Unfit

UNFIT = Unfit(_("Dual write is not an option:"), _("it loses money"), "crash-between-two-writes")
