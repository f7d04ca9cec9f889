"""With whom a lab is shared follows from where it listens, unless it is said."""

import pytest

from distviz.stack import sharing

NAMES = ("TRUSTED_PROXIES", "LAB_OPEN", "FAULTS_ENABLED", "MAX_OPEN_RUNS", "MAX_OPEN_RUNS_PER_CLIENT")


@pytest.mark.parametrize(
    ("loopback", "env", "private", "everything", "faults"),
    [
        (True, {}, True, True, True),
        (False, {}, False, False, False),
        (False, {"LAB_OPEN": "1"}, False, True, False),
        (True, {"LAB_OPEN": "0"}, False, False, True),
        (True, {"TRUSTED_PROXIES": "127.0.0.1"}, False, False, False),
        (True, {"TRUSTED_PROXIES": "127.0.0.1", "LAB_OPEN": "1", "FAULTS_ENABLED": "1"}, False, True, True),
    ],
)
def test_who_shares_it(monkeypatch, loopback, env, private, everything, faults):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    found = sharing.read(loopback=loopback)
    assert (found.private, found.open, found.faults) == (private, everything, faults)
    assert found.open_runs_per_client == (500 if private else 40)
    assert found.costly_per_minute == (0 if private else 240)
