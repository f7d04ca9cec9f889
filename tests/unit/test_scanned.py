"""What the scanners find is judged as tests/support/scanned.py says."""

import json

from tests.support import scanned

FLAW = {"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["2"]}


def packages(*found: object) -> str:
    return json.dumps({"dependencies": list(found)})


def test_an_advisory_fails_unless_it_has_a_reason(monkeypatch):
    answer = packages({"name": "a", "version": "1", "vulns": [FLAW]}, {"name": "b", "version": "1", "vulns": []})
    assert scanned.audit(answer) == (["a 1: PYSEC-1, mended in 2"], "")
    monkeypatch.setitem(scanned.PACKAGES, "CVE-1", "that part of it is not used")
    assert scanned.audit(answer) == ([], "")


def test_without_an_answer_nothing_is_known_and_that_is_said():
    assert scanned.audit("") == ([], "no advisory source answers: the packages were not audited")
    found = scanned.audit(packages({"name": "a", "skip_reason": "not found"}))
    assert found == ([], "no advisories are to be had for 1 of 1 packages")


def test_a_finding_stands_where_it_has_a_reason():
    found = {"test_id": "B108", "filename": "./distviz/stack/layout.py"}
    assert scanned.why(found)
    assert not scanned.why({**found, "filename": "distviz/web/plain.py"})
    assert not scanned.why({**found, "test_id": "B301"})


def test_only_an_empty_password_stands():
    found = {"test_id": "B105", "filename": "distviz/stack/layout.py", "issue_text": "Possible hardcoded password: ''"}
    assert scanned.why(found)
    assert not scanned.why({**found, "issue_text": "Possible hardcoded password: 'secret'"})
