import json
import sys
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError

from distviz.stack.arguments import seconds
from protocols.outbox.desk import by_hand, switch
from protocols.outbox.recovery.ticks import HOMES


class Command(BaseCommand):
    help = "Publish both outboxes. Exit status 1 if something could not be published now: the row stays and says why."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--once", action="store_true", help="one pass (else a pass a second, until Ctrl-C)")
        what.add_argument("--stop", action="store_true", help="stop the relays; what is committed waits")
        what.add_argument("--start", action="store_true", help="let them publish again")
        parser.add_argument(
            "--min-age",
            type=seconds(),
            default=settings.SWEEP_AFTER,
            help="seconds after which a row without a mark or an acknowledgement is published again",
        )
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, once: bool, min_age: float, as_json: bool, **options: Any) -> None:
        if options["stop"] or options["start"]:
            for place in HOMES.values():
                switch.turn(place, stopped=options["stop"])
            return
        while True:
            failed = self._pass(min_age, as_json, once)
            if once and failed:
                sys.exit(1)
            if once:
                return
            time.sleep(1)

    def _pass(self, min_age: float, as_json: bool, once: bool) -> bool:
        """Whether something could not be published. A single pass is by hand: it goes past the switch."""
        found: dict[str, dict[str, Any]] = {}
        for service, place in HOMES.items():
            try:
                found[service] = {**by_hand.pass_now(place, min_age, by_hand=once)}
            except DatabaseError as error:
                found[service] = {"published": 0, "again": 0, "failed": 0, "error": str(error).strip()}
        if as_json:
            self.stdout.write(json.dumps(found))
        else:
            for service, did in found.items():
                summary = f"{did['published']} published, {did['again']} of them again, {did['failed']} failed"
                self.stdout.write(f"{service}: " + did.get("error", summary))
        return any(did["failed"] or "error" in did for did in found.values())
