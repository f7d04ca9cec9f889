"""`/choose/`: a few questions that rank the protocols, and the claims about them beside what was measured."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from distviz.dashboard.choose import advice
from distviz.dashboard.choose.claims import REFUSED, claims
from distviz.dashboard.learn import lessons
from distviz.dashboard.promises import table
from distviz.dashboard.race import boards
from distviz.errors import DistvizError
from distviz.story.words.sentences import say
from distviz.web import doorway, permits
from protocols import registry


@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    answers = advice.given(request.GET)
    made = claims()
    known = {claim.protocol.key: claim for claim in made}
    reasons = {key: one.advice for key, one in registry.PROTOCOLS.items() if not one.unfit}
    context: dict[str, Any] = {
        "questions": [(one, answers.get(one.key, "")) for one in advice.QUESTIONS],
        "answered": len(answers),
        "ranking": [
            (one, known[one.protocol], [(reason, lessons.get(reason.lesson)) for reason in one.reasons])
            for one in advice.ranking(answers, reasons)
        ],
        "unfit": [one.unfit for one in registry.PROTOCOLS.values() if one.unfit],
        "claims": made,
        "unproved": any(not claim.plain.runs for claim in made),
        "may_break": permits.may_break(request),
        "key": uuid.uuid4().hex,
    }
    return render(request, "choose/page.html", context)


@require_POST
def choose_prove(request: HttpRequest) -> HttpResponse:
    """One protocol: a run that goes well and one whose payment is refused. All: one good run of each."""
    key, chosen = request.POST.get("key", "")[:100] or uuid.uuid4().hex, request.POST.get("protocol", "")
    wanted = [chosen] if chosen else list(registry.PROTOCOLS)
    faults = ["", REFUSED] if chosen and permits.may_break(request) else [""]
    try:
        started = [
            doorway.show(request, one, table.specs(fault), _("proof of a claim"), key=f"{key}:{one}:{fault}")
            for one in wanted
            for fault in faults
        ]
    except DistvizError as error:
        messages.error(request, say(error.reason))
        return redirect("dashboard:choose")
    see = HttpResponseRedirect(boards.permalink(started))
    see.status_code = 303
    return see
