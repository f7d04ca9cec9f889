"""The waterfall as a template needs it: places in percent, and each span in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from distviz.story.picture.ghosts import titles
from distviz.story.shapes import EventLike, PlanLike
from distviz.story.waterfall import reading, states
from distviz.story.waterfall.axis import Axis
from distviz.story.waterfall.fold import Waterfall
from distviz.story.waterfall.spans import Span
from distviz.story.words import wording

_GLYPHS = {
    states.FAILED: "cross",
    states.CRASHED: "bolt",
    states.INTERRUPTED: "bolt",
    states.PREPARED: "lock",
    states.IGNORED: "twice",
    states.LOST: "cross",
    states.PARKED: "envelope",
    states.QUEUED: "inbox",
    states.BACKOFF: "retry",
    states.OPEN: "play",
    states.UNTAKEN: "inbox",
}
_INSTANTS = {"sweep": "broom", "operator": "user", "decision": "flag", "attention": "hand"}
_LEAST = 0.5  # percent: a span that can be seen


@dataclass(frozen=True, slots=True)
class Shape:
    """A rectangle of the picture, in percent of its width. Strings: numbers of SVG know no locale."""

    css: str
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class SpanLine:
    """One row."""

    span: Span
    level: int
    lane: str
    title: str
    notes: tuple[str, ...]
    word: str
    offset: str
    took: str
    waits: str
    shapes: tuple[Shape, ...]
    glyph: str
    glyph_x: str
    parent: str

    @property
    def anchor(self) -> str:
        return f"s-{self.span.span_id}" if self.span.span_id else f"w-{self.span.kind}-{self.span.seq}"


@dataclass(frozen=True, slots=True)
class AxisText:
    """A number on the axis, or a fold with its duration."""

    text: str
    x: str
    width: str = ""
    middle: str = ""
    css: str = ""


@dataclass(frozen=True, slots=True)
class Trace:
    lines: list[SpanLine]
    ticks: list[AxisText]
    folds: list[AxisText]
    total: str
    finished: bool


def trace(events: Iterable[EventLike], plan: PlanLike, now: datetime | None = None) -> Trace:
    """The whole picture of these events."""
    fold = Waterfall().feed_all(events)
    spans = reading.spans(fold, now)
    upto = max(fold.times, default=0.0)
    axis = Axis([*fold.times, *_plans(spans, upto)])
    made = _Maker(plan, axis, upto)
    lines = [line for span in spans for line in made.with_steps(span)]
    return Trace(
        lines,
        [AxisText(wording.tick(t.ms), _at(t.x), css="minor" if t.minor else "") for t in axis.ticks()],
        list(_folds(axis)),
        wording.duration(upto),
        fold.finished,
    )


def _folds(axis: Axis) -> Iterable[AxisText]:
    """Each with its duration, where there is room for it."""
    last = last_wide = -100.0
    for fold in axis.folds:
        near, nearer = fold.middle - last_wide < 16.0, fold.middle - last < 7.0
        last_wide, last = last_wide if near else fold.middle, last if nearer else fold.middle
        css = "bare" if nearer else "minor" if near else ""
        yield AxisText(wording.duration(fold.ms), _at(fold.left), _at(fold.width), _at(fold.middle), css)


def _plans(spans: Iterable[Span], upto: float) -> list[float]:
    """The times that the log does not name: when a back-off was over, or when a late message could be taken."""
    return [wait.end for span in spans for wait in span.before if wait.end is not None and wait.end <= upto]


def _at(percent: float) -> str:
    return f"{percent:.2f}%"


class _Maker:
    def __init__(self, plan: PlanLike, axis: Axis, upto: float) -> None:
        self._lanes, self._steps = plan.lanes, titles(plan)
        self._axis, self._upto = axis, upto

    def with_steps(self, span: Span, level: int = 0) -> list[SpanLine]:
        level = level or (0 if span.kind == "run" else 1)
        return [self._line(span, level), *(line for step in span.steps for line in self.with_steps(step, level + 1))]

    def _lane(self, key: str) -> str:
        return wording.lane_name(self._lanes, key)

    def _line(self, span: Span, level: int) -> SpanLine:
        end = min(self._upto, self._upto if span.end is None else span.end)
        x = self._axis.at(end)
        return SpanLine(
            span=span,
            level=level,
            lane=self._lane(span.lane) + (f" → {self._lane(span.to)}" if span.to else ""),
            title=self._title(span),
            notes=tuple(self._notes(span)),
            word=_word(span),
            offset="+" + wording.duration(span.start),
            took="" if span.kind in ("instant", "message") else wording.duration(end - span.start),
            waits=self._waits(span),
            shapes=tuple(self._shapes(span, end)),
            glyph=_glyph(span),
            glyph_x=_at(x),
            parent=span.parent if span.kind == "attempt" else "",
        )

    def _waits(self, span: Span) -> str:
        waits = [*span.before, *span.inside]
        return ", ".join(f"{_why(wait.kind)} {wording.duration(wait.ms(self._upto))}" for wait in waits)

    def _title(self, span: Span) -> str:
        if span.kind == "run":
            return _("The whole run")
        if span.kind == "locks":
            return _("pending document, no lock") if span.lane == "notification" else _("holds its locks")
        return str(self._steps.get(span.name, span.name)) if span.kind == "step" else span.name

    def _notes(self, span: Span) -> Iterable[str]:
        if span.copy:
            yield _("of a copy")
        elif span.attempt > 1 and span.kind in ("attempt", "message"):
            yield _("attempt %(n)s") % {"n": span.attempt}
        if span.compensates:
            yield _("↩ compensates “%(step)s”") % {"step": self._steps.get(span.compensates, span.compensates)}
        if span.why:
            yield wording.short(span.why, 110)

    def _shapes(self, span: Span, end: float) -> Iterable[Shape]:
        for wait in span.before:
            yield self._shape(
                f"q-{wait.kind}", wait.start, min(self._upto, self._upto if wait.end is None else wait.end)
            )
        if span.kind == "message" and span.state in (states.QUEUED, states.BACKOFF):
            yield self._shape(f"q-{'queue' if span.state == states.QUEUED else 'backoff'}", span.start, end)
        if span.kind in ("instant", "message"):
            return
        css = f"b-{span.kind} b-{span.state}" + (" b-comp" if span.compensates else "")
        yield self._shape(css, span.start, end, _LEAST)
        for wait in span.inside:
            yield self._shape("q-held", wait.start, min(end, end if wait.end is None else wait.end), _LEAST)

    def _shape(self, css: str, start: float, end: float, least: float = 0.2) -> Shape:
        left, right = self._axis.at(start), self._axis.at(end)
        return Shape(css, _at(left), _at(max(right - left, least)))


def _glyph(span: Span) -> str:
    if span.kind == "instant":
        return _INSTANTS.get(span.word.partition("/")[0], "flag")
    if span.kind == "run":
        return "flag" if span.end is not None else "play"
    if span.kind == "locks":
        return "lock"
    if span.compensates and span.state == states.OK:
        return "undo"
    return _GLYPHS.get(span.state, "")


def _word(span: Span) -> str:
    """How it ended, where that is not simply well."""
    if span.kind == "run":
        return wording.status(span.word) if span.word else _("in progress")
    if span.kind == "instant":
        return {
            "sweep": _("swept"),
            "operator": _("operator"),
            "decision": _("decision"),
            "attention": _("needs manual action"),
        }[span.word.partition("/")[0]]
    if span.kind == "locks":
        return _("prepared, undecided") if span.end is None else _("prepared")
    failed = _("rolled back") if span.kind == "step" else _("failed")
    if span.kind == "step" and span.lane == "notification" and not span.why:
        failed = _("discarded")
    return {
        states.FAILED: failed,
        states.CRASHED: _("process killed"),
        states.INTERRUPTED: _("killed, rolled back") if span.kind == "step" and not span.order else _("killed"),
        states.CUT: _("its end is not recorded"),
        states.IGNORED: _("duplicate, ignored"),
        states.PREPARED: _("prepared"),
        states.OPEN: _("in progress"),
        states.LOST: _("lost"),
        states.PARKED: _("parked"),
        states.QUEUED: _("in the queue"),
        states.UNTAKEN: _("not received before the end"),
        states.BACKOFF: _("waiting for its retry"),
    }.get(span.state, "")


def _why(kind: str) -> str:
    return {
        "queue": _("in the queue"),
        "backoff": _("back-off"),
        "down": _("worker down"),
        "parked": _("parked"),
        "delayed": _("on its way"),
        "held": _("held"),
    }.get(kind, kind)
