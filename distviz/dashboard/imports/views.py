"""`/import/`: a file that `export.json` wrote, shown again. Read only, and never among the runs of this lab."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from distviz.dashboard import refused
from distviz.dashboard.export.files import FORMATS, attachment, name_of
from distviz.dashboard.run.views import number
from distviz.errors import BadRequest, FieldError, NotFound
from distviz.export import replay
from distviz.export.one_run import Story
from distviz.imports import keeping as imports
from distviz.imports import reading
from distviz.imports.models import Imported
from distviz.story.conformance import laws
from distviz.story.words.sentences import say


@require_http_methods(["GET", "HEAD", "POST"])
def import_page(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _form(request)
    try:
        made = _take(request)
    except FieldError as error:
        return _form(request, error)
    answer = HttpResponseRedirect(reverse("dashboard:imported", args=[made.pk]))
    answer.status_code = 303
    return answer


@require_safe
def imported(request: HttpRequest, import_id: UUID) -> HttpResponse:
    found, story = _get(import_id)
    context = {
        **replay.player(story, number(request.GET.get("step"))),
        "imported": found,
        "conformance": laws.check(story.protocol, story.events),
        "run": story.run,
        "faults": story.faults,
        "formats": FORMATS.values(),
    }
    return render(request, "imports/imported.html", context)


@require_safe
def imported_export(request: HttpRequest, import_id: UUID, ending: str) -> HttpResponse:
    if ending not in FORMATS:
        raise Http404(_("A run can be exported as %(endings)s.") % {"endings": ", ".join(FORMATS)})
    story = _get(import_id)[1]
    return attachment(name_of(story, ending), FORMATS[ending].draw(story), FORMATS[ending].kind)


def _take(request: HttpRequest) -> Imported:
    file = request.FILES.get("file")
    if file is None:
        raise BadRequest("file", "choose_a_file")
    body = file.read(reading.LIMIT + 1)
    return imports.keep(imports.read(body), file.name or "")


def _form(request: HttpRequest, error: FieldError | None = None) -> HttpResponse:
    shown = Imported.objects.defer("content")[:20]
    context = {"imports": shown, "wrong": error, "megabytes": reading.LIMIT // 1024 // 1024}
    return refused.page(request, "imports/page.html", context, error)


def _get(import_id: UUID) -> tuple[Imported, Story]:
    try:
        return imports.get(import_id)
    except NotFound as error:
        raise Http404(say(error.reason)) from error
