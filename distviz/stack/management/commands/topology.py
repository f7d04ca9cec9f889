"""`manage.py topology`: processes, databases, broker and table names, as a table or as JSON. Never over HTTP."""

import json
import re
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from distviz.stack import topology


def without_password(url: str) -> str:
    """For people; a program needs it."""
    return re.sub(r"(//[^:/@]*):[^@/]*@", r"\1@", url)


class Command(BaseCommand):
    help = "Shows what runs and where: processes, databases, broker, tables."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="for programs; the form is that of docs/contract.md")

    def handle(self, *args: Any, **options: Any) -> None:
        picture = topology.take(settings.BROKER_PREFIX)
        if options["json"]:
            self.stdout.write(json.dumps(picture, indent=2))
            return
        for process in picture["processes"]:
            state = self.style.SUCCESS("ready") if process["ready"] else self.style.ERROR("not ready")
            self.stdout.write(f"{process['role']:<20} {process['pid'] or '-':>8}  {state}")
        self.stdout.write("")
        for alias, database in picture["databases"].items():
            self.stdout.write(f"{alias:<20} {database['server']:<10} {without_password(database['dsn'])}")
        broker = picture["broker"]
        self.stdout.write(
            f"{'broker':<20} {'':<10} {without_password(broker['url'])}  queues: {', '.join(broker['queues'])}"
        )
        self.stdout.write("")
        for name, relation in picture["relations"].items():
            self.stdout.write(f"{name:<20} {relation['alias']:<12} {relation['table']}")
