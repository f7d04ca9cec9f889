"""Logging in, at a pace at which no password can be found by trying: for the lab's own page and for Django's admin."""

import math
from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from distviz.web import identity, shares


class _Paced(AuthenticationForm):
    def clean(self) -> dict[str, Any]:
        assert self.request is not None
        client = identity.network(self.request)  # not by the cookie, which one can throw away
        wait = shares.LOGINS.take(client)
        if wait:
            raise ValidationError(_("Too many attempts. Try again in %(n)s s.") % {"n": math.ceil(wait)}, code="pace")
        found: dict[str, Any] = super().clean()
        shares.LOGINS.give_back(client)  # who knows the password has not tried
        return found


class LoginForm(_Paced):
    """The lab's."""


class AdminLoginForm(_Paced, AdminAuthenticationForm):
    """The admin's."""
