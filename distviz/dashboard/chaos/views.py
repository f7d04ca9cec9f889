"""`/chaos/`: the last runs of `manage.py chaos`, with the seed that repeats each of them."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from distviz.chaos.models import Campaign
from distviz.dashboard.chaos import table

SHOWN = 40


@require_safe
def chaos(request: HttpRequest) -> HttpResponse:
    """The one that the URL names, or the latest."""
    last = list(Campaign.objects.all()[:SHOWN])
    asked = request.GET.get("result", "")
    shown = _get(asked) if asked else next(iter(last), None)
    context = {
        "shown": table.line(shown) if shown else None,
        "details": table.details(shown) if shown else [],
        "schedule": table.schedule(shown) if shown else [],
        "lines": [table.line(one) for one in last],
    }
    return render(request, "chaos/page.html", context)


def _get(asked: str) -> Campaign:
    try:
        return Campaign.objects.get(pk=UUID(asked))
    except (ValueError, Campaign.DoesNotExist):
        raise Http404(_("No such result.")) from None
