"""The whole run as JSON, in the terms of the API. `/import/` reads it back: see distviz/imports/reading.py."""

import orjson

from distviz import money
from distviz.export.one_run import Story
from distviz.trace.event_json import EVENT_COLUMNS, event

FORMAT, SCHEMA = "distviz.run", 1


def draw(story: Story) -> str:
    run = story.run
    found = {
        "format": FORMAT,
        "schema": SCHEMA,
        "run": {
            "id": run.pk,
            "protocol": run.protocol,
            "account": run.account,
            "amount": money.text(run.amount),
            "note": run.note,
            "mode": run.mode,
            "status": story.picture.status,
            "verdict": story.picture.verdict,
            "outcome": run.outcome or None,
            "trace_id": run.trace_id,
            "created": run.created_at,
            "finished": run.finished_at,
            "forked_from": run.forked_from_id,
        },
        "faults": [{"at": f.at, "do": f.do, "times": f.times, "ms": f.ms, "fired": f.fired} for f in story.faults],
        "events": [event([getattr(one, name) for name in EVENT_COLUMNS]) for one in story.events],
    }
    return orjson.dumps(found, option=orjson.OPT_UTC_Z | orjson.OPT_INDENT_2).decode() + "\n"
