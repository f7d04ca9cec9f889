"""An exploration as the terminal shows it, and as programs read it."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from distviz.explore import checklist, ends, turning
from distviz.explore.checklist import Item
from distviz.explore.failures import Failure
from distviz.explore.kinds import BOTH, COPY, MEANWHILE, ORDER, PAIR, RIVAL, SINGLE, counterexamples
from distviz.explore.models import DONE, Exploration, Try
from distviz.explore.running import AMOUNT
from distviz.story.words.sentences import english
from protocols import registry

_TITLES = {
    SINGLE: "one failure",
    PAIR: "two failures",
    RIVAL: "a competing withdrawal",
    BOTH: "a competing withdrawal that is covered too",
    COPY: "the copy handled meanwhile",
    ORDER: "orders",
}


def report(exploration: Exploration) -> dict[str, Any]:
    tries = list(exploration.tries.all())
    return {
        "id": str(exploration.pk),
        "protocol": exploration.protocol,
        "state": exploration.state,
        "asked": exploration.asked,
        "met": exploration.met,
        "ends": dict(_counts(tries)),
        "not_met": sum(not one.fired for one in tries),
        "spent_s": round(exploration.spent_s, 1),
        "keeps": keeps(exploration, tries),
        "counterexamples": [example(exploration, one) for one in counterexamples(tries)],
        "tries": [one.as_dict() for one in tries],
    } | (turning.of(exploration, tries).as_dict() if exploration.of_run else checked(exploration, tries))


def checked(exploration: Exploration, tries: Sequence[Try]) -> dict[str, Any]:
    return {"checklist": [_item(exploration, one) for one in checklist.of(exploration, tries)]}


def _item(exploration: Exploration, one: Item) -> dict[str, Any]:
    return {
        "key": one.key,
        "says": english(one.title),
        "state": one.state,
        "tried": one.tried,
        "of": one.of,
        "failure": example(exploration, one.failure) if one.failure else None,
        "unhandled": [asdict(message) for message in one.unhandled],
        "why": english(one.why) or None,
        "notes": [english(note) for note in one.notes],
    }


def as_json(exploration: Exploration) -> str:
    return json.dumps(report(exploration), indent=1)


def keeps(exploration: Exploration, tries: Sequence[Try]) -> bool | None:
    """Whether the protocol keeps what it promises; None while that is not known, and for one that promises nothing."""
    if registry.get(exploration.protocol).may_lose or exploration.without:
        return None
    if any(one.end in ends.BAD for one in tries):
        return False
    known = exploration.state == DONE and all(one.end != ends.UNKNOWN for one in tries)
    return True if known else None


def example(exploration: Exploration, one: Try) -> dict[str, Any]:
    """A counterexample: what to say, what to type, where to look."""
    return {
        "says": sentence(one),
        "command": again(exploration, one),
        "watch": f"/runs/{one.run_id}/",
        **one.as_dict(),
    }


def done(one: Try) -> str:
    what = ", ".join(map(str, one.what)) or ("an order of deliveries" if one.kind == ORDER else "no failure at all")
    return f"{what} and {_TITLES[one.kind]}" if one.kind in MEANWHILE else what


def sentence(one: Try) -> str:
    return f"{done(one)}: {'; '.join([one.end, *map(english, one.reasons)])}"


def again(exploration: Exploration, one: Try) -> str:
    """What to type to see it again."""
    if one.kind in MEANWHILE:
        guards = "".join(f" --without {key}" for key in exploration.without)
        return f"manage.py explore --protocol {exploration.protocol} --rivals{guards}"
    return command(exploration.protocol, one.what, exploration.without)


def command(protocol: str, what: Sequence[Failure], without: Sequence[str] = ()) -> str:
    faults = "".join(f" --fault {one}" for one in what)
    guards = "".join(f" --without {key}" for key in without)
    return f"manage.py withdraw --protocol {protocol} --amount {AMOUNT}{faults}{guards}"


def lines(exploration: Exploration) -> Iterator[str]:
    tries = list(exploration.tries.all())
    yield f"{exploration.protocol}: {len(tries)} runs in {exploration.spent_s:.0f} s, {exploration.state}"
    for kind, title in _TITLES.items():
        of_kind = [one for one in tries if one.kind == kind]
        if of_kind:
            counts = ", ".join(f"{n} {end}" for end, n in _counts(of_kind))
            unmet = sum(not one.fired for one in of_kind)
            yield f"  {title}: {len(of_kind)}: {counts}" + (f"; {unmet} never came to it" if unmet else "")
    if exploration.of_run:
        yield from _deaths(turning.of(exploration, tries))
        return
    for one in counterexamples(tries):
        yield f"  BAD: {sentence(one)}"
        yield f"       {again(exploration, one)}"
    for one in tries:
        if one.end == ends.UNKNOWN:
            yield f"  UNKNOWN: {' '.join(map(str, one.what)) or one.kind}, run {one.run_id}"
    yield from items(exploration, tries)


def items(exploration: Exploration, tries: Sequence[Try]) -> Iterator[str]:
    boxes = {checklist.TICKED: "[x]", checklist.NOT_TICKED: "[ ]", checklist.NOT_KNOWN: "[?]", checklist.NOTHING: "[-]"}
    for one in checklist.of(exploration, tries):
        yield f"  {boxes[one.state]} {english(one.title)}{_of_item(one)}"
        if one.failure:
            yield f"       {again(exploration, one.failure)}"
            yield f"       /runs/{one.failure.run_id}/"
        for note in one.notes:
            yield f"       {english(note)}"


def _of_item(one: Item) -> str:
    """What speaks against it, why it is not known, or how much of it was tried."""
    if one.unhandled:
        return "".join(f"; {message.message} has none ({message.where})" for message in one.unhandled)
    if one.failure:
        return f": {sentence(one.failure)}"
    if one.why:
        return f": not known: {english(one.why)}"
    return f": {one.of}" if one.of else ": nothing to try"


def _deaths(found: turning.Turning) -> Iterator[str]:
    """Where everything died, and how the run ended then."""
    for one in found.deaths:
        turns = " <- point of no return" if one is found.certain else ""
        yield f"  {one.point}: {one.end or 'not known'}{turns}"
    if found.losing:
        yield f"  money is lost at: {', '.join(one.point for one in found.losing)}"
    elif all(one.end for one in found.deaths):
        yield "  money is lost at no point"


def _counts(tries: Sequence[Try]) -> list[tuple[str, int]]:
    found = Counter(one.end for one in tries)
    return [(end, found[end]) for end in ends.ENDS if found[end]]
