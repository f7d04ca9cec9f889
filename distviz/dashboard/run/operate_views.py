"""What an operator does with a run: each is one POST, one call, and back to the run's page."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from distviz.codes import Reason
from distviz.dashboard import refused
from distviz.errors import DistvizError, NotFound
from distviz.runs import acting, lookup, network, operators
from distviz.story.words.sentences import say
from distviz.trace.faults import FaultSpec
from distviz.trace.models import Run
from distviz.web import doorway, fields, publishing

_VERBS: dict[str, Callable[[UUID, str], Run]] = {
    "deliver": network.deliver,
    "drop": network.drop,
    "duplicate": network.duplicate,
    "reorder": network.reorder,
}


def see_run(run: Run, query: str = "") -> HttpResponse:
    """303: whatever was posted, the answer is a page that can be reloaded."""
    return _see(run.pk, query)


@require_POST
def release(request: HttpRequest, run_id: UUID) -> HttpResponse:
    return _do(request, run_id, "release", lambda: acting.release(run_id))


@require_POST
def retry(request: HttpRequest, run_id: UUID) -> HttpResponse:
    return _do(request, run_id, "retry", partial(publishing.patiently, lambda: acting.retry(run_id)))


@require_POST
def message(request: HttpRequest, run_id: UUID, mid: str, verb: str) -> HttpResponse:
    return _do(request, run_id, verb, lambda: _play(run_id, mid, verb), target=Reason.of("target_message", id=mid))


@require_POST
def deliver_all(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Everything that is parked, oldest first; newest first with `backwards`."""
    backwards = "backwards" in request.POST
    target = Reason("all_messages_newest_first" if backwards else "all_messages")
    act = partial(publishing.patiently, lambda: network.deliver_all(run_id, backwards=backwards))
    return _do(request, run_id, "deliver", act, target=target)


@require_POST
def fork(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The same request again, with the fault that was clicked."""
    return _start(request, run_id, lambda: _run_again(request, run_id, fields.chosen(request.POST)))


@require_POST
def again(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The same request again, as it was: the same faults, or none with `plain`."""
    return _start(request, run_id, lambda: _again(request, run_id))


def _again(request: HttpRequest, run_id: UUID) -> Run:
    before = [] if "plain" in request.POST else lookup.get(run_id).faults.all()
    return _run_again(request, run_id, [FaultSpec(fault.at, fault.do, fault.times, fault.ms) for fault in before])


def _run_again(request: HttpRequest, run_id: UUID, faults: list[FaultSpec]) -> Run:
    wanted = acting.fork(run_id, faults)
    return doorway.ask(doorway.asker(request), wanted, doorway.key(request, f"fork {faults}"))


def _play(run_id: UUID, mid: str, verb: str) -> Run:
    if verb not in _VERBS:
        raise NotFound("parked_verbs")
    return publishing.patiently(lambda: _VERBS[verb](run_id, mid))


def _do(
    request: HttpRequest, run_id: UUID, what: str, act: Callable[[], Run], target: Reason | None = None
) -> HttpResponse:
    def recorded() -> Run:
        with operators.recording(operators.actor(request), what, run=run_id, target=target):
            return act()

    return _start(request, run_id, recorded)


def _start(request: HttpRequest, run_id: UUID, act: Callable[[], Run]) -> HttpResponse:
    """Answers a page's script with a status and a sentence, a form with a redirect and the same sentence."""
    scripted = request.headers.get("X-Requested-With") == "fetch"
    try:
        run = act()
    except DistvizError as error:
        if scripted:
            return refused.sentence(error)
        messages.error(request, say(error.reason))
        return _see(run_id)
    return HttpResponse(status=204) if scripted else see_run(run)


def _see(run_id: object, query: str = "") -> HttpResponse:
    answer = HttpResponseRedirect(reverse("dashboard:run", args=[run_id]) + query)
    answer.status_code = 303
    return answer
