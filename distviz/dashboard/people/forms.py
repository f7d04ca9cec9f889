"""Logging in, at a pace at which no password can be found by trying: for the lab's own page and for Django's admin."""

from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from distviz.errors import TooMany
from distviz.web import identity, logins


class _Paced(AuthenticationForm):
    too_many: TooMany | None = None  # why the password was not looked at

    def clean(self) -> dict[str, Any]:
        assert self.request is not None
        client = identity.network(self.request)  # not by the cookie, which one can throw away
        try:
            with logins.attempt(client, ValidationError):
                found: dict[str, Any] = super().clean()
        except TooMany as error:
            self.too_many = error
            sentence = _("Too many attempts. Try again in %(n)s s.") % {"n": error.retry_after}
            raise ValidationError(sentence, code="pace") from error
        return found


class LoginForm(_Paced):
    """The lab's."""


class AdminLoginForm(_Paced, AdminAuthenticationForm):
    """The admin's."""
