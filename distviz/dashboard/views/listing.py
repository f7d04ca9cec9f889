"""`/runs/`: every run, newest first; filters live in the URL."""

from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from distviz.dashboard import catalogue
from distviz.trace.models import STATUSES, Run

PAGE = 40


@require_safe
def runs(request: HttpRequest) -> HttpResponse:
    wanted = {name: request.GET.get(name, "").strip() for name in ("protocol", "account")}
    status = request.GET.get("status", "")
    found = Run.objects.filter(**{name: value[:40] for name, value in wanted.items() if value})
    numbers = dict(found.order_by().values_list("status").annotate(n=Count("pk")))
    shown = found.filter(status=status) if status else found
    shown = shown.filter(_older(shown, request.GET.get("before", "")))
    ticked = [text[:36] for text in request.GET.getlist("run")][:20]
    page = list(shown.order_by("-created_at", "-id")[: PAGE + 1])
    context = {
        "runs": page[:PAGE],
        "older": page[PAGE - 1].pk if len(page) > PAGE else None,
        "counts": [(key, numbers[key]) for key in STATUSES if key in numbers],
        "total": sum(numbers.values()),
        "wanted": {**wanted, "status": status},
        "ticked": ticked,  # to be compared: kept while the list renews itself and over its pages
        "ticked_elsewhere": [one for one in ticked if one not in {str(run.pk) for run in page[:PAGE]}],
        "first_page": "before" not in request.GET,
        "entries": [entry for entry in catalogue.entries() if entry.protocol],
    }
    template = "dashboard/_runs.html" if getattr(request, "htmx", False) else "dashboard/runs.html"
    return render(request, template, context)


def _older(found: "QuerySet[Run]", before: str) -> Q:
    """Everything after that run in this order; a run that is gone or no id at all begins at the top."""
    try:
        last = Run.objects.only("created_at").get(pk=UUID(before))
    except (ValueError, Run.DoesNotExist):
        return Q()
    return Q(created_at__lt=last.created_at) | Q(created_at=last.created_at, pk__lt=last.pk)
