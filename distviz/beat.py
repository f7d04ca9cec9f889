"""Beat's own Celery app. It publishes ticks and carries none of them out, so neither Django's apps nor the protocols
are loaded for it: half the memory, and a second less to start."""

import logging.config
import os

from celery import Celery
from django.conf import settings
from kombu.entity import Queue

from distviz.stack.layout import QUEUES
from distviz.trace import signing

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "distviz.settings")
logging.config.dictConfig(settings.LOGGING)
signing.switch_on()
app = Celery("distviz", fixups=[])  # Celery's own for Django would load it
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_queues = [Queue(name) for name in QUEUES]
app.conf.beat_scheduler = "distviz.trace.pulse:Scheduler"
app.conf.beat_schedule_filename = str(settings.DISTVIZ_HOME / "beat.schedule")
app.conf.beat_max_loop_interval = max(0.2, min(1.0, settings.RECOVERY_INTERVAL))
# One tick for each queue. What waited for long is dropped, not piled up; but where every message is a little late, not
# all ticks may be dropped, or nothing would be swept.
app.conf.beat_schedule = {
    f"sweep {queue}": {
        "task": "distviz.sweep",
        "schedule": settings.RECOVERY_INTERVAL,
        "args": [queue],
        "options": {"queue": queue, "expires": max(10.0, 4 * settings.RECOVERY_INTERVAL)},
    }
    for queue in QUEUES
}
