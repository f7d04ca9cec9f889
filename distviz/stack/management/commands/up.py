"""`manage.py up`: the whole stack in the foreground; Ctrl-C stops all of it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from distviz.stack import up


class Command(BaseCommand):
    help = "Starts every server and worker, migrates, seeds, and prints the URL. Ctrl-C stops all of it cleanly."
    requires_system_checks: list[str] = []  # no server is up yet that a check could ask

    def add_arguments(self, parser: CommandParser) -> None:
        up.arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        raise SystemExit(up.main(options))
