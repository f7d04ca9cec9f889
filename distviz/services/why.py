"""A reason in a table: `reason` is the sentence in English, for whoever reads the table; `why` is its code."""

from collections.abc import Mapping
from typing import Any

import orjson

from distviz.codes import Reason
from distviz.story.words.sentences import english


def columns(reason: Reason | None) -> dict[str, Any]:
    """Parameters for both columns."""
    why = orjson.dumps(reason.as_json()).decode() if reason else None
    return {"reason": english(reason)[:300], "why": why}


def of(row: Mapping[str, Any]) -> Reason | None:
    """From `reason` and `why::text`. Rows from before there were codes have only the sentence."""
    return Reason.read(orjson.loads(row["why"] or "null") or row["reason"])
