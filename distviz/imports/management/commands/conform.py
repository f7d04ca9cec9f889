import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from distviz.errors import DistvizError
from distviz.imports import keeping
from distviz.runs import lookup
from distviz.story.conformance import laws
from distviz.story.conformance.laws import Conformance
from distviz.story.words.sentences import english
from distviz.trace.models import Event
from protocols import registry


class Command(BaseCommand):
    help = "Say whether a run's log is one that its protocol can write; exit status 1 if not."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("runs", nargs="+", metavar="RUN_ID|FILE", help="a run of this lab, or an exported one")
        parser.add_argument("--json", action="store_true", dest="as_json", help="a line of JSON for each")

    def handle(self, *args: Any, runs: list[str], as_json: bool, **options: Any) -> None:
        illegal = 0
        for name in runs:
            try:
                found = _of(name)
            except (DistvizError, OSError) as error:
                raise CommandError(f"{name}: {_words(error)}") from error
            illegal += not found.legal
            self.stdout.write(json.dumps({"run": name, **found.as_dict()}) if as_json else f"{name}: {_line(found)}")
        if illegal:
            raise CommandError(f"{illegal} of {len(runs)} not legal.")


def _of(name: str) -> Conformance:
    if Path(name).is_file():
        story = keeping.read(Path(name).read_bytes())
        return laws.check(story.protocol, story.events)
    run = lookup.get(name)
    log = Event.objects.filter(run=run).order_by("seq").defer("lines", "changes", "statements")
    return laws.check(registry.get(run.protocol), log)


def _line(found: Conformance) -> str:
    if found.legal:
        return f"legal, {found.checked} events"
    return f"not legal from event {found.seq} on: {english(found.why)}"


def _words(error: Exception) -> str:
    if isinstance(error, DistvizError):
        return f"{getattr(error, 'field', '')} {english(error.reason)}".strip()
    return str(error)
