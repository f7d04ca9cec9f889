import json
import sys
import time
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError

from protocols.outbox import relay


class Command(BaseCommand):
    help = "Publish both outboxes. Exit status 1 if something could not be published now: the row stays and says why."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="one pass (else a pass a second, until Ctrl-C)")
        parser.add_argument(
            "--min-age",
            type=float,
            default=settings.SWEEP_AFTER,
            help="seconds after which a row that nobody marked or answered is published again",
        )
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, once: bool, min_age: float, as_json: bool, **options: Any) -> None:
        while True:
            failed = self._pass(min_age, as_json)
            if once and failed:
                sys.exit(1)
            if once:
                return
            time.sleep(1)

    def _pass(self, min_age: float, as_json: bool) -> bool:
        """Whether something could not be published."""
        found: dict[str, dict[str, Any]] = {}
        for service, box in relay.OUTBOXES.items():
            try:
                box.hurry()
                found[service] = asdict(relay.tick(box, min_age))
            except DatabaseError as error:
                found[service] = {"published": 0, "again": 0, "failed": 0, "error": str(error).strip()}
        if as_json:
            self.stdout.write(json.dumps(found))
        else:
            for service, did in found.items():
                told = f"{did['published']} published, {did['again']} of them again, {did['failed']} failed"
                self.stdout.write(f"{service}: " + did.get("error", told))
        return any(did["failed"] or "error" in did for did in found.values())
