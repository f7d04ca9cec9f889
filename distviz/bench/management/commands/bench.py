import argparse
import json
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from distviz.bench import asked, measuring, telling
from distviz.bench.beside import rates
from distviz.bench.models import RUNNING, Result
from distviz.errors import DistvizError
from distviz.story.words.sentences import english
from protocols.floor import RATES
from protocols.registry import PROTOCOLS

NUMBERS = ("seconds", "runs", "clients", "contention", "amount", "fault_rate", "history")
BESIDE = ("floor", "engine", "peers", "rates")


class Command(BaseCommand):
    help = "Equal load on every protocol, one after the other, over HTTP like a client (the stack has to be up)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--protocols", default=",".join(PROTOCOLS), help="some of them, with commas between")
        parser.add_argument("--seconds", type=float, default=5, help="for each protocol")
        parser.add_argument("--runs", type=int, default=0, help="of each protocol, instead of --seconds")
        parser.add_argument("--clients", type=int, default=4)
        parser.add_argument("--rounds", type=int, help="of everything, in turn; 3 if not only the lab is measured")
        parser.add_argument("--floor", action="store_true", help="each protocol's own statements by plain psycopg, too")
        parser.add_argument("--engine", action="store_true", help="a bare Celery chain of the saga's hops, too")
        parser.add_argument("--peers", action="store_true", help="other libraries, too; installs them the first time")
        parser.add_argument("--rates", action="store_true", help="messages and events a second, too")
        parser.add_argument("--history", type=int, default=0, metavar="N", help="write N runs, and measure again")
        parser.add_argument("--contention", default="spread", choices=asked.CONTENTIONS)
        parser.add_argument("--amount", default="0.01")
        parser.add_argument("--fault", "--faults", action="append", default=[], metavar="POINT:ACTION[:TIMES[:MS]]")
        parser.add_argument("--fault-rate", type=float, default=1.0, help="share of the runs that have the faults")
        parser.add_argument("--json", action="store_true", dest="as_json")
        parser.add_argument("--result", type=UUID, help="carry out what the page has written down")
        parser.add_argument("--rate", choices=list(RATES), help=argparse.SUPPRESS)  # see beside/rates.py

    def handle(self, *args: Any, as_json: bool, result: UUID | None, **options: Any) -> None:
        if options["rate"]:
            self.stdout.write(rates.here(options["rate"], options["seconds"]))
            return
        try:
            row, wanted = self._written_down(result) if result else self._asked_for(options)
            done = measuring.carry_out(row, wanted, lambda doing: None if as_json else self._say(doing))
        except DistvizError as error:
            raise CommandError(f"{getattr(error, 'field', '')} {english(error.reason)}".strip()) from error
        report = {name: getattr(done, name) for name in ("asked", "conditions", "rows", "beside", "ratios", "history")}
        if as_json:
            self.stdout.write(json.dumps(report))
        else:
            for line in telling.lines(report):
                self.stdout.write(line)
        if not all(one["books"] for one in done.rows):
            raise CommandError("The books of a protocol do not hold; see `manage.py books`.")

    def _asked_for(self, options: dict[str, Any]) -> tuple[Result, asked.BenchAsked]:
        beside = {name: options[name] for name in BESIDE}
        rounds = options["rounds"]
        wanted = asked.check(
            protocols=[key.strip() for key in options["protocols"].split(",") if key.strip()],
            faults=[_fault(text) for text in options["fault"]],
            rounds=(3 if any(beside.values()) else 1) if rounds is None else rounds,
            **{name: options[name] for name in NUMBERS},
            **beside,
        )
        return measuring.begin(wanted), wanted

    def _written_down(self, result: UUID) -> tuple[Result, asked.BenchAsked]:
        row = Result.objects.filter(pk=result, state=RUNNING, rows=[]).first()
        if row is None:
            raise CommandError("No bench waits under this id.")
        return row, asked.check(**row.asked)

    def _say(self, doing: str) -> None:
        self.stderr.write(doing)


def _fault(text: str) -> dict[str, Any]:
    at, _colon, rest = text.partition(":")
    do, *numbers = rest.split(":")
    found: dict[str, Any] = {"at": at, "do": do}
    for name, number in zip(("times", "ms"), numbers, strict=False):
        found[name] = int(number) if number.isdecimal() else number
    return found
