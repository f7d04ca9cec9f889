"""`/runs/<id>/export.<ending>` and `/compare/export.<ending>`: what is on the page, as a file."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from distviz.dashboard.export.files import FORMATS, attachment, name_of
from distviz.dashboard.race import boards as comparing
from distviz.dashboard.race import outcome_table
from distviz.dashboard.race.views import runs_of, time_shown
from distviz.dashboard.run.views import get, number
from distviz.export import one_run


@require_safe
def export(request: HttpRequest, run_id: UUID, ending: str) -> HttpResponse:
    asked = FORMATS.get(ending)
    if asked is None:
        raise Http404(_("A run can be exported as %(endings)s.") % {"endings": ", ".join(FORMATS)})
    step = number(request.GET.get("step")) if asked.at_step else None
    story = one_run.of(get(run_id), step)
    return attachment(name_of(story, ending), asked.draw(story), asked.kind)


@require_safe
def compare_export(request: HttpRequest, ending: str) -> HttpResponse:
    asked = outcome_table.FORMATS.get(ending)
    found = runs_of(request.GET.get("runs", "").split(","))
    if asked is None or not found:
        raise Http404(_("There is nothing to export here: name the runs, and csv or md."))
    boards = comparing.boards(found, timezone.now(), time_shown(request))
    kind, draw = asked
    return attachment(f"distviz-comparison-{found[0].pk.hex[:8]}.{ending}", draw(boards), kind)
