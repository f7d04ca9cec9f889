import json
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from distviz.stack.arguments import seconds
from distviz.stack.layout import QUEUES
from distviz.trace import sweeps


class Command(BaseCommand):
    help = "Drive on, from database facts, every run at which nothing has happened for a while."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="one pass (else a pass a second, until Ctrl-C)")
        parser.add_argument("--min-age", type=seconds(), default=settings.SWEEP_AFTER, help="seconds of silence")
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, once: bool, min_age: float, as_json: bool, **options: Any) -> None:
        while True:
            driven = {queue: sweeps.once(queue, min_age) for queue in QUEUES}
            if as_json:
                self.stdout.write(json.dumps({"driven": driven}))
            else:
                self.stdout.write(f"{sum(driven.values())} driven on.")
            if once:
                return
            time.sleep(1)
