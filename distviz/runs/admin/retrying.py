"""The operator's retry, as an action on lists."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from distviz.codes import Reason
from distviz.errors import DistvizError
from distviz.runs import acting, operators
from distviz.story.words.sentences import say


def retry_each(site: Any, request: HttpRequest, runs_asked: Iterable[Any], target: Reason | None = None) -> None:
    """The operator's retry of each run, once; a refusal of one does not keep the others from their retry."""
    for run in dict.fromkeys(runs_asked):
        try:
            with operators.recording(operators.actor(request), "retry", run=run, target=target):
                acting.retry(str(run))
        except DistvizError as error:
            site.message_user(request, f"{run}: {say(error.reason)}", messages.WARNING)
        except Exception as error:  # the broker, say: the others may still go out
            site.message_user(request, f"{run}: {type(error).__name__}: {error}", messages.ERROR)
        else:
            site.message_user(request, _("%(run)s continues.") % {"run": run}, messages.SUCCESS)
