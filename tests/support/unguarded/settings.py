"""The product's own settings, and the app that takes the guard out, in every process that is started with them."""

from distviz.settings import *  # noqa: F403
from distviz.settings import INSTALLED_APPS as _APPS

INSTALLED_APPS = [*_APPS, "tests.support.unguarded.apps.Unguarded"]
