"""/api/imports: a run that was exported as JSON, kept to be shown. Nothing of it runs, and it is in no count."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from ninja import Router, Status

from distviz.imports import keeping

router = Router(tags=["imports"])


@router.post("/imports", summary="Show an exported run again", response={201: Any})
def import_run(request: HttpRequest) -> Status[Any]:
    """The body is what `/runs/{id}/export.json` gave. The same file again is the same import."""
    made = keeping.keep(keeping.check(request.json))  # type: ignore[attr-defined]
    page = reverse("dashboard:imported", args=[made.pk])
    return Status(201, {"id": made.pk, "status": made.status, "verdict": made.verdict, "links": {"page": page}})
