"""The addresses: embedded by default, replaced one by one by URLs, and known before any server exists."""

import json
import stat
import subprocess
import sys
from pathlib import Path

import psycopg.conninfo
import pytest

from distviz.stack import env, layout, state


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in (*env.URLS, "DISTVIZ_ROLE", "DISTVIZ_AS"):
        monkeypatch.delenv(name, raising=False)
    layout.forget_secrets()
    monkeypatch.setenv("DISTVIZ_HOME", str(tmp_path))
    return tmp_path


def test_there_is_an_address_for_everything_before_the_first_start() -> None:
    at = layout.load()
    assert at.redis.endswith("/1")
    assert at.broker.endswith("/0")
    assert at.notification.startswith("mongodb://%2F")
    assert at.servers["events"] == "lab"
    assert at.servers["payment"] == "payment"
    assert not layout.stack_file().exists()


def test_loading_makes_no_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DISTVIZ_HOME", str(tmp_path / "later"))
    layout.load(), layout.secret_key()
    assert not (tmp_path / "later").exists()


def test_ports_come_from_the_launcher(clean: Path) -> None:
    (clean / "stack.json").write_text(json.dumps({"ports": {"lab": 15432, "valkey": 16379}}))
    at = layout.load()
    assert ":15432/" in at.dsn("default")
    assert ":15432/" in at.dsn("monolith")
    assert at.redis == "redis://127.0.0.1:16379/1"
    assert layout.databases()["default"]["PORT"] == 15432


@pytest.mark.parametrize("content", ["", "{", "[]", "null"])
def test_a_torn_stack_file_is_as_good_as_none(clean: Path, content: str) -> None:
    (clean / "stack.json").write_text(content)
    assert layout.load().ports == layout.first_ports()


def test_the_dsn_is_one_that_libpq_understands() -> None:
    parts = psycopg.conninfo.conninfo_to_dict(layout.load().dsn("account"))
    assert parts["host"] == str(layout.socket_dir())
    assert parts["dbname"] == "account"


