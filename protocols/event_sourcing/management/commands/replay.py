import json
import sys
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from distviz.errors import DistvizError
from distviz.stack.arguments import whole
from distviz.story.words.sentences import english
from protocols.event_sourcing.desk import replay, time_travel


class Command(BaseCommand):
    help = "Replay the event store: verify the read models (exit status 1 if they differ), or travel in time."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--verify", action="store_true", help="make the read models anew and compare them")
        what.add_argument("--aggregate", help="show a stream and its state, such as account:alice")
        parser.add_argument("--upto", type=whole(0, 2**31 - 1), help="with --aggregate: at this version")
        parser.add_argument("--at", help="with --aggregate: at this time, such as 2030-01-31T12:00:00Z")
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, verify: bool, aggregate: str, as_json: bool, **options: Any) -> None:
        if verify:
            self._verify(as_json)
        else:
            self._travel(aggregate, options["upto"], self._time(options["at"]), as_json)

    def _verify(self, as_json: bool) -> None:
        found = replay.verify()
        if as_json:
            names = ("upto", "events", "entries", "balances", "seconds", "rate", "different")
            figures = {name: getattr(found, name) for name in names}
            self.stdout.write(json.dumps({**figures, "differences": [english(one) for one in found.found]}))
        else:
            self.stdout.write(
                f"{found.events:,} events replayed in {found.seconds:.2f} s ({found.rate:,.0f}/s): "
                f"{found.balances:,} balances, {found.entries:,} lines of history, up to position {found.upto}."
            )
            for difference in found.found:
                self.stdout.write(f"    {english(difference)}")
            same = "The stored read models are the same."
            self.stdout.write(f"{found.different} DIFFERENCES." if found.different else same)
        if found.different:
            sys.exit(1)

    def _time(self, given: str | None) -> datetime | None:
        if given is None:
            return None
        try:
            return time_travel.parse_time(given)
        except DistvizError as error:
            raise CommandError(f"--at: {english(error.reason)}") from error

    def _travel(self, aggregate: str, upto: int | None, time: datetime | None, as_json: bool) -> None:
        try:
            found = time_travel.stream(aggregate, upto, time)
        except DistvizError as error:
            raise CommandError(english(error.reason)) from error
        if as_json:
            self.stdout.write(json.dumps(found, default=str))
            return
        for event in found["events"]:
            texts = ", ".join(time_travel.without_code(event["data"]).values())
            self.stdout.write(f"{event['version']:6} {event['type']:22} {event['balance']:>12}  {texts}")
        self.stdout.write(f"version {found['version']} of {found['newest']}: balance {found['state']['balance']}")
