import json
import random
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from distviz.chaos import asked, campaign, keeping, telling
from distviz.chaos.models import HOLDS
from distviz.errors import DistvizError
from distviz.stack.arguments import number, whole
from distviz.stack.interrupts import interruptible
from distviz.story.words.sentences import english


class Command(BaseCommand):
    help = "A bank's load and real failures on a stack of its own; exit status 1 if an invariant is broken."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seconds", type=number(*asked.SECONDS), default=asked.CampaignAsked.seconds)
        parser.add_argument("--seed", type=whole(*asked.SEED), help="the same one fails in the same way (random)")
        parser.add_argument(
            "--rate", type=number(*asked.RATE), default=asked.CampaignAsked.rate, help="most withdrawals per second"
        )
        parser.add_argument(
            "--pace", type=number(*asked.PACE), default=asked.CampaignAsked.pace, help="seconds per failure"
        )
        parser.add_argument("--json", action="store_true", dest="as_json")
        parser.add_argument("--keep", action="store_true", help="leave its databases and logs")

    def handle(
        self,
        *args: Any,
        seconds: float,
        seed: int | None,
        rate: float,
        pace: float,
        as_json: bool,
        keep: bool,
        **options: Any,
    ) -> None:
        wanted = asked.CampaignAsked(random.randrange(1_000_000) if seed is None else seed, seconds, rate, pace)
        try:
            with interruptible() as interrupted:
                report = campaign.carry_out(wanted, self._say, interrupted, keep=keep)
        except DistvizError as error:
            raise CommandError(english(error.reason)) from error
        kept = keeping.keep(report)
        if as_json:
            self.stdout.write(json.dumps(report.as_dict()))
        else:
            for line in telling.lines(report):
                self.stdout.write(line)
            self.stdout.write("on /chaos/ of the lab" if kept else "on /chaos/ when the lab is up and this runs again")
        if report.verdict != HOLDS:
            raise CommandError(f"seed {wanted.seed}: {report.verdict}")

    def _say(self, doing: str) -> None:
        self.stderr.write(doing)
        self.stderr.flush()
