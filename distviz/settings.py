"""Settings of distviz. Every knob of docs/contract.md is read here, and one that makes no sense stops the start."""

import os
import sys
from pathlib import Path
from typing import Any

from distviz.postgres.session import WHO, Session
from distviz.stack import broker, knobs, layout, logins, logs, sharing, sockets, trying
from distviz.stack.env import LEVELS, env_bool, env_choice, env_list, env_str

BASE_DIR = Path(__file__).resolve().parent.parent
DISTVIZ_HOME = layout.home()
STACK = layout.load()
ROLE = env_str("DISTVIZ_ROLE", "")
VERSION = "0.1.0"

# --- where it listens -------------------------------------------------------------------------------------------
HOST = env_str("DISTVIZ_HOST", "127.0.0.1")
PORT = knobs.whole("DISTVIZ_PORT")
LOOPBACK = HOST in {"127.0.0.1", "localhost", "::1"}
SHARING = sharing.read(loopback=LOOPBACK)
LAB_OPEN, PRIVATE, TRUSTED_PROXIES = SHARING.open, SHARING.private, SHARING.proxies
DEBUG = False
# `inbox` and `accounts` are in one database each; HSTS is for the lab's own name alone, and not built into browsers.
SILENCED_SYSTEM_CHECKS = ["models.W035", "security.W005", "security.W021"]
SECRET_KEY = os.environ.get("DJANGO_SECRET_KEY") or layout.secret_key()
# Its own names are always among them: the launcher, `topology` and `bench` ask over loopback, wherever it listens.
ALLOWED_HOSTS = [*env_list("ALLOWED_HOSTS", HOST), "localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS")

# --- timing, so that tests can be quick ---------------------------------------------------------------------------
T_TERM = knobs.real("T_TERM")
RECOVERY_INTERVAL = knobs.real("RECOVERY_INTERVAL")
RECOVERY_MIN_AGE = knobs.real("RECOVERY_MIN_AGE")
LOCK_TIMEOUT_MS = knobs.whole("LOCK_TIMEOUT_MS")
ANSWER_TIMEOUT_MS = knobs.whole("ANSWER_TIMEOUT_MS")
IDLE_IN_TX_MS = knobs.whole("IDLE_IN_TX_MS")
RETRY_BASE_MS = knobs.whole("RETRY_BASE_MS")
RETRY_MAX = knobs.whole("RETRY_MAX")
VISIBILITY_TIMEOUT = knobs.whole("VISIBILITY_TIMEOUT")
SWEEP_AFTER = knobs.real("SWEEP_AFTER")
FAULTS_ENABLED = SHARING.faults
MAX_OPEN_RUNS, MAX_OPEN_RUNS_PER_CLIENT = SHARING.open_runs, SHARING.open_runs_per_client
COSTLY_PER_MINUTE, WAIT_MAX_SECONDS = SHARING.costly_per_minute, SHARING.wait_max_s
RUNS_PER_SECOND, BOOKS_WHOLE = knobs.whole("RUNS_PER_SECOND"), knobs.whole("BOOKS_WHOLE")
WORKER_CONCURRENCY = knobs.whole("WORKER_CONCURRENCY")

_IN_WORKER = ROLE.startswith("worker")
# Pages and the API are not a worker's business.
_WEB = ["whitenoise.runserver_nostatic", "channels", "django_htmx", "ninja", "csp", "distviz.api", "distviz.dashboard"]
INSTALLED_APPS = [
    *([] if _IN_WORKER else _WEB),
    *(["daphne"] if "runserver" in sys.argv else []),  # brings Twisted along, which no worker needs
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "distviz.stack",
    "distviz.trace",
    "distviz.runs",
    "distviz.services.account",
    "distviz.services.payment",
    "distviz.services.notification",
    "distviz.services.auditor",
    "distviz.imports",
    "distviz.bench",
    "distviz.chaos",
    "distviz.explore",
    "protocols",
    "protocols.monolith",
    "protocols.dual_write",
    "protocols.two_phase",
    "protocols.saga",
    "protocols.event_sourcing",
    "protocols.outbox",
    "protocols.tcc",
    "protocols.orchestrated",
]
OUTSIDE = trying.take(sys.argv)  # what DISTVIZ_PROTOCOLS names, and packages with an entry point
INSTALLED_APPS += OUTSIDE.apps

MIDDLEWARE = [
    "distviz.web.intime.InTime",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "distviz.dashboard.plain.PlainRequests",  # before anybody reads a cookie, a query or a form
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "distviz.web.identity.ClientCookie",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "distviz.dashboard.outage.Outage",
    "distviz.dashboard.gate.Gate",
]
ROOT_URLCONF = "distviz.urls"
ASGI_APPLICATION = "distviz.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                ("django.template.loaders.cached.Loader", ["distviz.templates.Project", "distviz.templates.Apps"])
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "distviz.dashboard.gate.offers",
            ],
        },
    }
]

# --- databases: one per service, see distviz/stack/layout.py ------------------------------------------------------
# Workers hold their connections; the web server, which is threaded, takes them from a small pool.
# A server that works says itself that a statement takes too long; one that stands still is left a second later.
_STATEMENT_MS = max(LOCK_TIMEOUT_MS, ANSWER_TIMEOUT_MS - 1000) if _IN_WORKER else 15_000
ANSWER_S = _STATEMENT_MS / 1000 + 1


