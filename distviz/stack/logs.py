"""Where what is logged goes: to the console, and to the run on whose behalf it was said."""

import logging
from typing import Any

# What no line of ours shows is not looked for with each of them (Python's own HOWTO of logging, "Optimization").
logging._srcfile = ""
logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


def config(level: str) -> dict[str, Any]:
    """For `logging.config.dictConfig`. `level` is the console's."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"format": "%(levelname)s %(name)s %(message)s"}},
        "filters": {
            "outside": {"()": "distviz.trace.lines.Outside"},
            "repeats": {"()": "distviz.stack.repeats.Repeats"},
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["outside", "repeats"],
                "level": level,
            },
            "run": {"class": "distviz.trace.lines.LineHandler"},  # what is said on behalf of a run is kept with the run
        },
        "root": {"handlers": ["console", "run"], "level": "INFO"},
        "loggers": {
            "distviz": {"level": "DEBUG"},
            "protocols": {"level": "DEBUG"},
            "celery.app.trace": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},  # each tick
            "celery.worker.strategy": {"level": "WARNING"},
            "daphne": {"level": "WARNING"},
            "django.request": {"level": "ERROR"},
            "psycopg.pool": {"level": "ERROR"},  # each failed attempt
        },
    }
