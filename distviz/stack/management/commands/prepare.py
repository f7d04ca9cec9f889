"""`manage.py prepare`: databases, roles, migrations, opening balances and the admin; `up` runs it when something
changed."""

import json
import os
import secrets
import subprocess
import sys
from typing import Any

import psycopg
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections
from psycopg import sql

from distviz.stack import granting, layout, logins, trying


class Command(BaseCommand):
    help = "Makes the databases, migrates each, seeds empty books, makes the admin once. Prints JSON on stdout."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--when-told", action="store_true", help="waits for a line on stdin, then begins")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["when_told"] and not sys.stdin.readline():
            raise SystemExit(1)  # the launcher has gone
        granting.make_roles()
        create_databases()
        finish_what_is_prepared()  # it has locks on the tables that are taken over
        granting.take_over()
        migrate()
        if "seed" in get_commands():
            call_command("seed", stdout=sys.stderr)
        granting.grant()
        self.stdout.write(json.dumps({"password": make_admin()}))


def migrate() -> None:
    """A protocol from outside whose migrations a database does not take is left out, and all this begins anew."""
    try:
        for alias in layout.DATABASES:
            _migrate(database=alias)
    except Exception:
        if not (to_blame := {one.key: why for one in settings.OUTSIDE.loaded if (why := _refusal(one.key))}):
            raise
        for key, why in to_blame.items():
            trying.refuse(key, why)
        os.execv(sys.executable, [sys.executable, str(layout.CHECKOUT / "manage.py"), "prepare"])


def _migrate(*app: str, database: str) -> None:
    call_command("migrate", *app, database=database, interactive=False, verbosity=0, skip_checks=True)


def _refusal(key: str) -> str:
    """Why the databases do not take the migrations of this protocol; "" if they do."""
    for alias in layout.DATABASES:
        try:
            _migrate(key, database=alias)
        except Exception as error:
            return f"its migrations fail in the database {alias}: {' '.join(str(error).split())}"[:300]
    return ""


def create_databases() -> None:
    """On an external server too, where the user may do that; else migrate says what is missing."""
    own = set(layout.DATABASES) - layout.load().replaced
    for alias in own:
        granting.make_database(alias)
    for alias in set(layout.DATABASES) - own:
        wanted = connections[alias].get_connection_params()
        name = wanted["dbname"]
        where = {key: wanted[key] for key in ("host", "port", "user", "password") if wanted.get(key)}
        try:
            psycopg.connect(dbname=name, **where, connect_timeout=5).close()
            continue
        except psycopg.OperationalError as error:
            if f'database "{name}" does not exist' not in str(error):
                raise CommandError(f"{layout.DATABASES[alias][2]}: {' '.join(str(error).split())}") from None
        with psycopg.connect(dbname="postgres", **where, autocommit=True, connect_timeout=5) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def finish_what_is_prepared() -> None:
    """What was prepared before there were roles is the superuser's, and nobody else can finish it."""
    if granting.superuser_has_prepared() and "recover" in get_commands():
        command = [sys.executable, str(layout.CHECKOUT / "manage.py"), "recover", "--once"]
        subprocess.run(command, env={**os.environ, "DISTVIZ_AS": logins.SUPERUSER}, stdout=sys.stderr, check=False)


def make_admin() -> str:
    """The generated password, or "" if there is an admin. It is also in the home's secrets.json, for its owner only."""
    users = get_user_model()._default_manager
    if users.filter(is_superuser=True).exists():
        return ""
    password = layout.secret("admin") or secrets.token_urlsafe(12)
    users.create_superuser("admin", password=password)  # type: ignore[attr-defined]
    return password
