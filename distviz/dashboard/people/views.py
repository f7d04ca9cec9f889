"""`/login/` and `/logout/`: Django's own, in the lab's look. Nobody has to log in to look."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponseBase

from distviz.dashboard.people.forms import LoginForm
from distviz.web.later import say_when


def paced(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A page with one of our forms: one that was not looked at is a 429. The lab's and the admin's."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        answer = view(request, *args, **kwargs)
        form = (getattr(answer, "context_data", None) or {}).get("form")
        too_many = getattr(form, "too_many", None)
        if too_many:
            answer.status_code = too_many.status
        return say_when(answer, too_many)

    return answered


log_in = paced(
    LoginView.as_view(
        template_name="people/login.html",
        authentication_form=LoginForm,
        redirect_authenticated_user=False,
        extra_context={"lesson": None},
    )
)
log_out = LogoutView.as_view(next_page="/")
