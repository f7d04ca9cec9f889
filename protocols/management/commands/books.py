import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from distviz.money import text
from distviz.services.auditor import auditing
from protocols.registry import PROTOCOLS

AMOUNTS = ("opening", "balances", "paid", "in_flight", "lost", "overpaid")


class Command(BaseCommand):
    help = "The auditor: checks every invariant over the real databases. Exit status 1 if one fails."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, as_json: bool, **options: Any) -> None:
        books = {key: auditing.now(key, one.books, complete=True) for key, one in PROTOCOLS.items()}
        if as_json:
            self.stdout.write(json.dumps({key: found.as_dict() for key, found in books.items()}, indent=2))
        else:
            self.stdout.write(f"{'':16}" + "".join(f"{name.replace('_', ' '):>12}" for name in AMOUNTS))
            for key, found in books.items():
                self.stdout.write(f"{key:16}" + "".join(f"{text(getattr(found, name)):>12}" for name in AMOUNTS))
                for invariant in found.invariants:
                    mark = "holds " if invariant.holds else "BROKEN"
                    self.stdout.write(f"    {mark} {invariant.id:4} {invariant.detail}")
        if not all(found.hold for found in books.values()):
            sys.exit(1)
