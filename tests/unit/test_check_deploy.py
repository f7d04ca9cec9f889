"""The settings that docs/deploy.md shows pass Django's own checks for a deployment."""

import os
import re
import subprocess
import sys

import pytest

from tests.support.documented import ROOT

SHOWN = re.compile(r"^((?:\w+=\S+ )+)make up$", re.MULTILINE)

PROXIES = re.compile(r"TRUSTED_PROXIES=[\d./,]+")


def test_the_documented_settings_pass_djangos_checks(tmp_path):
    doc = (ROOT / "docs" / "deploy.md").read_text()
    shown, proxies = SHOWN.search(doc), PROXIES.search(doc)
    assert shown
    assert proxies
    given = dict(pair.split("=", 1) for pair in [*shown[1].split(), proxies[0]])
    assert given["DISTVIZ_HTTPS"] == "1"
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={**os.environ, **given, "DISTVIZ_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_its_own_names_are_always_allowed(tmp_path):
    """The launcher, `topology` and `bench` ask over loopback, and were answered by DisallowedHost."""
    doc = (ROOT / "docs" / "deploy.md").read_text()
    given = dict(pair.split("=", 1) for pair in SHOWN.search(doc)[1].split())
    told = subprocess.run(
        [sys.executable, "-c", "from distviz import settings; print(*settings.ALLOWED_HOSTS)"],
        cwd=ROOT,
        env={**os.environ, **given, "DISTVIZ_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.split() == [given["ALLOWED_HOSTS"], "localhost", "127.0.0.1", "[::1]"]


@pytest.mark.parametrize(
    ("given", "redirects", "promises"),
    [
        ({}, False, False),
        ({"TRUSTED_PROXIES": "127.0.0.1"}, False, False),
        ({"DISTVIZ_HTTPS": "1"}, False, True),  # nobody tells the scheme: each page would be redirected to itself
        ({"DISTVIZ_HTTPS": "1", "TRUSTED_PROXIES": "127.0.0.1"}, True, True),
    ],
)
def test_it_redirects_only_where_a_proxy_tells_the_scheme(tmp_path, given, redirects, promises):
    read = "from distviz import settings; print(settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS >= 31536000)"
    told = subprocess.run(
        [sys.executable, "-c", read],
        cwd=ROOT,
        env={**os.environ, "DISTVIZ_HOST": "0.0.0.0", **given, "DISTVIZ_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.split() == [str(redirects), str(promises)]
