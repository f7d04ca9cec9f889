"""What two scanners find: bandit in the code, pip-audit in the packages that it runs on. `make lint` runs this. Each
finding that stands has a reason here; any other one fails.

pip-audit asks PyPI for its advisories. Without an answer nothing is known, which is said, and does not fail.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
# What bandit finds, where, and why it stands.
CODE: dict[tuple[str, str], str] = {
    ("B101", "*"): "asserts tell the type checker what is known; nothing depends on them",
    ("B104", "distviz/*"): "0.0.0.0 is compared with; nothing is bound to it but by the operator's DISTVIZ_HOST",
    **{(test, "distviz/*"): "an empty text: no password is known or wanted there" for test in ("B105", "B106", "B107")},
    ("B108", "distviz/stack/layout.py"): "a unix socket's path must fit into 107 bytes; the folder is 0700 and checked",
    ("B110", "distviz/chaos/*.py"): "the nemesis goes on, whatever a server that it has just killed answers",
    ("B308", "distviz/*"): "what is marked as safe was put together by format_html, Pygments or an escaping template",
    ("B703", "distviz/*"): "the same finding under another number",
    ("B311", "distviz/*"): "jitter, samples and schedules; no secret is drawn",
    ("B404", "distviz/*"): "servers and workers are processes",
    ("B603", "distviz/*"): "a list of words of this program's own, without a shell",
    ("B607", "distviz/*"): "found by PATH on purpose: the system's own tool",
    ("B606", "distviz/stack/management/commands/prepare.py"): "itself once more, in the place of itself",
    **dict.fromkeys(
        (("B404", "protocols/management/*"), ("B603", "protocols/management/*")),
        "`manage.py` of this checkout, in a process that knows a new protocol",
    ),
    **dict.fromkeys(
        (("B405", "distviz/export/*"), ("B405", "distviz/dashboard/explore/*")),
        "elements are written, and none is parsed",
    ),
    ("B608", "*"): "SQL is put together of this program's constants; values are always parameters",
}
# Advisories that do not concern this program, and why.
PACKAGES: dict[str, str] = {}


def bandit() -> list[str]:
    command = [sys.executable, "-m", "bandit", "-q", "-r", "distviz", "protocols", "-x", "*/tests/*", "-f", "json"]
    found = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout)
    return [*_not_parsed(found), *(_line(one) for one in found["results"] if not why(one))]


def _not_parsed(found: Mapping[str, Any]) -> Iterator[str]:
    return (f"{one['filename']}: {one['reason']}" for one in found["errors"])


def why(one: Mapping[str, Any]) -> str:
    """The reason for which a finding stands, or ""."""
    name = one["filename"].removeprefix("./")
    if one["test_id"] in ("B105", "B106", "B107") and not one["issue_text"].endswith("''"):
        return ""
    return next((text for (test, where), text in CODE.items() if one["test_id"] == test and fnmatch(name, where)), "")


def _line(one: Mapping[str, Any]) -> str:
    return f"{one['filename']}:{one['line_number']}: {one['test_id']} {one['issue_text']}"


def audit(answer: str) -> tuple[list[str], str]:
    """What is wrong, and what has to be said, of what pip-audit has printed."""
    try:
        packages = json.loads(answer)["dependencies"]
    except (ValueError, KeyError):
        return [], "no advisory source answers: the packages were not audited"
    unknown = [one["name"] for one in packages if "skip_reason" in one]
    wrong = [
        f"{one['name']} {one['version']}: {flaw['id']}, mended in {', '.join(flaw['fix_versions']) or 'no version'}"
        for one in packages
        for flaw in one.get("vulns", [])
        if not PACKAGES.keys() & {flaw["id"], *flaw.get("aliases", [])}
    ]
    return wrong, f"no advisories are to be had for {len(unknown)} of {len(packages)} packages" if unknown else ""


def pip_audit() -> tuple[list[str], str]:
    command = [sys.executable, "-m", "pip_audit", "-s", "pypi", "-r", "requirements.txt", "--no-deps", "--disable-pip"]
    command += ["-f", "json", "--timeout", "10", "--progress-spinner", "off"]
    try:
        return audit(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120).stdout)
    except subprocess.TimeoutExpired:
        return audit("")


if __name__ == "__main__":
    flaws, notice = pip_audit()
    wrong = [*bandit(), *flaws]
    if notice:
        print(f"pip-audit: {notice}")
    print("\n".join(wrong) or "bandit and pip-audit: nothing that has no reason")
    sys.exit(1 if wrong else 0)
