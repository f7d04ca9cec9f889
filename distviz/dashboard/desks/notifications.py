"""`/notifications/`: what customers were told, from the Notification Service's documents."""

import logging
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

_log = logging.getLogger(__name__)
SHOWN = 100


@require_safe
def notifications(request: HttpRequest) -> HttpResponse:
    from distviz.services.notification import operations

    account = request.GET.get("account", "").strip()[:40]
    found: list[dict[str, Any]] | None
    try:
        found = operations.recent(SHOWN, account)
    except Exception:
        _log.warning("the notification store does not answer", exc_info=True)
        found = None
    status = 200 if found is not None else 503
    return render(request, "desks/notifications.html", {"found": found, "account": account}, status=status)
