"""What was sealed, to be read."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from distviz.runs.admin.base import History
from distviz.services.auditor.models import KeptAudit


@admin.register(KeptAudit)
class KeptAuditAdmin(History):
    names = (_("complete audit"), _("complete audits"))
    list_display = ("protocol", "complete_at", "upto")
