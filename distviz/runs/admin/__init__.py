"""The admin of the run log: everything can be read and searched, nothing can be changed."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from distviz.runs.admin.people import Groups, Users
from distviz.runs.admin.rows import DeadLetterAdmin, EventAdmin, FaultAdmin, OperatorActionAdmin, ParkedAdmin
from distviz.runs.admin.run import RunAdmin

__all__ = [
    "DeadLetterAdmin",
    "EventAdmin",
    "FaultAdmin",
    "Groups",
    "OperatorActionAdmin",
    "ParkedAdmin",
    "RunAdmin",
    "Users",
]

admin.site.site_header = _("distviz administration")
admin.site.site_title = "distviz"
