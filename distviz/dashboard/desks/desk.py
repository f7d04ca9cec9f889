"""An operator's desk: its page is what the protocol shows, its buttons are the protocol's actions. Each is
recorded with its actor, reason and outcome."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST, require_safe

from distviz.codes import Reason
from distviz.errors import BadRequest, DistvizError, FieldError, Forbidden
from distviz.runs import operators
from distviz.story.words.sentences import say
from distviz.trace.models import OperatorAction
from distviz.web import permits
from protocols import registry
from protocols.catalogue import Desk

WHY_MAX = 200
ACTIONS = 6  # of the newest, on the page
_TARGETS = {
    "service": "target_service",
    "row": "target_row",
    "account": "target_account",
    "version": "target_version",
    "how": "target_how",
}
BREAKS = ("stop",)  # a failure on purpose: only where those are switched on, or for staff


@require_safe
def show(request: HttpRequest, protocol: str) -> HttpResponse:
    """The page, or for its own refresh only the part that lives. A filter that makes no sense is named in its field."""
    desk, status = _desk(protocol), 200
    context: dict[str, Any] = {"form": request.GET, "may_stop": _may_break(request), "did": _did(desk)}
    try:
        context |= desk.read(request.GET.dict())
    except FieldError as error:
        status, context["wrong"] = error.status, {error.field: say(error.reason)}
        context |= desk.read({})
    context["back"] = request.GET.urlencode()
    template = "desk_now" if getattr(request, "htmx", False) else "desk"
    return render(request, f"{protocol}/{template}.html", context, status=status)


@require_POST
def do(request: HttpRequest, protocol: str, verb: str) -> HttpResponse:
    """One action: said in a sentence on the page that it came from."""
    desk = _desk(protocol)
    if verb not in desk.actions:
        raise Http404(verb)
    form = request.POST.dict()
    what, why = f"{desk.page}: {verb}", form.get("why", "").strip()
    try:
        if len(why) > WHY_MAX or not why.isprintable():
            raise BadRequest("why", "reason_too_long", most=WHY_MAX)
        with operators.recording(operators.actor(request), what, target=_target(form), reason=why) as result:
            if verb in BREAKS and not _may_break(request):
                raise Forbidden("failures_for_staff")
            answer = desk.actions[verb](form)
            result.outcome = answer
    except DistvizError as error:
        messages.error(request, say(error.reason))
    else:
        messages.success(request, say(answer), extra_tags=f"said-{verb}")
    back = HttpResponseRedirect(f"{reverse(f'dashboard:{desk.page}')}?{QueryDict(form.get('back', '')).urlencode()}")
    back.status_code = 303
    return back


def urls() -> list[URLPattern]:
    """The pages of all desks, and what can be done there."""
    desks = {key: protocol.desk.page for key, protocol in registry.PROTOCOLS.items() if protocol.desk}
    pages = [path(f"{page}/", show, {"protocol": key}, name=page) for key, page in desks.items()]
    verbs = [path(f"{page}/<slug:verb>/", do, {"protocol": key}, name=f"{page}_do") for key, page in desks.items()]
    return pages + verbs


def warning(protocol: str) -> tuple[str, Any] | None:
    """(URL name of the desk, its warning), if there is one."""
    desk = registry.get(protocol).desk
    said = desk.warning() if desk else None
    return (desk.page, said) if desk and said else None


def _desk(protocol: str) -> Desk:
    desk = registry.get(protocol).desk
    if desk is None:
        raise Http404(protocol)
    return desk


def _may_break(request: HttpRequest) -> bool:
    return bool(settings.FAULTS_ENABLED or permits.operates(request))


def _target(form: Mapping[str, str]) -> Reason | None:
    """What it was done to, as far as the form says so."""
    named = [Reason.of(code, **{name: form[name]}) for name, code in _TARGETS.items() if form.get(name)]
    return Reason.of("targets", named=named) if named else None


def _did(desk: Desk) -> list[OperatorAction]:
    return list(OperatorAction.objects.filter(what__in=[f"{desk.page}: {verb}" for verb in desk.actions])[:ACTIONS])
