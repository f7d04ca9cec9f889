"""`/race/`: one withdrawal under many protocols at once; `/compare/?runs=…`: any runs side by side, a permalink."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from distviz.dashboard import accounts, refused
from distviz.dashboard.outage import DOWN
from distviz.dashboard.race import boards as comparing
from distviz.dashboard.race import setup, shapes
from distviz.dashboard.race.tracks import axis, tracks
from distviz.errors import BadRequest, DistvizError, FieldError
from distviz.runs.asking import Withdrawal
from distviz.story.outcome import titles
from distviz.story.words.sentences import say
from distviz.trace.models import Run
from distviz.web import doorway, fields, permits
from protocols import registry

LISTED = 60  # more accounts than this are typed, not picked
LONGEST = 10**8  # ms of a permalink


@require_http_methods(["GET", "HEAD", "POST"])
def race(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _form(request, request.GET)
    try:
        started = _start(request, request.POST)
    except DistvizError as error:
        return _form(request, request.POST, error)
    answer = HttpResponseRedirect(comparing.permalink(started))
    answer.status_code = 303
    return answer


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    if "run" in request.GET:  # ticked on the page of runs
        return _ticked(request)
    asked = [text for text in request.GET.get("runs", "").split(",") if text.strip()]
    found = runs_of(asked)
    if not found and asked:
        raise Http404(_("None of these runs exists any more. A reset may have removed them."))
    if len(found) < len(asked):
        messages.warning(request, _("Some of these runs no longer exist; the others are shown."))
    return render(request, "race/page.html", _context(request, found))


@require_safe
def compare_frame(request: HttpRequest) -> HttpResponse:
    """What has changed since: the table and the tracks anew, and the rows after those that the page has."""
    found = runs_of(request.GET.get("runs", "").split(","))
    context = _context(request, found)
    seen(request, context["boards"])
    return render(request, "race/frame.html", {**context, "oob": True})


def _start(request: HttpRequest, form: QueryDict) -> list[Run]:
    """One run for each protocol. Everything is checked before the first is made: all of them start, or none."""
    chosen = [key for key in registry.PROTOCOLS if key in form.getlist("protocol")]
    if not chosen:
        raise BadRequest("protocol", "choose_protocols")
    amount, faults = fields.amount(form.get("amount", "")), fields.chosen(_dosed(form))
    account, key = form.get("account", "").strip(), form.get("key", "")[:200]
    for name in chosen:
        if not registry.get(name).books.has(account):
            who = registry.get(name).title
            raise BadRequest("account", "not_an_account_of_all", protocol=who)
    note = form.get("note", "").strip()
    return doorway.ask_each(
        doorway.asker(request, "race"),
        [(Withdrawal(name, account, amount, note, faults), f"{key}:{name}" if key else "") for name in chosen],
    )


def _dosed(form: QueryDict) -> QueryDict:
    """How often and how long is asked once for all faults; only a race that is repeated says it for each."""
    filled = form.copy()
    for value in form.getlist("fault"):
        for name in ("times", "ms"):
            filled.setdefault(f"{name}:{value}", form.get(name, ""))
    return filled


def _form(request: HttpRequest, form: QueryDict, error: DistvizError | None = None) -> HttpResponse:
    known = list(registry.PROTOCOLS.values())
    included = form.getlist("protocol") or ([] if request.method == "POST" else [p.key for p in known])
    try:
        known_to_all, down = accounts.shared(known), False
    except DOWN:
        known_to_all, down = [], True
    field = error.field.partition("[")[0] if isinstance(error, FieldError) else ""
    context: dict[str, Any] = {
        "protocols": known,
        "included": included,
        "accounts": known_to_all[:LISTED],
        "typed": not 0 < len(known_to_all) <= LISTED,
        "down": down,
        "groups": setup.groups(form.getlist("fault")),
        "ready": setup.ready(),
        "may_break": permits.may_break(request),
        "account": form.get("account", "") or (known_to_all[0].name if known_to_all else ""),
        "amount": form.get("amount", "100.00"),
        "chosen": form.getlist("fault"),
        "times": form.get("times", "1"),
        "ms": form.get("ms", "1000"),
        "wrong": {field: say(error.reason)} if error and field else {},
        "general": say(error.reason) if error and field not in ("account", "amount", "protocol", "faults") else "",
    }
    return refused.page(request, "race/form.html", context, error)


def _ticked(request: HttpRequest) -> HttpResponse:
    found = runs_of(request.GET.getlist("run"))
    if len(found) < 2:
        messages.warning(request, _("Select at least two runs to compare them."))
        return redirect("dashboard:runs")
    if len(set(request.GET.getlist("run"))) > comparing.most():
        messages.warning(
            request, _("At most %(n)s runs fit side by side; the first are shown.") % {"n": comparing.most()}
        )
    return redirect(comparing.permalink(found))


def runs_of(asked: Sequence[str]) -> list[Run]:
    """The runs with these ids, in their order; what is no run is left out."""
    ids = []
    for text in asked:
        try:
            ids.append(uuid.UUID(text.strip()))
        except ValueError:
            continue
    ids = list(dict.fromkeys(ids))[: comparing.most()]
    found = Run.objects.in_bulk(ids)
    return [found[one] for one in ids if one in found and found[one].protocol in registry.PROTOCOLS]


def _context(request: HttpRequest, found: list[Run]) -> dict[str, Any]:
    at = time_shown(request)
    boards = comparing.boards(found, timezone.now(), at)
    time = axis(boards, at)
    requests = {(run.account, run.amount) for run in found}
    same = len({run.protocol for run in found}) == len(found) and len(requests) == 1
    first = boards[0] if boards else None
    return {
        **side_by_side(boards, at),
        "tracks": tracks(boards, time.total),
        "query": f"runs={','.join(run.pk.hex for run in found)}",
        "page": reverse("dashboard:compare"),
        "frame": reverse("dashboard:compare_frame"),
        "is_race": same,
        "at_once": comparing.at_once(boards),
        "shape": shapes.compared(boards),
        "account": first.run.account if first and len(requests) == 1 else "",
        "amount": first.run.amount if first and len(requests) == 1 else None,
        "faults": first.faults if first and comparing.same_faults(boards) else [],
        "again": setup.prefilled(first.run.account, first.run.amount, [run.protocol for run in found], first.faults)
        if first and same and comparing.same_faults(boards)
        else [],
    }


def side_by_side(boards: list[comparing.Board], at: int | None) -> dict[str, Any]:
    """What the templates of a comparison and of a race need."""
    return {
        "boards": boards,
        "axis": axis(boards, at),
        "columns": titles(),
        "seen": ",".join(str(board.last) for board in boards),
        "live": at is None and any(not board.over for board in boards),
        "at": at,
        "done": sum(board.over for board in boards),
        "marked": any(board.only for board in boards),
        "ranked": any(board.ranks for board in boards),
    }


def seen(request: HttpRequest, boards: list[comparing.Board]) -> None:
    """Say how many rows of each the page has already: only later ones are sent."""
    have = [_number(text) or 0 for text in request.GET.get("seen", "").split(",")]
    for board, number in zip(boards, [*have, *[0] * len(boards)], strict=False):
        board.have = number


def time_shown(request: HttpRequest) -> int | None:
    """The `t` of a permalink: as it was so many ms after the beginning."""
    return _number(request.GET.get("t"))


def _number(text: str | None) -> int | None:
    """A number of the URL, or None for whatever is none: a permalink never fails for its time."""
    if not (text and text.isascii() and text.isdecimal() and len(text) < 10):
        return None
    return min(int(text), LONGEST)
