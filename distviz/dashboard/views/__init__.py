"""The pages, one module for each; every view is a few lines over distviz.trace and the registry."""

from distviz.dashboard.views.home import home, watch_it_break
from distviz.dashboard.views.lab import lab, lab_panels
from distviz.dashboard.views.listing import runs
from distviz.dashboard.views.notifications import notifications
from distviz.dashboard.views.operate import again, fork, message, release, retry
from distviz.dashboard.views.run import run, run_frame, run_panels

__all__ = [
    "again",
    "fork",
    "home",
    "lab",
    "lab_panels",
    "message",
    "notifications",
    "release",
    "retry",
    "run",
    "run_frame",
    "run_panels",
    "runs",
    "watch_it_break",
]
