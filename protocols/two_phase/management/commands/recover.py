import json
import sys
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from distviz.stack.arguments import seconds
from protocols.two_phase.recovery import passes


class Command(BaseCommand):
    help = "Settle what two-phase commit left in doubt. Exit status 1 if something could not be settled now."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="one pass (else one each RECOVERY_INTERVAL)")
        parser.add_argument("--min-age", type=seconds(), default=settings.RECOVERY_MIN_AGE, help="seconds in doubt")
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, once: bool, min_age: float, as_json: bool, **options: Any) -> None:
        while True:
            report = passes.once(min_age)
            if as_json:
                self.stdout.write(json.dumps(report.as_dict()))
            else:
                self.stdout.write(f"{report.committed} committed, {report.rolled_back} rolled back.")
                for left in report.left:
                    self.stdout.write(f"left: {left}")
            if once:
                sys.exit(1 if report.left else 0)
            time.sleep(settings.RECOVERY_INTERVAL)
