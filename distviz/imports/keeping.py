"""Imported runs: a file becomes a story that is drawn like any other, and is kept where no real run is."""

import hashlib
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction

from distviz.errors import BadRequest, NotFound
from distviz.export import json_file, replay
from distviz.export.one_run import Story
from distviz.imports import kept, reading
from distviz.imports.models import Imported
from distviz.imports.reading import RunFile
from distviz.story.picture.picture import Picture
from distviz.trace.models import Event, Fault, Run
from distviz.web import strict

KEPT = 200  # the oldest are deleted: an import is a copy of a file


def story(found: RunFile) -> Story:
    """As if it were one of ours: the objects are made, and never saved."""
    asked = found.run
    run = Run(
        id=asked.id,
        protocol=asked.protocol,
        account=asked.account,
        amount=asked.amount,
        note=asked.note,
        mode=asked.mode,
        status=asked.status,
        verdict=asked.verdict,
        outcome=asked.outcome or "",
        trace_id=asked.trace_id,
        seq=len(found.events),
        created_at=asked.created,
        finished_at=asked.finished,
        forked_from_id=asked.forked_from,
    )
    events = [Event(run_id=run.pk, **event.model_dump()) for event in found.events]
    return Story(run, events, [Fault(run_id=run.pk, **fault.model_dump()) for fault in found.faults])


def read(body: bytes) -> Story:
    """The story in a file. Raises BadRequest naming what is wrong; what it lets through can be drawn."""
    if len(body) > reading.LIMIT:
        most = reading.LIMIT // 1024 // 1024
        raise BadRequest("file", "file_too_large", most=most)
    try:
        value = strict.loads(body)
    except strict.Unreadable as error:
        raise BadRequest("file", "not_imported", why=error) from None
    return check(value)


def check(value: Any) -> Story:
    found = story(reading.check(value))
    picture = Picture(found.run, found.protocol)
    for place, event in enumerate(found.events):
        try:
            replay.draw_row(picture.feed(event))
        except Exception:  # whatever a stranger wrote into it, the page that shows it must not fall over it
            name = f"events[{place}]"
            raise BadRequest(name, "event_cannot_be_drawn") from None
    reading.check(orjson.loads(json_file.draw(found)))  # what is kept is what the fold makes of it: it is read again
    return found


def keep(found: Story, file_name: str = "") -> Imported:
    """Once: the same run again is the import that is here already."""
    text = json_file.draw(found)
    digest = hashlib.sha256(text.encode()).hexdigest()
    with transaction.atomic(using="default"):
        made, _new = Imported.objects.get_or_create(
            digest=digest,
            defaults={
                "file_name": "".join(letter for letter in file_name if letter.isprintable())[:120],
                "protocol": found.run.protocol,
                "account": found.run.account,
                "amount": found.run.amount,
                "status": found.picture.status,
                "verdict": found.picture.verdict,
                "events": len(found.events),
                "content": orjson.loads(text),
            },
        )
        old = Imported.objects.order_by("-at", "-id").values_list("pk", flat=True)[KEPT : KEPT + 50]
        Imported.objects.filter(pk__in=list(old)).delete()
    return made


def get(import_id: UUID) -> tuple[Imported, Story]:
    """Without its content: what is made of that is kept for a while (kept.py)."""
    try:
        found = Imported.objects.defer("content").get(pk=import_id)
    except Imported.DoesNotExist:
        raise NotFound("no_such_import") from None
    return found, kept.story_of(found, lambda: _read_again(found))


def _read_again(found: Imported) -> Story:
    try:
        return story(reading.check(found.content))
    except BadRequest as error:  # kept before what is wrong with it was refused
        raise NotFound("import_not_readable", field=error.field) from error
