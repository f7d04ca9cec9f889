import json
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from distviz import money
from distviz.errors import DistvizError
from distviz.runs import asking
from distviz.stack.arguments import seconds
from distviz.story.words.sentences import english
from distviz.trace import faults, requests
from distviz.trace.models import Event, Run
from distviz.trace.statuses import FINAL
from protocols.registry import PROTOCOLS


class Command(BaseCommand):
    help = "One withdrawal from the terminal, its steps printed as they happen (the stack has to be up)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--protocol", required=True, choices=list(PROTOCOLS))
        parser.add_argument("--amount", required=True)
        parser.add_argument("--account", default="alice")
        parser.add_argument("--fault", action="append", default=[], metavar="POINT:ACTION[:TIMES[:MS]]")
        parser.add_argument("--without", action="append", default=[], metavar="GUARD")
        parser.add_argument("--timeout", type=seconds(), default=60)
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(
        self,
        *args: Any,
        protocol: str,
        amount: str,
        account: str,
        fault: list[str],
        without: list[str],
        timeout: float,
        as_json: bool,
        **options: Any,
    ) -> None:
        try:
            chosen = faults.parse([self._fault(text) for text in fault])
            wanted = asking.Withdrawal(protocol, account, money.parse(amount), faults=chosen, guards_off=without)
            run = asking.ask(wanted, publish=requests.leave)
        except DistvizError as error:
            raise CommandError(f"{getattr(error, 'field', '')} {english(error.reason)}".strip()) from error
        self._follow(run, timeout, as_json)

    def _fault(self, text: str) -> dict[str, Any]:
        at, do, *numbers = text.split(":")[:4] + ([] if ":" in text else [""])
        found: dict[str, Any] = {"at": at, "do": do}
        for name, number in zip(("times", "ms"), numbers, strict=False):
            found[name] = int(number) if number.isdecimal() else number
        return found

    def _follow(self, run: Run, timeout: float, as_json: bool) -> None:
        seen, deadline = 0, time.monotonic() + timeout
        while time.monotonic() < deadline:
            run.refresh_from_db()
            for event in Event.objects.filter(run=run, seq__gt=seen):
                seen = event.seq
                if not as_json:
                    self._print(event)
            if run.status in FINAL and seen == run.seq:
                break
            time.sleep(0.05)
        else:
            raise CommandError(f"Run {run.pk} is still {run.status} after {timeout:g} s; it goes on by itself.")
        if as_json:
            found = {"id": str(run.pk), "status": run.status, "verdict": run.verdict_now, "outcome": run.outcome}
            self.stdout.write(json.dumps(found))
        else:
            self.stdout.write(f"{run.status}: {run.outcome} ({run.verdict_now})")

    def _print(self, event: Event) -> None:
        where = f"{event.lane} → {event.to}" if event.to else event.lane
        attempt = f" (attempt {event.attempt})" if event.attempt > 1 else ""
        error = f"  {event.error}" if event.error else ""
        self.stdout.write(f"{event.seq:4} {where:24} {event.kind:9} {event.phase:10} {event.name}{attempt}{error}")
        for statement in event.statements:
            self.stdout.write(f"{'':30}{statement}")
