"""`/lab/<protocol>/`: ask for a withdrawal, and say on the picture itself what is to go wrong."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from distviz.dashboard import accounts, refused
from distviz.dashboard.run import panels
from distviz.dashboard.run.operate_views import see_run
from distviz.errors import DistvizError, FieldError, NotFound
from distviz.runs.asking import Withdrawal
from distviz.story.picture import ghosts, rows
from distviz.story.words.sentences import say
from distviz.trace.models import Run
from distviz.web import doorway, fields, permits
from protocols import registry
from protocols.catalogue import Protocol

LISTED = 60  # more accounts than this are typed, not picked


@require_http_methods(["GET", "HEAD", "POST"])
def lab(request: HttpRequest, protocol: str) -> HttpResponse:
    lesson = _lesson(protocol)
    if request.method != "POST":
        return _page(request, lesson, request.GET)
    try:
        wanted = Withdrawal(
            protocol=lesson.key,
            account=request.POST.get("account", ""),
            amount=fields.amount(request.POST.get("amount", "")),
            note=request.POST.get("note", "").strip(),
            faults=fields.chosen(request.POST),
            mode=request.POST.get("mode", "run"),
            guards_off=request.POST.getlist("without"),
        )
        run = doorway.ask(doorway.asker(request), wanted, doorway.key(request))
    except DistvizError as error:
        return _page(request, lesson, request.POST, error)
    return see_run(run)


@require_safe
def lab_panels(request: HttpRequest, protocol: str) -> HttpResponse:
    """What stands beside the picture, as it is now."""
    lesson = _lesson(protocol)
    context = {"beside": panels.beside(lesson, request.GET.get("account", "")), "recent": _recent(lesson)}
    return render(request, "parts/panels.html", context)


@require_safe
def lab_books(request: HttpRequest, protocol: str) -> HttpResponse:
    """What the auditor says: as a panel when it comes into sight, else as a page."""
    lesson = _lesson(protocol)
    books, silent = panels.books(lesson, complete="complete" in request.GET)
    context = {"protocol": lesson.key, "books": books, "silent": silent}
    template = "parts/books.html" if getattr(request, "htmx", False) else "lab/books.html"
    return render(request, template, context)


def _lesson(key: str) -> Protocol:
    try:
        return registry.get(key)
    except NotFound as error:
        raise Http404(say(error.reason)) from error


def _recent(lesson: Protocol) -> list[Run]:
    return list(Run.objects.filter(protocol=lesson.key)[:6])


def _page(request: HttpRequest, lesson: Protocol, form: QueryDict, error: DistvizError | None = None) -> HttpResponse:
    account = form.get("account", "")
    beside = panels.beside(lesson, account)
    known = beside.accounts
    field = error.field.partition("[")[0] if isinstance(error, FieldError) else ""
    context: dict[str, Any] = {
        "lesson": lesson,
        "heads": rows.heads(lesson),
        "ghosts": ghosts.whole(lesson, compensation=False),
        "compensations": ghosts.whole(lesson, compensation=True),
        "accounts": accounts.of(known[:LISTED]),
        "typed": len(known) > LISTED,
        "beside": beside,
        "recent": _recent(lesson),
        "may_break": permits.may_break(request),
        "form": {
            "account": account or (known[0].name if known else ""),
            "amount": form.get("amount", "100.00"),
            "note": form.get("note", ""),
            "mode": form.get("mode", "run"),
        },
        "chosen": form.getlist("fault"),
        "without": form.getlist("without"),
        "doses": fields.doses(form, "times:"),
        "waits": fields.doses(form, "ms:"),
        "error": error,
        "wrong": {field: say(error.reason)} if error and field else {},
        "general": say(error.reason) if error and field not in ("account", "amount", "note", "faults") else "",
    }
    return refused.page(request, "lab/page.html", context, error)
