"""The waterfall as a template needs it: places in percent, and each bar in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from distviz.story.picture.ghosts import titles
from distviz.story.shapes import EventLike, PlanLike
from distviz.story.waterfall import reading, spans
from distviz.story.waterfall.axis import Axis
from distviz.story.waterfall.fold import Waterfall
from distviz.story.waterfall.spans import Bar
from distviz.story.words import wording

_GLYPHS = {
    spans.FAILED: "cross",
    spans.CRASHED: "bolt",
    spans.TORN: "bolt",
    spans.PREPARED: "lock",
    spans.IGNORED: "twice",
    spans.LOST: "cross",
    spans.PARKED: "envelope",
    spans.QUEUED: "inbox",
    spans.BACKOFF: "retry",
    spans.OPEN: "play",
    spans.UNTAKEN: "inbox",
}
_MARKS = {"sweep": "broom", "operator": "user", "decision": "flag", "attention": "hand"}
_LEAST = 0.5  # percent: a bar that can be seen


@dataclass(frozen=True, slots=True)
class Shape:
    """A rectangle of the picture, in percent of its width. Strings: numbers of SVG know no locale."""

    css: str
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class Line:
    """One row."""

    bar: Bar
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
        return f"s-{self.bar.span_id}" if self.bar.span_id else f"w-{self.bar.kind}-{self.bar.seq}"


@dataclass(frozen=True, slots=True)
class Mark:
    """A number on the axis, or a fold with its duration."""

    text: str
    x: str
    width: str = ""
    middle: str = ""
    css: str = ""


@dataclass(frozen=True, slots=True)
class Trace:
    lines: list[Line]
    ticks: list[Mark]
    folds: list[Mark]
    total: str
    finished: bool


def trace(events: Iterable[EventLike], plan: PlanLike, now: datetime | None = None) -> Trace:
    """The whole picture of these events."""
    fold = Waterfall().feed_all(events)
    bars = reading.bars(fold, now)
    upto = max(fold.moments, default=0.0)
    axis = Axis([*fold.moments, *_plans(bars, upto)])
    made = _Maker(plan, axis, upto)
    lines = [line for bar in bars for line in made.with_steps(bar)]
    return Trace(
        lines,
        [Mark(wording.duration(t.ms), _at(t.x), css="minor" if t.minor else "") for t in axis.ticks()],
        list(_folds(axis)),
        wording.duration(upto),
        fold.finished,
    )


def _folds(axis: Axis) -> Iterable[Mark]:
    """Each with its duration, where there is room for it."""
    last = last_wide = -100.0
    for fold in axis.folds:
        near, nearer = fold.middle - last_wide < 16.0, fold.middle - last < 7.0
        last_wide, last = last_wide if near else fold.middle, last if nearer else fold.middle
        css = "bare" if nearer else "minor" if near else ""
        yield Mark(wording.duration(fold.ms), _at(fold.left), _at(fold.width), _at(fold.middle), css)


def _plans(bars: Iterable[Bar], upto: float) -> list[float]:
    """The moments that the log does not name: when a back-off was over, or when a late message could be taken."""
    return [wait.end for bar in bars for wait in bar.before if wait.end is not None and wait.end <= upto]


def _at(percent: float) -> str:
    return f"{percent:.2f}%"


class _Maker:
    def __init__(self, plan: PlanLike, axis: Axis, upto: float) -> None:
        self._lanes, self._steps = plan.lanes, titles(plan)
        self._axis, self._upto = axis, upto

    def with_steps(self, bar: Bar, level: int = 0) -> list[Line]:
        level = level or (0 if bar.kind == "run" else 1)
        return [self._line(bar, level), *(line for step in bar.steps for line in self.with_steps(step, level + 1))]

    def _lane(self, key: str) -> str:
        return wording.lane_name(self._lanes, key)

    def _line(self, bar: Bar, level: int) -> Line:
        end = min(self._upto, self._upto if bar.end is None else bar.end)
        x = self._axis.at(end)
        return Line(
            bar=bar,
            level=level,
            lane=self._lane(bar.lane) + (f" → {self._lane(bar.to)}" if bar.to else ""),
            title=self._title(bar),
            notes=tuple(self._notes(bar)),
            word=_word(bar),
            offset="+" + wording.duration(bar.start),
            took="" if bar.kind in ("mark", "message") else wording.duration(end - bar.start),
            waits=", ".join(f"{_why(w.kind)} {wording.duration(w.ms(self._upto))}" for w in [*bar.before, *bar.inside]),
            shapes=tuple(self._shapes(bar, end)),
            glyph=_glyph(bar),
            glyph_x=_at(x),
            parent=bar.parent if bar.kind == "attempt" else "",
        )

    def _title(self, bar: Bar) -> str:
        if bar.kind == "run":
            return _("The whole run")
        if bar.kind == "locks":
            return _("pending document, no lock") if bar.lane == "notification" else _("holds its locks")
        return str(self._steps.get(bar.name, bar.name)) if bar.kind == "step" else bar.name

    def _notes(self, bar: Bar) -> Iterable[str]:
        if bar.attempt > 1 and bar.kind in ("attempt", "message"):
            yield _("attempt %(n)s") % {"n": bar.attempt}
        if bar.compensates:
            yield _("↩ compensates “%(step)s”") % {"step": self._steps.get(bar.compensates, bar.compensates)}
        if bar.why:
            yield wording.short(bar.why, 110)

    def _shapes(self, bar: Bar, end: float) -> Iterable[Shape]:
        for wait in bar.before:
            yield self._shape(
                f"q-{wait.kind}", wait.start, min(self._upto, self._upto if wait.end is None else wait.end)
            )
        if bar.kind == "message" and bar.state in (spans.QUEUED, spans.BACKOFF):
            yield self._shape(f"q-{'queue' if bar.state == spans.QUEUED else 'backoff'}", bar.start, end)
        if bar.kind in ("mark", "message"):
            return
        css = f"b-{bar.kind} b-{bar.state}" + (" b-comp" if bar.compensates else "")
        yield self._shape(css, bar.start, end, _LEAST)
        for wait in bar.inside:
            yield self._shape("q-held", wait.start, min(end, end if wait.end is None else wait.end), _LEAST)

    def _shape(self, css: str, start: float, end: float, least: float = 0.2) -> Shape:
        left, right = self._axis.at(start), self._axis.at(end)
        return Shape(css, _at(left), _at(max(right - left, least)))


def _glyph(bar: Bar) -> str:
    if bar.kind == "mark":
        return _MARKS.get(bar.word.partition("/")[0], "flag")
    if bar.kind == "run":
        return "flag" if bar.end is not None else "play"
    if bar.kind == "locks":
        return "lock"
    if bar.compensates and bar.state == spans.OK:
        return "undo"
    return _GLYPHS.get(bar.state, "")


def _word(bar: Bar) -> str:
    """How it ended, where that is not simply well."""
    if bar.kind == "run":
        return wording.status(bar.word) if bar.word else _("in progress")
    if bar.kind == "mark":
        return {
            "sweep": _("swept"),
            "operator": _("operator"),
            "decision": _("decision"),
            "attention": _("needs manual action"),
        }[bar.word.partition("/")[0]]
    if bar.kind == "locks":
        return _("prepared, undecided") if bar.end is None else _("prepared")
    failed = _("rolled back") if bar.kind == "step" else _("failed")
    return {
        spans.FAILED: failed,
        spans.CRASHED: _("process killed"),
        spans.TORN: _("killed, rolled back") if bar.kind == "step" else _("killed"),
        spans.IGNORED: _("duplicate, ignored"),
        spans.PREPARED: _("prepared"),
        spans.OPEN: _("in progress"),
        spans.LOST: _("lost"),
        spans.PARKED: _("parked"),
        spans.QUEUED: _("in the queue"),
        spans.UNTAKEN: _("not received before the end"),
        spans.BACKOFF: _("waiting for its retry"),
    }.get(bar.state, "")


def _why(kind: str) -> str:
    return {
        "queue": _("in the queue"),
        "backoff": _("back-off"),
        "down": _("worker down"),
        "parked": _("parked"),
        "delayed": _("on its way"),
        "held": _("held"),
    }.get(kind, kind)
