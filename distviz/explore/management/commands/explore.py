import json
from threading import Event
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from distviz.errors import DistvizError
from distviz.explore import asked, dying, exploring, guarding, telling
from distviz.explore.models import RUNNING, Exploration
from distviz.stack.arguments import number, whole
from distviz.stack.interrupts import interruptible
from distviz.story.words.sentences import english
from protocols.registry import PROTOCOLS, named


class Command(BaseCommand):
    help = "Break a protocol at every point that it meets (the stack has to be up); exit status 1 if money is lost."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--protocol", choices=list(PROTOCOLS))
        parser.add_argument("--run", help="where the point of no return of this run is: everything dies at each point")
        parser.add_argument("--pairs", action="store_true", help="a second failure wherever the first one leads")
        parser.add_argument("--orders", action="store_true", help="every order in which messages can arrive")
        parser.add_argument("--rivals", action="store_true", help="a rival or a copy while one is held")
        parser.add_argument("--without", action="append", default=[], metavar="GUARD", help="take this guard out")
        parser.add_argument(
            "--seconds", type=number(*asked.SECONDS), default=asked.ExplorationAsked.seconds, help="of this sitting"
        )
        parser.add_argument(
            "--seed", type=whole(*asked.SEED), default=asked.ExplorationAsked.seed, help="the same one, the same order"
        )
        parser.add_argument("--at-once", type=whole(*asked.AT_ONCE), default=asked.ExplorationAsked.at_once)
        parser.add_argument("--guards", action="store_true", help="for each guard the first failure that needs it")
        parser.add_argument("--anew", action="store_true", help="do not go on with the one that was stopped")
        parser.add_argument("--json", action="store_true", dest="as_json")
        parser.add_argument("--exploration", type=UUID, help="carry out what the page has written down")

    def handle(
        self,
        *args: Any,
        protocol: str | None,
        as_json: bool,
        anew: bool,
        exploration: UUID | None,
        **options: Any,
    ) -> None:
        if options["guards"]:
            self._guards(protocol or "", options["seconds"], as_json)
            return
        if not (protocol or exploration or options["run"]):
            raise CommandError("--protocol is missing.")
        others = ("pairs", "orders", "rivals", "without")
        if options["run"] and (protocol or any(options[name] for name in others)):
            raise CommandError("--run takes the protocol and the guards of the run: no --pairs, --orders, --rivals.")
        try:
            if exploration:
                row, wanted = self._written_down(exploration)
            else:
                wanted = self._wanted(protocol, options)
                row = exploring.begin(wanted, anew=anew)
            with interruptible() as interrupted:
                row = self._carried_out(row, wanted, interrupted)
        except DistvizError as error:
            raise CommandError(f"{getattr(error, 'field', '')} {english(error.reason)}".strip()) from error
        report = telling.report(row)
        if as_json:
            self.stdout.write(json.dumps(report))
        else:
            for line in telling.lines(row):
                self.stdout.write(line)
        if report["keeps"] is False:
            raise CommandError(f"{row.protocol} does not keep what it promises.")

    def _guards(self, protocol: str, seconds: float, as_json: bool) -> None:
        rows = []
        try:
            with interruptible() as interrupted:
                for row in guarding.table(named(protocol), seconds, self._say, interrupted):
                    rows.append(row.as_dict())
                    if not as_json:
                        self.stdout.write(row.line)
        except DistvizError as error:
            raise CommandError(english(error.reason)) from error
        if as_json:
            self.stdout.write(json.dumps(rows))

    def _carried_out(self, row: Exploration, wanted: asked.ExplorationAsked, interrupted: Event) -> Exploration:
        return exploring.carry_out(row, wanted, self._say, interrupted, kind=dying.kind_of(wanted))

    def _wanted(self, protocol: str | None, options: dict[str, Any]) -> asked.ExplorationAsked:
        bounds = {name: options[name] for name in ("seconds", "seed", "at_once")}
        if options["run"]:
            return dying.asked_of(options["run"], **bounds)
        more = {name: options[name] for name in ("pairs", "orders", "rivals", "without")}
        return asked.check(protocol=protocol, **bounds, **more)

    def _written_down(self, key: UUID) -> tuple[Exploration, asked.ExplorationAsked]:
        row = Exploration.objects.filter(pk=key, state=RUNNING).first()
        if row is None:
            raise CommandError("No exploration waits under this id.")
        return row, asked.check(**row.asked)

    def _say(self, doing: str) -> None:
        self.stderr.write(doing)
        self.stderr.flush()
