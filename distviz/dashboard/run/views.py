"""`/runs/<id>/?step=n`: the picture of one run, live, or as it was after n events; and the other views of its log."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from distviz.dashboard import kept_pictures
from distviz.dashboard.run import inspector, overview_panel, panels, probe_panel, rival_panel, turning_panel
from distviz.errors import NotFound
from distviz.explore.running import NOTE
from distviz.runs import lookup, rivals
from distviz.story import ledger
from distviz.story.conformance import laws
from distviz.story.picture import markup, rows
from distviz.story.picture.picture import Picture
from distviz.story.waterfall import lines
from distviz.story.without import guards_off
from distviz.story.words.sentences import say
from distviz.trace.models import Event, Run
from distviz.web import permits
from protocols import registry

VIEWS = {"": _("Lanes"), "trace": _("Trace"), "state": _("State"), "log": _("Log")}


@require_safe
def run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    found = get(run_id)
    step, view = number(request.GET.get("step")), _view(request)
    lesson = registry.get(found.protocol)
    picture = kept_pictures.of(found, step)
    log, failure = kept_pictures.whole_log(found)
    faults = list(found.faults.all())
    context: dict[str, Any] = {
        **markup.state(picture),
        **_drawn(view, found, picture, step),
        "lesson": lesson,
        "rows": [] if view else picture.rows,
        "heads": rows.heads(lesson),
        "views": VIEWS.items(),
        "keep": f"view={view}&" if view else "",
        "faults": faults,
        "without": guards_off(log),
        "asked_mode": log[0].data.get("mode", found.mode) if log else found.mode,  # after a while nobody steps it on
        "held_back": any(fault.do == "hold" for fault in faults),
        "forks": list(found.forks.exclude(note__startswith=NOTE)[:12]),
        "beside": panels.beside(lesson, found.account),
        "last": max(found.seq, picture.last_seq),
        "live": step is None and not picture.finished,
        "failure": failure,
        **_again(request, found),
        **overview_panel.of(found, log),
        **({} if view else turning_panel.of(request, found, log)),
        "over": found.finished_at is not None,
        "asked": probe_panel.ask(found) if "probe" in request.GET else None,
        **rival_panel.beside(found, log),
        "rival_of": rivals.against(log),
    }
    return render(request, "run/page.html", context)


@require_safe
def run_frame(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The same fragments as over the socket: the rows after `after`, and the state after `step` events. With `view`
    that view as a whole instead of rows."""
    found = get(run_id)
    after, step, view = number(request.GET.get("after")), number(request.GET.get("step")), _view(request)
    picture = kept_pictures.of(found, step)
    new = [row for row in picture.rows if after is not None and row.seq > after]
    html = markup.draw(picture, new, lanes=not view)
    if view:
        context = {"oob": True, "picture": picture, **_drawn(view, found, picture, step)}
        html += render_to_string("run/view.html", context)
    return HttpResponse(html)


@require_safe
def run_panels(request: HttpRequest, run_id: UUID) -> HttpResponse:
    found = get(run_id)
    beside = panels.beside(registry.get(found.protocol), found.account)
    return render(request, "parts/panels.html", {"beside": beside, "run": found})


@require_safe
def run_overview(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The run to scale, from and to some time of it: asked for while it goes on, and by a brush."""
    found = get(run_id)
    start, end = (number(request.GET.get(name)) for name in ("from", "to"))
    window = (float(start), float(end)) if start is not None and end is not None and end > start else None
    return render(
        request,
        "run/overview.html",
        {"run": found, **overview_panel.of(found, kept_pictures.whole_log(found)[0], window)},
    )


def _again(request: HttpRequest, run: Run) -> dict[str, bool]:
    """In which ways who asks may have this run once more."""
    breaks = permits.may_break(request)
    plain = run.mode == "run" or permits.may(request, "step")
    return {"may_break": breaks, "again": plain and (breaks or not run.faulty), "again_plain": plain}


def _drawn(view: str, run: Run, picture: Picture, step: int | None) -> dict[str, Any]:
    """What a view's template needs."""
    context: dict[str, Any] = {"view": view, "run": run, "step": step, "shown": picture.last_seq}
    if view == "trace":
        events = Event.objects.filter(run=run, seq__lte=picture.last_seq).order_by("seq").defer("lines")
        growing = step is None and not picture.finished  # the bars of a run in progress have grown until now
        context["trace"] = lines.trace(events, picture.plan, timezone.now() if growing else None)
    elif view == "state":
        context["ledger"] = ledger.ledger(picture.rows)
    elif view == "log":
        said = inspector.lines_by_event(run.pk, picture.last_seq)
        context["conformance"] = laws.check(picture.plan, kept_pictures.whole_log(run)[0][: picture.last_seq])
        context["log"] = [(row, said.get(row.seq, ())) for row in picture.rows]
    return context


def _view(request: HttpRequest) -> str:
    asked = request.GET.get("view", "")
    return asked if asked in VIEWS else ""


def get(run_id: UUID) -> Run:
    try:
        return lookup.get(run_id)
    except NotFound as error:
        raise Http404(say(error.reason)) from error


def number(text: str | None) -> int | None:
    """A step of the URL, or None for whatever is no such number: a permalink never fails for its step."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 8 else None
