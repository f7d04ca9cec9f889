"""`/learn/`: guided scenarios. Predict, run for real, see who was right; a finished lesson is a permalink."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from distviz.dashboard import refused
from distviz.dashboard.learn import lessons, pages, sheet, starting
from distviz.dashboard.learn import reveal as revealing
from distviz.dashboard.race import boards as comparing
from distviz.dashboard.race.views import seen, side_by_side, time_shown
from distviz.errors import BadRequest, DistvizError, NotFound
from distviz.story.lesson.shape import Scenario
from distviz.story.words.sentences import say
from distviz.trace.models import Run
from distviz.web import permits
from distviz.web.doorway import asker

KEPT = "lessons"  # in the session: which runs and which answer, for each lesson


@require_safe
def learn(request: HttpRequest) -> HttpResponse:
    cards = pages.cards(request.session.get(KEPT, {}))
    done = [card for card in cards if card.state in ("hit", "miss")]
    context = {
        "cards": cards,
        "done": len(done),
        "right": sum(card.state == "hit" for card in done),
        "next": next((card for card in cards if not card.state), None),
        "may_break": permits.may_break(request),
        "sheet": (entries := sheet.entries()),
        "sheet_minutes": sheet.total(entries),
    }
    return render(request, "learn/page.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def lesson(request: HttpRequest, slug: str) -> HttpResponse:
    scenario = _get(slug)
    if request.method == "POST":
        try:
            return _commit(request, scenario)
        except DistvizError as error:
            return _predict(request, scenario, error)
    if "run" not in request.GET:
        return _predict(request, scenario)
    return render(request, "learn/lesson.html", _context(request, scenario))


@require_safe
def lesson_frame(request: HttpRequest, slug: str) -> HttpResponse:
    """What has changed since: heads, rows, the story, and the answer once all is over."""
    context = _context(request, _get(slug))
    if not context["reveal"].over or context["at"] is not None:
        seen(request, context["boards"])  # at the end all rows are drawn anew, with those that prove it marked
    return render(request, "learn/frame.html", {**context, "oob": True})


def _get(slug: str) -> Scenario:
    try:
        return lessons.get(slug)
    except NotFound as error:
        raise Http404(say(error.reason)) from error


def _commit(request: HttpRequest, scenario: Scenario) -> HttpResponse:
    """The answer first, then the runs: a prediction comes before its result is on the page."""
    answer = request.POST.get("answer", "")
    if answer not in {one.key for one in scenario.answers}:
        raise BadRequest("answer", "choose_an_answer")
    key = request.POST.get("key", "")[:100] or uuid.uuid4().hex
    runs = starting.start(scenario, asker(request, "learn"), f"{scenario.slug}:{key}")
    kept = {"runs": ",".join(run.pk.hex for run in runs), "answer": answer}
    request.session[KEPT] = {**request.session.get(KEPT, {}), scenario.slug: kept}
    see = HttpResponseRedirect(pages.permalink(scenario, runs, answer))
    see.status_code = 303
    return see


def _predict(request: HttpRequest, scenario: Scenario, error: DistvizError | None = None) -> HttpResponse:
    context = {
        **_about(scenario),
        "key": uuid.uuid4().hex,
        "may_start": permits.may_break(request) or not any(shot.faults for shot in scenario.shots),
        "chosen": request.POST.get("answer", ""),
        "error": error,
    }
    return refused.page(request, "learn/predict.html", context, error)


def _about(scenario: Scenario) -> dict[str, Any]:
    return {
        "scenario": scenario,
        "level": pages.level_word(scenario.level),
        "number": lessons.SCENARIOS.index(scenario) + 1,
        "of": len(lessons.SCENARIOS),
        "next": lessons.after(scenario),
        "breaks": pages.breaks(scenario, [starting.faults_of(shot) for shot in scenario.shots]),
    }


def _context(request: HttpRequest, scenario: Scenario) -> dict[str, Any]:
    runs, at, answer = _runs(request, scenario), time_shown(request), request.GET.get("answer", "")
    boards = comparing.boards(list(dict.fromkeys(runs)), timezone.now(), at)
    faults = {board.run.pk: [(fault.at, fault.do) for fault in board.faults] for board in boards}
    if not revealing.fits(scenario, runs, faults):
        raise Http404(_("These runs do not belong to this lesson."))
    known = revealing.results(runs, {board.run.pk: board.events for board in boards})
    found = revealing.reveal(scenario, revealing.case_of(scenario, runs, known), answer)
    for board in boards:
        board.proofs = found.rows(board.run.pk)
    panes = pages.panes(scenario, runs, boards)
    return {
        **_about(scenario),
        **side_by_side(boards, at),
        "live": at is None and not found.over,
        "panes": panes,
        "reveal": found,
        "evidence": pages.evidence(found, panes),
        "books": [(pane.title, pane.board.run, known[pane.board.run.pk]) for pane in panes],
        "stuck": [board.run for board in boards if board.picture.status == "needs_attention" and not board.over],
        "tries": pages.tries(scenario),
        "query": pages.query(runs, answer),
        "page": reverse("dashboard:lesson", args=[scenario.slug]),
        "frame": reverse("dashboard:lesson_frame", args=[scenario.slug]),
    }


def _runs(request: HttpRequest, scenario: Scenario) -> Sequence[Run]:
    """The runs of the permalink, in its order; the same one may be there twice."""
    try:
        ids = [uuid.UUID(text) for text in request.GET.get("run", "").split(",")[: len(scenario.shots)]]
    except ValueError:
        raise Http404(_("These runs do not belong to this lesson.")) from None
    found = Run.objects.in_bulk(ids)
    if len(found) < len(set(ids)):
        raise Http404(_("The runs of this lesson no longer exist. A reset may have removed them."))
    return [found[one] for one in ids]
