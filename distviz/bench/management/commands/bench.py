import json
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from distviz.bench import asked, measuring
from distviz.bench.models import RUNNING, Result
from distviz.errors import DistvizError
from distviz.story.words.sentences import english
from protocols.registry import PROTOCOLS

COLUMNS = (
    ("protocol", "protocol"),
    ("runs", "runs"),
    ("p50_ms", "p50 ms"),
    ("p95_ms", "p95 ms"),
    ("p99_ms", "p99 ms"),
    ("per_second", "runs/s"),
    ("locks_p50_ms", "locks ms"),
    ("gap_p50_ms", "gap ms"),
    ("messages", "messages"),
    ("commits", "commits"),
    ("books", "books"),
)


class Command(BaseCommand):
    help = "Equal load on every protocol, one after the other, over HTTP like a client (the stack has to be up)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--protocols", default=",".join(PROTOCOLS), help="some of them, with commas between")
        parser.add_argument("--seconds", type=float, default=5, help="for each protocol")
        parser.add_argument("--runs", type=int, default=0, help="of each protocol, instead of --seconds")
        parser.add_argument("--clients", type=int, default=4)
        parser.add_argument("--contention", default="spread", choices=asked.CONTENTIONS)
        parser.add_argument("--amount", default="0.01")
        parser.add_argument("--fault", "--faults", action="append", default=[], metavar="POINT:ACTION[:TIMES[:MS]]")
        parser.add_argument("--json", action="store_true", dest="as_json")
        parser.add_argument("--result", type=UUID, help="carry out what the page has written down")

    def handle(self, *args: Any, as_json: bool, result: UUID | None, **options: Any) -> None:
        try:
            row, wanted = self._written_down(result) if result else self._asked_for(options)
            done = measuring.carry_out(row, wanted, lambda doing: None if as_json else self._say(doing))
        except DistvizError as error:
            raise CommandError(f"{getattr(error, 'field', '')} {english(error.reason)}".strip()) from error
        told = {"asked": done.asked, "conditions": done.conditions, "rows": done.rows}
        if as_json:
            self.stdout.write(json.dumps(told))
        else:
            self._table(told)
        if not all(one["books"] for one in done.rows):
            raise CommandError("The books of a protocol do not hold; see `manage.py books`.")

    def _asked_for(self, options: dict[str, Any]) -> tuple[Result, asked.Asked]:
        wanted = asked.check(
            protocols=[key.strip() for key in options["protocols"].split(",") if key.strip()],
            faults=[_fault(text) for text in options["fault"]],
            **{name: options[name] for name in ("seconds", "runs", "clients", "contention", "amount")},
        )
        return measuring.begin(wanted), wanted

    def _written_down(self, result: UUID) -> tuple[Result, asked.Asked]:
        row = Result.objects.filter(pk=result, state=RUNNING, rows=[]).first()
        if row is None:
            raise CommandError("No bench waits under this id.")
        return row, asked.check(**row.asked)

    def _say(self, doing: str) -> None:
        self.stderr.write(doing)

    def _table(self, told: dict[str, Any]) -> None:
        lines = [[title for _key, title in COLUMNS]]
        lines += [[_cell(row.get(key)) for key, _title in COLUMNS] for row in told["rows"]]
        widths = [max(len(line[place]) for line in lines) for place in range(len(COLUMNS))]
        for line in lines:
            self.stdout.write("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())
        for title in ("asked", "conditions"):
            self.stdout.write(f"{title}: " + ", ".join(f"{key} {value}" for key, value in told[title].items()))


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "hold" if value else "BROKEN"
    return "—" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _fault(text: str) -> dict[str, Any]:
    at, _colon, rest = text.partition(":")
    do, *numbers = rest.split(":")
    found: dict[str, Any] = {"at": at, "do": do}
    for name, number in zip(("times", "ms"), numbers, strict=False):
        found[name] = int(number) if number.isdecimal() else number
    return found
