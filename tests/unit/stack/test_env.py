"""A value that makes no sense stops the start with one clear line on stderr and exit code 2."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from distviz.stack import env, layout, up

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (*env.URLS, "DISTVIZ_PORT", "DISTVIZ_HOST", "T_TERM", "RETRY_MAX", "FAULTS_ENABLED", "LOG_LEVEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DISTVIZ_HOME", str(tmp_path))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("DISTVIZ_PORT", bad) for bad in ("abc", "0", "-1", "99999", "8000.5", "8_000", "８０００", "1e3", "9" * 40)],
        *[("T_TERM", bad) for bad in ("-1", "soon", "nan", "inf", "1_0", "٣")],
        ("RETRY_MAX", "many"),
        ("VISIBILITY_TIMEOUT", "0"),
        ("FAULTS_ENABLED", "perhaps"),
        ("DISTVIZ_HOST", "http://localhost"),
        ("DATABASE_URL", "localhost"),
        ("DATABASE_URL", "mysql://h/d"),
        ("DATABASE_URL", "postgresql://user:hidden@h:port/d"),
        ("DATABASE_URL", "postgresql://h:5432"),
        ("DATABASE_URL", "postgresql://a:1,b:2/d"),
        ("NOTIFICATION_URL", "http://h"),
        ("REDIS_URL", "redis://"),
        ("BROKER_URL", "[::1"),
        ("REDIS_URL", "redis://[::1/0"),
        ("BROKER_URL", "redis://:x@"),
        ("REDIS_URL", "redis://h/first"),
        ("LOG_LEVEL", "LOUD"),
        ("TRUSTED_PROXIES", "proxy.example.org"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("LAB_OPEN", "sometimes"),
        ("MAX_OPEN_RUNS_PER_CLIENT", "0"),
        ("COSTLY_PER_MINUTE", "-1"),
        ("WAIT_MAX_SECONDS", "0"),
        ("IDLE_IN_TX_MS", "0"),
        ("WORKER_CONCURRENCY", "1"),
        ("BOOKS_WHOLE", "all"),
        ("MAX_BODY_KIB", "64k"),
        ("MAX_VIEWS_PER_CLIENT", "0"),
        ("DISTVIZ_HTTPS", "maybe"),
    ],
)
def test_nonsense_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as stopped:
        up.check()
    said = capsys.readouterr().err
    assert stopped.value.code == 2
    assert said.startswith(f"distviz: {name}")
    assert said.count("\n") == 1
    assert "hidden" not in said


def test_a_home_that_is_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("DISTVIZ_HOME", str(tmp_path / "file"))
    with pytest.raises(SystemExit):
        layout.home()


def test_sense_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("T_TERM", " 0.5 ")
    monkeypatch.setenv("FAULTS_ENABLED", "OFF")
    monkeypatch.setenv("NOTIFICATION_URL", "mongodb://a:27017,b:27017/n?replicaSet=r")
    monkeypatch.setenv("DISTVIZ_PORT", "")
    up.check()
    assert env.env_float("T_TERM", 30, 0.1, 3600) == 0.5
    assert env.env_bool("FAULTS_ENABLED", True) is False
    assert layout.port() == 8000


def test_the_launcher_needs_no_django(tmp_path: Path) -> None:
    code = "import sys, manage; manage.main(['manage.py', 'up']); sys.exit(1)"
    watched = f"import sys, atexit; atexit.register(lambda: print('django' in sys.modules)); {code}"
    env = {**os.environ, "DISTVIZ_HOME": str(tmp_path), "T_TERM": "soon"}
    done = subprocess.run([sys.executable, "-c", watched], cwd=ROOT, env=env, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "False\n")
    assert done.stderr.startswith("distviz: T_TERM")


@pytest.mark.parametrize(
    ("words", "options"),
    [
        ("", {"host": None, "port": None, "no_supervise": False}),
        ("--port 1 --no-supervise", {"host": None, "port": "1", "no_supervise": True}),
        ("--help", None),
        ("--traceback", None),
        ("--port", None),
        ("now", None),
    ],
)
def test_what_only_django_understands_is_left_to_it(words: str, options: object) -> None:
    assert up.options_of(words.split()) == options
