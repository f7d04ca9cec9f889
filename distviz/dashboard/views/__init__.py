"""The pages, one module for each; every view is a few lines over distviz.trace and the registry."""

from distviz.dashboard.views import attention
from distviz.dashboard.views.bench import bench, bench_csv, bench_frame
from distviz.dashboard.views.choose import choose, choose_prove
from distviz.dashboard.views.event import event
from distviz.dashboard.views.events import events, events_do
from distviz.dashboard.views.export import compare_export, export
from distviz.dashboard.views.home import home, home_six, watch_it_break
from distviz.dashboard.views.imports import import_page, imported, imported_export
from distviz.dashboard.views.lab import lab, lab_panels
from distviz.dashboard.views.learn import learn, lesson, lesson_frame
from distviz.dashboard.views.listing import runs
from distviz.dashboard.views.notifications import notifications
from distviz.dashboard.views.operate import again, deliver_all, fork, message, release, retry
from distviz.dashboard.views.outbox import outbox, outbox_do
from distviz.dashboard.views.probe import run_probe
from distviz.dashboard.views.promises import promises_page, prove
from distviz.dashboard.views.race import compare, compare_frame, race
from distviz.dashboard.views.rival import rival
from distviz.dashboard.views.run import run, run_frame, run_panels

__all__ = [
    "again",
    "attention",
    "bench",
    "bench_csv",
    "bench_frame",
    "choose",
    "choose_prove",
    "compare",
    "compare_export",
    "compare_frame",
    "deliver_all",
    "event",
    "events",
    "events_do",
    "export",
    "fork",
    "home",
    "home_six",
    "import_page",
    "imported",
    "imported_export",
    "lab",
    "lab_panels",
    "learn",
    "lesson",
    "lesson_frame",
    "message",
    "notifications",
    "outbox",
    "outbox_do",
    "promises_page",
    "prove",
    "race",
    "release",
    "retry",
    "rival",
    "run",
    "run_frame",
    "run_panels",
    "run_probe",
    "runs",
    "watch_it_break",
]