def test_the_sockets_are_in_the_home(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISTVIZ_HOME", "/srv/lab")
    assert layout.socket_dir() == Path("/srv/lab/run")
    assert state.make_sockets() == ""


def test_the_sockets_of_a_home_with_a_long_name_are_where_nobody_can_guess(
    monkeypatch: pytest.MonkeyPatch, clean: Path
) -> None:
    home = clean / "deep" / ("x" * 90)
    home.mkdir(parents=True)
    monkeypatch.setenv("DISTVIZ_HOME", str(home))
    made, other = Path(state.make_sockets()), Path(state.make_sockets())
    try:
        assert stat.S_IMODE(made.stat().st_mode) == 0o700
        assert made != other
        (home / "stack.json").write_text(json.dumps({"sockets": str(made)}))
        assert layout.socket_dir() == made
        assert len(str(layout.socket_dir() / ".s.PGSQL.65535")) < 107
    finally:
        made.rmdir(), other.rmdir()


def test_a_home_is_its_owners_alone(clean: Path) -> None:
    clean.chmod(0o755)
    state.make_home()
    assert stat.S_IMODE(clean.stat().st_mode) in (0o700, 0o710)  # 0710: for the user that PostgreSQL runs as


def test_secrets_are_made_once_and_kept_from_others(clean: Path) -> None:
    state.make_secrets()
    first = {name: layout.secret(name) for name in ("django", "postgres", "valkey:live", "postgres:distviz_web")}
    assert all(first.values())
    assert len(set(first.values())) == 4
    state.make_secrets()
    assert first == {name: layout.secret(name) for name in first}
    for name in ("secrets.json", "pgpass"):
        assert stat.S_IMODE((clean / name).stat().st_mode) == 0o600, name


def test_a_home_of_an_older_version_keeps_its_secrets_and_gets_the_others(clean: Path) -> None:
    (clean / "secrets.json").write_text('{"django": "d", "postgres": "p", "admin": "a"}')
    state.make_secrets()
    assert [layout.secret(name) for name in ("django", "postgres", "admin")] == ["d", "p", "a"]
    assert layout.secret("valkey:broker")
    assert "*:*:*:distviz:p\n" in (clean / "pgpass").read_text()


ROLES = {
    "": {"distviz_owner"},
    "web": {"distviz_web"},
    "worker:account": {"distviz_account", "distviz_auditor"},
    "worker:payment": {"distviz_payment", "distviz_auditor"},
    "worker:notification": {"distviz_notification", "distviz_auditor"},
    "worker:coordinator": {"distviz_coordinator", "distviz_auditor"},
    "beat": {"distviz_beat"},  # there is no such role: it needs no database
}


@pytest.mark.parametrize("role", ROLES)
def test_each_process_is_a_role_of_its_own(monkeypatch: pytest.MonkeyPatch, role: str) -> None:
    monkeypatch.setenv("DISTVIZ_ROLE", role)
    entries = layout.databases().values()
    assert {str(entry.get("USER")) for entry in entries} == ROLES[role]
    assert {str(entry.get("PASSWORD")) for entry in entries} == {""}


def test_a_service_is_itself_only_in_its_own_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISTVIZ_ROLE", "worker:payment")
    found = {alias: entry.get("USER") for alias, entry in layout.databases().items()}
    assert {alias for alias, user in found.items() if user == "distviz_payment"} == {"default", "payment"}


def test_the_admin_is_the_superuser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISTVIZ_ROLE", "web")
    assert layout.load(admin=True).dsn("account").startswith("postgresql://distviz@")
    assert layout.load().replaced == frozenset()
    monkeypatch.setenv("ACCOUNT_URL", "postgresql://me@h/a")
    assert layout.load(admin=True).dsn("account") == layout.load().dsn("account") == "postgresql://me@h/a"
    assert layout.load().replaced == {"account"}


def test_first_ports_are_distinct_and_not_the_systems_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(200):
        monkeypatch.setenv("DISTVIZ_HOME", f"/somewhere/{number}")
        ports = layout.first_ports().values()
        assert len(set(ports)) == 5
        assert all(15_000 <= port < 32_768 for port in ports)


def test_a_url_replaces_one_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCOUNT_URL", "postgresql://u%40x:p%2Fw@Db.example:6432/acc?sslmode=require")
    entry = layout.databases()["account"]
    assert (entry["USER"], entry["PASSWORD"], entry["HOST"]) == ("u@x", "p/w", "db.example")
    assert (entry["PORT"], entry["NAME"], entry["OPTIONS"]) == (6432, "acc", {"sslmode": "require"})
    assert layout.load().servers["account"] == "Db.example:6432"
    assert layout.embedded() == ("lab", "payment", "valkey", "mongo")


def test_a_socket_folder_may_be_given_either_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCOUNT_URL", "postgresql://me@%2FRun%2Fpg:5433/a")
    monkeypatch.setenv("PAYMENT_URL", "postgresql:///p?host=/run/pg&port=5434")
    entries = layout.databases()
    assert (entries["account"]["HOST"], entries["account"]["PORT"]) == ("/Run/pg", 5433)
    assert (entries["payment"]["HOST"], entries["payment"]["OPTIONS"]) == ("", {"host": "/run/pg", "port": 5434})


def test_an_ipv6_host_keeps_its_colons(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCOUNT_URL", "postgresql://me@[::1]:5433/a")
    monkeypatch.setenv("PAYMENT_URL", "postgresql://me@[::1]/a")
    entries = layout.databases()
    assert (entries["account"]["HOST"], entries["account"]["PORT"]) == ("::1", 5433)
    assert (entries["payment"]["HOST"], entries["payment"]["PORT"]) == ("::1", "")


def test_a_server_is_started_while_one_address_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://h/d")
    monkeypatch.setenv("MONOLITH_URL", "postgresql://h/m")
    monkeypatch.setenv("REDIS_URL", "redis://h/1")
    assert {"lab", "valkey"} <= set(layout.embedded())
    monkeypatch.setenv("EVENTS_URL", "postgresql://h/e")
    monkeypatch.setenv("BROKER_URL", "amqp://h//")
    assert layout.embedded() == ("account", "payment", "mongo")


def test_the_secret_key_is_the_homes(clean: Path) -> None:
    (clean / "secrets.json").write_text('{"django": "of this home"}')
    assert layout.secret_key() == "of this home"


def test_no_django_is_imported() -> None:
    code = "import sys, distviz.stack.layout as l; l.databases(); sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
