"""django-outbox-pattern: how many messages a second its producer publishes, with its wait of a second set to none."""

import subprocess
import sys
import time
from typing import Any

from distviz.bench.peers.running import Config, answer, parts

BATCH = 1_000


def configure(url: str, port: int) -> None:
    import django
    from django.conf import settings

    at = parts(url)
    database = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": at["dbname"],
        **{name.upper(): at[name] for name in ("user", "password", "host", "port")},
        "CONN_MAX_AGE": None,
    }
    outbox = {"DEFAULT_STOMP_HOST_AND_PORTS": [("127.0.0.1", port)], "DEFAULT_PRODUCER_WAITING_TIME": 0}
    apps = ["django_outbox_pattern"]
    settings.configure(DATABASES={"default": database}, INSTALLED_APPS=apps, USE_TZ=True, DJANGO_OUTBOX_PATTERN=outbox)
    django.setup()


def relay(seconds: float) -> float:
    from django.core.management import call_command
    from django_outbox_pattern.choices import StatusChoice
    from django_outbox_pattern.factories import factory_producer
    from django_outbox_pattern.models import Published

    call_command("migrate", verbosity=0)
    producer: Any = factory_producer()
    took, published = 0.0, 0
    while took < seconds:
        body = {"type": "MoneyDeducted", "amount": "0.01"}
        Published.objects.bulk_create(Published(destination="/queue/payment", body=body) for _n in range(BATCH))
        since = time.perf_counter()
        producer.publish_message_from_database()
        took += time.perf_counter() - since
        published += BATCH
    if Published.objects.exclude(status=StatusChoice.SUCCEEDED).exists():
        raise RuntimeError("the producer has left messages")
    return published / took


def main() -> None:
    config = Config(sys.argv[1])
    command = [sys.executable, "-m", "distviz.bench.peers.stomp_sink"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as sink:
        assert sink.stdout is not None
        configure(config.all["databases"]["peers"], int(sink.stdout.readline()))
        found = relay(config.all["seconds"])
        answer({"relay": found})


if __name__ == "__main__":
    main()
