"""`/choose/`: a few questions that rank the protocols, and the claims about them beside what was measured."""

import uuid
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from distviz.dashboard.choose import advice, ranked
from distviz.dashboard.choose.claims import REFUSED, Claim, claims
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
    context: dict[str, Any] = {
        "questions": [(one, answers.get(one.key, "")) for one in advice.QUESTIONS],
        "answered": len(answers),
        "ranking": ranked.ranking(answers, registry.PROTOCOLS, known),
        "unfit": [one.unfit for one in registry.PROTOCOLS.values() if one.unfit],
        "claims": made,
        "missing": len(_missing(made, broken=permits.may_break(request))),
        "measuring": "measuring" in request.GET,
        "here": urlencode(answers),
        "may_break": permits.may_break(request),
        "key": uuid.uuid4().hex,
    }
    return render(request, "choose/page.html", context)


@require_POST
def choose_prove(request: HttpRequest) -> HttpResponse:
    """One protocol: a run that goes well and one whose payment is refused. None named: every number that is missing."""
    key, chosen = request.POST.get("key", "")[:100] or uuid.uuid4().hex, request.POST.get("protocol", "")
    may_break = permits.may_break(request)
    if chosen:
        wanted = [(chosen, fault) for fault in (["", REFUSED] if may_break else [""])]
    else:
        wanted = _missing(claims(), broken=may_break)
    try:
        started = [
            doorway.show(request, one, table.specs(fault), _("proof of a claim"), key=f"{key}:{one}:{fault}")
            for one, fault in wanted
        ]
    except DistvizError as error:
        messages.error(request, say(error.reason))
        return redirect("dashboard:choose")
    answers = advice.given(request.POST)
    there = f"{reverse('dashboard:choose')}?{urlencode({**answers, 'measuring': 1})}#claims"
    see = HttpResponseRedirect(boards.permalink(started) if chosen else there)
    see.status_code = 303
    return see


def _missing(made: Sequence[Claim], *, broken: bool) -> list[tuple[str, str]]:
    """The runs without which a number of the table is not there: (protocol, faults)."""
    plain = [(claim.protocol.key, "") for claim in made if not claim.plain.runs]
    refused = [(claim.protocol.key, REFUSED) for claim in made if broken and not claim.refused.runs]
    return plain + refused
