"""The stack of a run of chaos has a home and servers of its own, whatever the environment leads to."""

from pathlib import Path

from distviz.chaos import own
from distviz.stack.env import URLS
from distviz.stack.state import MARK


def test_nothing_leads_to_another_instance(tmp_path: Path) -> None:
    outside = dict.fromkeys(URLS, "postgresql://bank.example.org/money")
    outside |= {"DISTVIZ_HOME": "/srv/bank", "DISTVIZ_PORT": "80", "DISTVIZ_HOST": "0.0.0.0", MARK: "/srv/bank"}
    outside |= {"DISTVIZ_ROLE": "worker:payment", "VISIBILITY_TIMEOUT": "3600", "PATH": "/usr/bin"}
    outside |= {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://example.org", "MAX_CONNECTIONS": "10"}
    found = own.environment(tmp_path, 4711, outside)
    assert not found.keys() & {*URLS, MARK, "DISTVIZ_ROLE"}
    assert (found["DISTVIZ_HOME"], found["DISTVIZ_HOST"], found["DISTVIZ_PORT"]) == (str(tmp_path), "127.0.0.1", "4711")
    assert found["VISIBILITY_TIMEOUT"] == own.TIMING["VISIBILITY_TIMEOUT"]
    assert not {name for name in found if name.startswith("OTEL_")} | found.keys() & set(own.SHARED)
    assert found["PATH"] == "/usr/bin"
