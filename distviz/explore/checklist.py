"""Five rules of a protocol, each ticked, or not, by the tries of an exploration: which tries belong to which rule. What
is not known is not ticked."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from distviz.codes import Reason
from distviz.explore import failures, handled
from distviz.explore.ends import BAD, BROKEN, LOST, PERSON, UNKNOWN
from distviz.explore.failures import Failure, in_a_process
from distviz.explore.kinds import COPY, MEANWHILE, ORDER, PLAIN, SINGLE, counterexamples
from distviz.explore.models import DONE, FAILED, RUNNING, Exploration, Try
from protocols import registry

TICKED, NOT_TICKED, NOT_KNOWN = "ticked", "not_ticked", "not_known"
NOTHING = "nothing"  # there is nothing to try
STATES = (TICKED, NOT_TICKED, NOT_KNOWN, NOTHING)
HANDLED, COPIES, TRANSACTIONS, DRIVEN_ON, BOOKS = "handled", "copies", "transactions", "driven_on", "books"
KEYS = (HANDLED, COPIES, TRANSACTIONS, DRIVEN_ON, BOOKS)
_SAYS = {  # the rule, and how it was tried
    HANDLED: (Reason("checklist_handled"), Reason("checklist_handled_how")),
    COPIES: (Reason("checklist_copies"), Reason("checklist_copies_how")),
    TRANSACTIONS: (Reason("checklist_transactions"), Reason("checklist_transactions_how")),
    DRIVEN_ON: (Reason("checklist_driven_on"), Reason("checklist_driven_on_how")),
    BOOKS: (Reason("checklist_books"), Reason("checklist_books_how")),
}


@dataclass(frozen=True)
class Item:
    """`of`: what belongs to it, as far as is known; `tried`: how much of that was. `failure`: the smallest try that
    speaks against it, `unhandled`: messages that do; `why`: why it is not known. `notes`: what else there is to say."""

    key: str
    state: str = TICKED
    tried: int = 0
    of: int = 0
    failure: Try | None = None
    unhandled: Sequence[handled.Unhandled] = ()
    why: Reason | None = None
    notes: Sequence[Reason] = ()

    @property
    def title(self) -> Reason:
        return _SAYS[self.key][0]

    @property
    def how(self) -> Reason:
        return _SAYS[self.key][1]


@dataclass(frozen=True)
class Rule:
    """Which failures try it, and which ends speak against it."""

    key: str
    tries: Callable[[Failure], bool]
    against: Collection[str]


RULES = (
    Rule(COPIES, lambda one: one.do == "duplicate", BAD),
    Rule(TRANSACTIONS, lambda one: in_a_process(one.at) and one.do in failures.STUBBORN, {LOST}),
    Rule(DRIVEN_ON, lambda one: one.do == "drop", BAD | {PERSON}),
)


def of(exploration: Exploration, tries: Sequence[Try]) -> list[Item]:
    """All five, in the order of KEYS."""
    minimal = [one for one in counterexamples(tries) if len(one.failures) > 1]
    items = [_read(rule, exploration, tries, minimal) for rule in RULES]
    return [_static(exploration.protocol), *items, _books(exploration, tries)]


def _static(protocol: str) -> Item:
    every, none = handled.messages(protocol), handled.unhandled(protocol)
    state = NOT_TICKED if none else TICKED if every else NOTHING
    return Item(HANDLED, state, len(every) - len(none), len(every), unhandled=none)


def _read(rule: Rule, exploration: Exploration, tries: Sequence[Try], minimal: Sequence[Try]) -> Item:
    """`minimal`: bad tries of several failures, none of which can be left out."""
    wanted = {one for one in failures.at(exploration.met, exploration.attempts) if rule.tries(one)}
    own = [one for one in tries if one.kind == SINGLE and one.what[0] in wanted]
    copies = [one for one in tries if one.kind == COPY and rule.key == COPIES]
    of = len(wanted) + (len(failures.copied(exploration.met)) if rule.key == COPIES and _meanwhile(exploration) else 0)
    more = [one for one in minimal if one.kind not in (ORDER, *MEANWHILE) and any(map(rule.tries, one.what))]
    alone = [one for one in tries if one.kind not in (SINGLE, *MEANWHILE) and len(one.failures) == 1]
    more += [one for one in alone if rule.tries(one.what[0])]  # of what a second failure was left out
    known = [*own, *copies]
    item = Item(rule.key, TICKED, len(known), of, notes=list(_notes(rule, exploration, tries)))
    if bad := _smallest(one for one in (*known, *more) if one.fired and one.end in rule.against):
        return replace(item, state=NOT_TICKED, failure=bad)
    if why := _why_not_known(exploration, known, of):
        return replace(item, state=NOT_KNOWN, why=why)
    return item if of else replace(item, state=NOTHING)


def _books(exploration: Exploration, tries: Sequence[Try]) -> Item:
    """They are asked after each try, and of all once more when these are over."""
    item = Item(BOOKS, TICKED, len(tries), max(exploration.planned, len(tries)))
    if bad := _smallest(one for one in tries if one.end in BAD):
        return replace(item, state=NOT_TICKED, failure=bad)
    why = None
    if exploration.state != DONE:
        left = item.of - item.tried
        why = _not_over(exploration, left, item.of) if left or not item.of else Reason("checklist_once_more")
    elif late := sum(one.end == UNKNOWN for one in tries):
        why = Reason.of("checklist_late", n=late)
    return replace(item, state=NOT_KNOWN, why=why) if why else item


def _smallest(bad: Iterable[Try]) -> Try | None:
    """Lost money first, then the fewest failures, then the first that was tried."""
    rank = {LOST: 0, BROKEN: 1}

    def weight(one: Try) -> tuple[int, int, int, int]:
        return rank.get(one.end, 2), len(one.failures), sum(what.times for what in one.what), one.number

    return min(bad, key=weight, default=None)


def _why_not_known(exploration: Exploration, known: Sequence[Try], of: int) -> Reason | None:
    if not exploration.met:
        return _not_over(exploration, 0, 0)
    if left := of - len(known):
        return _not_over(exploration, left, of)
    if late := sum(one.end == UNKNOWN for one in known):
        return Reason.of("checklist_late", n=late)
    if never := [one.what[0].at for one in known if not one.fired]:
        return Reason.of("checklist_never", at=never)
    return None


def _not_over(exploration: Exploration, left: int, of: int) -> Reason:
    state = exploration.state_now
    if not of:
        return Reason("checklist_failed" if state == FAILED else "checklist_not_begun")
    code = {RUNNING: "checklist_to_come", FAILED: "checklist_failed"}.get(state, "checklist_stopped")
    return Reason.of(code, left=left, of=of)


# --- what else there is to say ---------------------------------------------------------------------------------------


def _notes(rule: Rule, exploration: Exploration, tries: Sequence[Try]) -> Iterator[Reason]:
    """What the log of the run without a failure shows, and what no run has met, so that it was not tried."""
    if not exploration.met:
        return
    if rule.key == TRANSACTIONS:
        plain = next((one for one in tries if one.kind == PLAIN), None)
        yield from handled.apart(plain.run_id) if plain else ()
    touched = {what.at for one in tries if one.fired for what in one.what if rule.tries(what)} | {*exploration.met}
    if rule.key == TRANSACTIONS:
        if whose := list(dict.fromkeys(one.partition(".")[0] for one in _of_path(exploration) if one not in touched)):
            yield Reason.of("checklist_unmet_points", who=whose)
    elif names := [one for one in _messages(exploration) if f"message.{one}" not in touched]:
        yield Reason.of("checklist_unmet_messages", names=names)
    if rule.key == COPIES and not _meanwhile(exploration):
        yield Reason("checklist_not_meanwhile")


def _of_path(exploration: Exploration) -> Iterator[str]:
    """The points of its steps, whether they were met or not."""
    for step in registry.get(exploration.protocol).steps:
        yield from (point for point, _does in step.points() if in_a_process(point))


def _messages(exploration: Exploration) -> list[str]:
    return sorted({kind.__name__ for kind in handled.messages(exploration.protocol)})


def _meanwhile(exploration: Exploration) -> bool:
    return bool(exploration.asked.get("rivals"))