def _options(alias: str) -> dict[str, Any]:
    """lock_timeout everywhere: a wait for a row ends in an answer. A session that stands still within a transaction
    loses it and its locks; only a hold may stand for longer (places.py). The run log alone may lose its last
    200 ms in a power cut (synchronous_commit=off for the workers' connection to `default`); money never does."""
    session = f"-c lock_timeout={LOCK_TIMEOUT_MS} -c statement_timeout={_STATEMENT_MS}"
    session += f" -c idle_in_transaction_session_timeout={IDLE_IN_TX_MS}"
    if alias == "default" and _IN_WORKER:
        session += " -c synchronous_commit=off"
    if not _IN_WORKER:  # pages filter by rare and by common values: a plan for either is bad for the other
        session += " -c plan_cache_mode=force_custom_plan"
    options: dict[str, Any] = {
        "options": session,
        "connect_timeout": 3,
        "server_side_binding": True,
        "application_name": f"distviz {ROLE or 'shell'}" + (f" {WHO}" if _IN_WORKER else ""),
        **sockets.postgres(ANSWER_TIMEOUT_MS),
    }
    if not _IN_WORKER and ROLE:
        # It tries once per request (distviz/postgres/base.py): a pool that backs off finds a restarted server late.
        sizes = {"min_size": 1, "max_size": 8}
        options["pool"] = {**sizes, "timeout": 0.2, "reconnect_timeout": 0, "connection_class": Session}
    else:
        options["prepare_threshold"] = 0
    return options


DATABASES = {
    alias: {
        **entry,
        "CONN_MAX_AGE": None if _IN_WORKER else 0,
        "CONN_HEALTH_CHECKS": not _IN_WORKER,  # a server that was restarted has left dead connections in the pool
        "OPTIONS": {**entry.get("OPTIONS", {}), **_options(alias)},
    }
    for alias, entry in layout.databases().items()
}
# Whose the prepared transactions are, by database; none where a URL says who everybody is.
FINISHER = {} if logins.is_superuser() else dict.fromkeys(set(layout.DATABASES) - STACK.replaced, logins.FINISHER)
DATABASE_ROUTERS = ["distviz.routers.ServiceRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
NOTIFICATION_URL = STACK.notification
NOTIFICATION_MS = ANSWER_TIMEOUT_MS if _IN_WORKER else 1000 if ROLE == "web" else 15_000  # for each of its answers
REDIS_URL = STACK.redis
BROKER_URL = STACK.broker
BROKER_PREFIX = "dv:"

# --- Celery: each line has its reason in docs/decisions.md --------------------------------------------------------
CELERY_BROKER_URL = BROKER_URL
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True  # else a killed child loses its task
CELERY_TASK_ACKS_ON_FAILURE = True
CELERY_TASK_ACKS_ON_TIMEOUT = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONCURRENCY = WORKER_CONCURRENCY
CELERY_WORKER_AUTOSCALER = "distviz.trace.pool:Autoscaler"
CELERY_WORKER_ENABLE_PREFETCH_COUNT_REDUCTION = False  # it would take one process of now for all that there may be
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "signed"  # distviz/trace/signing.py
CELERY_ACCEPT_CONTENT = ["signed"]
CELERY_TASK_CREATE_MISSING_QUEUES = False
CELERY_VISIBILITY_TIMEOUT = VISIBILITY_TIMEOUT
CELERY_BROKER_TRANSPORT_OPTIONS = broker.transport(VISIBILITY_TIMEOUT, BROKER_PREFIX)
CELERY_TASK_PUBLISH_RETRY_POLICY = broker.RETRIES
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 2
CELERY_WORKER_LOST_WAIT = 0.2  # a killed child has no result under way that one could wait for
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False  # nobody asks; else who can write to the broker ends every worker
CELERY_TIMEZONE = "UTC"
CELERY_TASK_DEFAULT_QUEUE = "coordinator"

# --- the rest of Django ---------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("uk", "Українська")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DISTVIZ_HOME / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "distviz.assets.Storage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000  # the lab of two-phase commit has some 300: each fault, how often, how long

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "connect-src": ["'self'"],  # sockets to this very host too
        "img-src": ["'self'", "data:"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "object-src": ["'none'"],
    }
}
X_FRAME_OPTIONS = "DENY"
HTTPS = env_bool("DISTVIZ_HTTPS", False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
# Only where a trusted proxy tells by which scheme it was asked (distviz/web/proxies.py). Programs are not redirected:
# what they sent has crossed the network already, and this machine's own ask over loopback.
SECURE_SSL_REDIRECT = HTTPS and bool(TRUSTED_PROXIES)
SECURE_REDIRECT_EXEMPT = [r"^api/", r"^healthz$", r"^readyz$"]
LOGIN_URL = "dashboard:login"
LOGIN_REDIRECT_URL = "/"

LOGGING = logs.config(env_choice("LOG_LEVEL", "INFO", LEVELS))
