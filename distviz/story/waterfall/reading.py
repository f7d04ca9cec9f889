"""The waterfall as far as it has come: its spans at a time, with what is still on its way and what is due."""

from datetime import datetime

from distviz.story.waterfall.fold import Waterfall
from distviz.story.waterfall.spans import Span
from distviz.story.waterfall.states import BACKOFF, CUT, LOST, OPEN, UNTAKEN


def spans(fold: Waterfall, now: datetime | None = None) -> list[Span]:
    """The rows, the run itself first. `now` is how far the spans of a run in progress have grown."""
    last = fold.times[-1] if fold.times else 0.0
    upto = last if fold.finished or now is None else max(last, fold.ms(now))
    for span in fold.begun:
        _as_it_stands(fold, span)
    found = [*fold.begun, *_on_the_way(fold), *_due(fold)]
    if not fold.finished:
        fold.times.append(upto)
    return ([fold.root] if fold.root else []) + sorted(found, key=lambda span: span.seq)


def _as_it_stands(fold: Waterfall, span: Span) -> None:
    """Who was at work is still at it, or was interrupted: its message was handled anew, or the run is over."""
    if span.superseded:
        fold.interrupted(span, span.end or span.start)
    if span.busy and not fold.finished:
        span.end, span.state = None, OPEN
    elif span.state == OPEN and fold.finished:
        span.state = CUT
    for step in span.steps:
        if step.state == OPEN and fold.finished:
            fold.interrupt(step, None, CUT)


def _on_the_way(fold: Waterfall) -> list[Span]:
    """Messages that were not received: lost, parked, still in the queue, or too late."""
    left = {id(sent): sent for sent in fold.sent.values() if not sent.taken}
    for sent in left.values():
        span = sent.span
        if span.state != LOST:
            span.state = UNTAKEN if fold.finished else span.state
            span.end = span.end if fold.finished else None
        span.before = sent.before
    return [sent.span for sent in left.values()]


def _due(fold: Waterfall) -> list[Span]:
    """Attempts that are scheduled and have not begun."""
    return [] if fold.finished else [_next(*at, *scheduled) for at, scheduled in fold.backoff.items()]


def _next(lane: str, name: str, span: Span, due: float) -> Span:
    after = Span(span.seq, "message", lane, name, span.end or span.start, due, state=BACKOFF, attempt=span.attempt + 1)
    after.parent = span.span_id
    return after
