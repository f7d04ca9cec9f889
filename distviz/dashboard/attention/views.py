"""`/attention/`: what is stuck or in doubt, and the actions that resolve it, in place."""

import threading
import time
from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from distviz.codes import Reason
from distviz.dashboard import refused
from distviz.dashboard.attention import items
from distviz.errors import BadRequest, DistvizError, NotFound, NotNow
from distviz.runs import acting, lookup, network, operators, waiting
from distviz.runs.asking import NOTE_MAX
from distviz.story.words.sentences import say
from distviz.trace.models import DeadLetter, Run
from protocols import registry

BATCH_MOST = 50
KEPT_S = 2.0  # many pages ask for the number; the servers are asked every other second
_DECISIONS = ("commit", "rollback")
_lock = threading.Lock()
_last: tuple[float, int] = (float("-inf"), 0)


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    acted = [str(one) for text in request.GET.getlist("acted")[:BATCH_MOST] if (one := _uuid(text))]
    template = "attention/desk.html" if _scripted(request) else "attention/page.html"
    return render(request, template, {"desk": items.read(acted), "most": BATCH_MOST})


@require_safe
def badge(request: HttpRequest) -> HttpResponse:
    """The number in the menu, at most two seconds old."""
    global _last
    with _lock:
        at, number = _last
        if time.monotonic() - at > KEPT_S:
            number = items.count()
            _last = (time.monotonic(), number)
    return render(request, "attention/badge.html", {"number": number})


@require_POST
def force(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Commit or roll back what is in doubt, in the coordinator's place. The reason is not optional."""
    action, reason = request.POST.get("action", ""), request.POST.get("reason", "").strip()

    def act() -> str:
        run = lookup.get(run_id)
        if action not in _DECISIONS:
            raise BadRequest("action", "choose_commit_or_rollback")
        if not 0 < len(reason) <= NOTE_MAX or not reason.isprintable():
            raise BadRequest("reason", "reason_with_name")
        doubts = registry.get(run.protocol).doubts
        if doubts is None:
            raise NotNow("nothing_in_doubt")
        with operators.recording(
            operators.actor(request), action, run=run.pk, target=Reason("target_in_doubt"), reason=reason
        ) as did:
            stands = doubts.decide(str(run.pk), action, reason, operators.actor(request))
            did.outcome = Reason.of("decided_by", decision=stands.decision, by=stands.decided_by)
        return _("%(decision)s is decided and on its way to every server.") % {"decision": stands.decision}

    return _answer(request, run_id, act, reason)


@require_POST
def act(request: HttpRequest, run_id: UUID, verb: str) -> HttpResponse:
    """Retry, release, drive on."""
    does: dict[str, tuple[Callable[[], object], str]] = {
        "retry": (lambda: acting.retry(run_id), _("Sent again with new attempts.")),
        "release": (lambda: acting.release(run_id), _("Released.")),
        "nudge": (lambda: waiting.nudge(lookup.get(run_id)), _("Re-driven.")),
        "deliver": (lambda: network.deliver(run_id, request.POST.get("message", "")), _("Delivered.")),
    }

    def do() -> str:
        if verb not in does:
            raise NotFound
        reason = request.POST.get("reason", "").strip()[:NOTE_MAX]
        with operators.recording(operators.actor(request), verb, run=run_id, reason=reason):
            does[verb][0]()
        return does[verb][1]

    return _answer(request, run_id, do)


@require_POST
def retry_many(request: HttpRequest) -> HttpResponse:
    """The oldest `n` that need manual action, of all or of one kind; a refusal does not stop the others."""
    asked = request.POST.get("n", "")
    number = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 4 else 0
    if not 1 <= number <= BATCH_MOST:
        context = {"desk": items.read(), "most": BATCH_MOST, "wrong_n": _("From 1 to %(n)s.") % {"n": BATCH_MOST}}
        return render(request, "attention/page.html", context, status=422)
    acted = []
    for run in items.oldest(number, request.POST.get("kind", "")):
        try:
            with operators.recording(
                operators.actor(request), "retry", run=run.pk, target=Reason.of("target_batch", n=number)
            ):
                acting.retry(run.pk)
        except DistvizError:
            continue  # handled by another request meanwhile; the refusal is recorded
        acted.append(str(run.pk))
    return _see(acted)


@require_POST
def set_aside(request: HttpRequest, number: int) -> HttpResponse:
    """A dead letter that is not needed. It is kept, together with the reason."""
    reason = request.POST.get("reason", "").strip()[:NOTE_MAX]
    try:
        with operators.recording(
            operators.actor(request), "set aside", target=Reason.of("target_dead_letter", n=number), reason=reason
        ):
            letter: DeadLetter = waiting.set_aside(number)
    except DistvizError as error:
        return refused.sentence(error)
    if not _scripted(request):
        return _see([])
    item = items.of_letter(letter)
    item.cause, item.note = "done", _("Set aside. It is kept in the admin.")
    return render(request, "attention/item.html", {"item": item})


def _answer(request: HttpRequest, run_id: UUID, do: Callable[[], str], reason: str = "") -> HttpResponse:
    """The row, as it is now, with what came of it; without a script the whole page, at that row."""
    note, refusal = "", None
    try:
        note = do()
    except NotFound as error:
        return refused.sentence(error)
    except DistvizError as error:
        refusal = error
    if not _scripted(request) and not refusal:
        return _see([str(run_id)])
    item = items.one(Run.objects.get(pk=run_id))
    if refusal:
        item.wrong, item.reason = say(refusal.reason), reason
    else:
        item.note = note
    if _scripted(request):
        return refused.page(request, "attention/item.html", {"item": item}, refusal)
    found = items.read([str(run_id)])
    found.put(item)
    return refused.page(request, "attention/page.html", {"desk": found, "most": BATCH_MOST}, refusal)


def _see(acted: list[str]) -> HttpResponse:
    query = "&".join(f"acted={one}" for one in acted)
    there = f"#run-{acted[0]}" if len(acted) == 1 else ""
    answer = HttpResponseRedirect(f"{reverse('dashboard:attention')}{'?' if query else ''}{query}{there}")
    answer.status_code = 303
    return answer


def _scripted(request: HttpRequest) -> bool:
    return request.headers.get("X-Requested-With") == "fetch"


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
