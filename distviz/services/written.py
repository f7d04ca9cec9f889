"""A reason in a table: the column `reason` has it as a sentence in English, for people, and `why` as a code."""

from collections.abc import Mapping
from typing import Any

import orjson

from distviz.codes import Reason
from distviz.story.words.sentences import english

SENTENCE_MAX = 300


def columns(why: Reason | None) -> dict[str, str | None]:
    """Parameters of a statement that writes both columns."""
    return {
        "reason": english(why)[:SENTENCE_MAX],
        "why": orjson.dumps(why.as_json()).decode() if why else None,
    }


def read(row: Mapping[str, Any]) -> Reason | None:
    """From a row with `reason` and `why::text`; rows from before there were codes have only the sentence."""
    return Reason.read(orjson.loads(row["why"] or "null") or row["reason"])
