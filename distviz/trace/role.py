"""The role "operator": a group with the permission `trace.operate`, made with the tables of the run log."""

from typing import Any

OPERATOR, CODENAME = "operator", "operate"


def make(using: str, **_more: Any) -> None:
    """After each migration, and again without effect. The users are in the database `default`."""
    from django.contrib.auth.models import Group, Permission

    if using != "default":
        return
    group, _new = Group.objects.get_or_create(name=OPERATOR)
    group.permissions.add(*Permission.objects.filter(content_type__app_label="trace", codename=CODENAME))
