import json
import sys
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError

from distviz.codes import Reason
from distviz.errors import NotNow, Transient
from distviz.stack.arguments import seconds
from distviz.story.words.sentences import english
from protocols.event_sourcing.desk import projector
from protocols.event_sourcing.recovery import following


class Command(BaseCommand):
    help = "Advance the read models of the event store. Exit status 1 if they cannot catch up now, or are ahead of it."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--once", action="store_true", help="one pass (else a pass a second, until Ctrl-C)")
        what.add_argument("--rebuild", action="store_true", help="make the read models anew from the first event")
        what.add_argument("--stop", action="store_true", help="stop the projector; runs go on, the views grow old")
        what.add_argument("--start", action="store_true", help="start it again")
        what.add_argument("--status", action="store_true", help="how far it is, and change nothing")
        parser.add_argument("--min-age", type=seconds(), default=0, help="leave it while nothing waits as long as that")
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, min_age: float, as_json: bool, **options: Any) -> None:
        try:
            self._switch(options)
            while True:
                projected = self._advance(options, min_age)
                behind = self._report(projected, as_json)
                if any(options[name] for name in ("once", "rebuild", "stop", "start", "status")):
                    break
                time.sleep(1)
        except OperationalError as error:
            raise CommandError(f"The event store cannot be changed now ({str(error).strip()}). Try again.") from error
        if (behind and options["once"]) or projector.lag()["ahead"]:
            sys.exit(1)

    def _switch(self, options: dict[str, Any]) -> None:
        if options["stop"]:
            projector.stop()
        elif options["start"]:
            projector.start()

    def _advance(self, options: dict[str, Any], min_age: float) -> int:
        """By hand the read models advance even while the projector is stopped."""
        if options["rebuild"]:
            return projector.rebuild()
        if options["stop"] or options["status"] or projector.lag()["seconds"] < min_age:
            return 0
        try:
            return following.catch_up()
        except (Transient, NotNow):  # another projector is at work; or the report says why there is nothing to do
            return 0

    def _report(self, projected: int, as_json: bool) -> bool:
        """Whether something is left that should have been projected."""
        now = projector.lag()
        if as_json:
            self.stdout.write(json.dumps({"projected": projected, "lag": now}))
        else:
            state = " The projector is stopped." if now["stopped"] else ""
            self.stdout.write(f"{projected} events projected; {now['events']} to go, {now['seconds']:g} s old.{state}")
            if now["ahead"]:
                wrong = Reason.of("checkpoint_ahead", position=now["projected"], newest=now["committed"])
                self.stdout.write(f"AHEAD OF THE STORE: {english(wrong)}")
            for stream in now["parked"]:
                self.stdout.write(f"parked: {stream['account']}: {stream['error']}")
        return bool(now["events"] or now["parked"] or now["ahead"])
