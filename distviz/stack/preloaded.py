"""The libraries of web server, workers and beat: loaded once, by the fork server. Nothing here may read the settings,
which are another role's each, start a thread, or choose an event loop; a test looks."""

import importlib

LIBRARIES = (
    "autobahn.twisted.websocket",
    "celery.bin.beat",
    "celery.bin.celery",
    "celery.bin.worker",
    "celery.concurrency.prefork",
    "celery.fixups.django",
    "celery.loaders.app",
    "celery.worker.autoscale",
    "celery.worker.consumer",
    "channels.db",
    "channels.generic.websocket",
    "channels.layers",
    "channels.routing",
    "csp.middleware",
    "dj_database_url",
    "django.contrib.admin.helpers",
    "django.contrib.auth.hashers",
    "django.contrib.postgres.fields",
    "django.contrib.sessions.backends.base",
    "django.core.handlers.asgi",
    "django.core.management",
    "django.db.backends.postgresql.base",
    "django.middleware.gzip",
    "django.template.loader",
    "django.test.signals",
    "django.views.generic",
    "django_htmx.middleware",
    "kombu.transport.redis",
    "opentelemetry.instrumentation.redis",
    "opentelemetry.sdk.trace",
    "orjson",
    "psycopg",
    "psycopg_pool",
    "pydantic",
    "pygments.formatters.html",
    "pygments.lexers.sql",
    "pymongo",
    "redis.asyncio",
    "twisted.internet.asyncioreactor",
    "twisted.web.http",
    "whitenoise.middleware",
)


def load() -> None:
    for name in LIBRARIES:
        importlib.import_module(name)
