"""The waterfall as far as it has come: its bars at a moment, with what is still on its way and what is due."""

from datetime import datetime

from distviz.story.waterfall.fold import Waterfall
from distviz.story.waterfall.spans import BACKOFF, LOST, OPEN, TORN, UNTAKEN, Bar


def bars(fold: Waterfall, now: datetime | None = None) -> list[Bar]:
    """The rows, the run itself first. `now` is how far the bars of a run in progress have grown."""
    last = fold.moments[-1] if fold.moments else 0.0
    upto = last if fold.finished or now is None else max(last, fold.ms(now))
    for bar in fold.begun:
        _as_it_stands(fold, bar)
    found = [*fold.begun, *_on_the_way(fold), *_due(fold)]
    if not fold.finished:
        fold.moments.append(upto)
    return ([fold.root] if fold.root else []) + sorted(found, key=lambda bar: bar.seq)


def _as_it_stands(fold: Waterfall, bar: Bar) -> None:
    """Who was at work is still at it, or was torn away by the end of the run."""
    if bar.busy and not fold.finished:
        bar.end, bar.state = None, OPEN
    elif bar.state == OPEN and fold.finished:
        bar.state = TORN
    for step in bar.steps:
        if step.state == OPEN and fold.finished:
            fold.tear(step, None)


def _on_the_way(fold: Waterfall) -> list[Bar]:
    """Messages that were not received: lost, parked, still in the queue, or too late."""
    left = {id(mail): mail for mail in fold.mail.values() if not mail.taken}
    for mail in left.values():
        bar = mail.bar
        if bar.state != LOST:
            bar.state = UNTAKEN if fold.finished else bar.state
            bar.end = bar.end if fold.finished else None
        bar.before = mail.before
    return [mail.bar for mail in left.values()]


def _due(fold: Waterfall) -> list[Bar]:
    """Attempts that are scheduled and have not begun."""
    return [] if fold.finished else [_next(*at, *scheduled) for at, scheduled in fold.backoff.items()]


def _next(lane: str, name: str, bar: Bar, due: float) -> Bar:
    after = Bar(bar.seq, "message", lane, name, bar.end or bar.start, due, state=BACKOFF, attempt=bar.attempt + 1)
    after.parent = bar.span_id
    return after
