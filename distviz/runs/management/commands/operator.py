"""`manage.py operator NAME`: a user who may do what can break, lose or force something, where not everybody may."""

import secrets
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from distviz.trace.role import OPERATOR


class Command(BaseCommand):
    help = "Makes an operator, or an operator of an existing user; prints the new password once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        users: Any = get_user_model()._default_manager
        user = users.filter(username=name).first()
        password = ""
        if user is None:
            password = secrets.token_urlsafe(12)
            user = users.model(username=name)
            user.set_password(password)
            try:
                user.full_clean(exclude=["password"])
            except ValidationError as error:
                raise CommandError(f"{name!a:.60} is no name for a user: {'; '.join(error.messages)}") from None
            user.save()
        user.groups.add(Group.objects.get(name=OPERATOR))
        self.stdout.write(f"{name} is an operator." + (f" Password, shown this once: {password}" if password else ""))
