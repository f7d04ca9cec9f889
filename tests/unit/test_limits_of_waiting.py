"""No socket to a server may wait for ever: the limits at the client's end, and what a log may grow to."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings

from distviz.services.notification import operations
from distviz.stack import broker, console
from distviz.trace import live, processes


@pytest.mark.parametrize("alias", sorted(settings.DATABASES))
def test_postgresql_is_not_waited_for_without_end(alias: str) -> None:
    options = settings.DATABASES[alias]["OPTIONS"]
    lost_after = options["keepalives_idle"] + options["keepalives_interval"] * options["keepalives_count"]
    assert 0 < lost_after <= 15
    assert 0 < options["tcp_user_timeout"] <= 60_000
    assert 0 < options["connect_timeout"] <= 3
    said = dict(pair.split("=", 1) for pair in options["options"].replace("-c ", "").split())
    for name in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"):
        assert int(said[name]) > 0, name


def test_nor_is_valkey() -> None:
    options = broker.transport(60, "dv:")
    assert 0 < options["socket_timeout"] <= 10
    assert 0 < options["socket_connect_timeout"] <= 3
    assert options["socket_keepalive"]
    assert 0 < options["health_check_interval"] <= 10
    wanted = live.client().connection_pool.connection_kwargs
    assert 0 < wanted["socket_timeout"] <= 1
    assert 0 < wanted["socket_connect_timeout"] <= 1


def test_nor_is_the_server_of_notifications() -> None:
    given = operations._client(0).options
    assert 0 < given.timeout <= 15
    assert 0 < given.server_selection_timeout <= 3
    assert 0 < given.pool_options.connect_timeout <= 3


@pytest.mark.parametrize(("since", "holds"), [(0, True), (processes.ENDED_S + 5, False)])
def test_a_hold_of_another_machine_holds_until_its_limit(since: float, holds: bool) -> None:
    at = datetime.now(UTC) - timedelta(seconds=since)
    assert processes.alive({"host": "gone", "pid": 1, "started": "1", "since": at.isoformat()}) is holds


def test_a_log_is_renamed_and_one_older_one_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "KEEP", 100)
    log = console.Log(tmp_path / "web.log")
    for number in range(50):
        log.write(b"%03d " % number + b"x" * 20)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["web.log", "web.log.1"]
    assert max(path.stat().st_size for path in tmp_path.iterdir()) < 200
    assert (tmp_path / "web.log").read_text().splitlines()[-1].startswith("049")
