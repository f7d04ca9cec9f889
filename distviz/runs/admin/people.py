"""Users and groups: Django's own pages, with permissions in the language of the page. In the database they have their
English names."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.db.models import ManyToManyField
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from distviz.trace import role

# By the codename, or by what it begins with. The first one is also the name in the table of permissions.
NAMES = {
    role.CODENAME: gettext_noop("Can inject failures, act as the network, and release, retry, resolve"),
    "add": gettext_noop("Can add"),
    "change": gettext_noop("Can change"),
    "delete": gettext_noop("Can delete"),
    "view": gettext_noop("Can view"),
}


def named(permission: Permission) -> str:
    """`Run log | operator action | Can view`; of an application that is gone, as it is in the database."""
    name = NAMES.get(permission.codename) or NAMES.get(permission.codename.partition("_")[0])
    return f"{permission.content_type} | {_(name) if name else permission.name}"


class _Permissions(forms.ModelMultipleChoiceField):
    def label_from_instance(self, permission: Any) -> str:
        return named(permission)


def in_words(field: "ManyToManyField[Any, Any]", more: dict[str, Any]) -> dict[str, Any]:
    """What a form's field is made with; one of permissions shows them by name."""
    return {**more, "form_class": _Permissions} if field.related_model is Permission else more


admin.site.unregister([Group, User])


@admin.register(Group)
class Groups(GroupAdmin):
    """The role "operator" is one."""

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest | None = None, **more: Any) -> Any:
        return super().formfield_for_manytomany(db_field, request, **in_words(db_field, more))


@admin.register(User)
class Users(UserAdmin):
    """Who may do what."""

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **more: Any) -> Any:
        return super().formfield_for_manytomany(db_field, request, **in_words(db_field, more))
