"""The commands that the documents show: those in blocks, and those in backticks."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
_BLOCK = re.compile(r"```\w*\n(.*?)```", re.DOTALL)
_COMMAND = re.compile(
    r"(\w+=\S* )*((\.venv/bin/)?python (manage\.py|-m)|manage\.py|make|celery|docker|curl|pip|apt) ?\S"
)

# What a test starts as it stands there is in tests/live/test_deployed.py: by its words, without what is optional.
RUN = (
    "manage.py up",
    "manage.py topology",
    "manage.py topology --json",
    "manage.py withdraw --protocol saga --amount 100.00 --fault payment.in_tx:decline",
    "manage.py books",
    "manage.py recover --once",
    "manage.py relay --once",
    "manage.py project --once",
    "manage.py sweep --once",
    "manage.py replay --verify",
    "manage.py seed",
    "manage.py reset",
    "manage.py prepare",
    "manage.py bench …",
    "manage.py operator alice",
    "manage.py operator NAME",
    "curl -s localhost:8000/api/runs",
    "DISTVIZ_ROLE=worker:payment celery -A distviz worker --autoscale=4,1 -Q payment -n payment@host",
    "DISTVIZ_HOST=0.0.0.0 ALLOWED_HOSTS=lab.example.org CSRF_TRUSTED_ORIGINS=https://lab.example.org DISTVIZ_HTTPS=1 "
    "make up",
)
# What no test starts, and why.
NOT_RUN = {
    "make up": "installs from the network; what it starts, `manage.py up`, is started by each live test",
    "make test": "is what runs the tests",
    "make unit": "is what runs the tests",
    "make thorough": "is what runs the tests",
    "make live": "is what runs the tests",
    "make e2e": "is what runs the tests",
    "make lint": "runs beside the tests",
    "manage.py check --deploy": "a test runs it with the settings that the document shows",
    "make schema": "asks a lab that runs already; a test does the same, but shorter",
    "make format": "rewrites the checkout",
    "make texts": "rewrites the catalogues; test_texts.py holds that there is nothing left to do",
    "make browser": "installs with the system's own tool",
    "manage.py chaos": "starts a stack of its own; tests/live/test_chaos.py runs a short one",
    "make chaos": "the same",
    ".venv/bin/python -m tests.support.chaos inbox 20 1": "tests/live/test_chaos.py does the same",
    **dict.fromkeys(
        (
            "manage.py explore",
            "manage.py explore --protocol P",
            "manage.py explore --protocol saga",
            "manage.py explore --protocol saga --pairs",
            "manage.py explore --protocol saga --pairs --seconds 300 --json > explored.json",
            "manage.py explore --protocol two_phase --orders",
            "manage.py explore --protocol saga --without inbox --without payment_lookup",
            "manage.py explore --guards --protocol saga",
            "manage.py explore --run RUN_ID",
        ),
        "hundreds of runs; tests/e2e/test_explore.py does the same with fewer",
    ),
    "manage.py withdraw --protocol saga --amount 100.00 --fault payment.after_commit:error:4 "
    "--without payment_lookup": "loses money; tests/live/test_guards.py does the same",
    **dict.fromkeys(
        ("manage.py conform RUN_ID|FILE", "manage.py conform RUN_ID\\|FILE…"),
        "tests/live/test_legal_logs.py does the same",
    ),
    "make bench": "installs from the network; tests/live/test_bench_beside.py measures what needs no install",
    "manage.py bench --floor --engine --peers --rates": "the same",
    "python -m distviz.worker payment": "is what the launcher starts",
    ".venv/bin/python -m tests.support.at_rest": "measures for minutes",
    ".venv/bin/python -m tests.support.many_viewers": "measures for minutes",
    ".venv/bin/python -m tests.support.rights_table": "rewrites docs/security.md; a test holds that it is the same",
    **dict.fromkeys(
        (
            "manage.py startprotocol",
            "manage.py startprotocol mine",
            "manage.py startprotocol NAME",
            "DISTVIZ_PROTOCOLS=/path/to/my_protocols/mine make up",
            "DISTVIZ_PROTOCOLS=…/my_protocols/mine make up",
            "manage.py explore --protocol mine",
            ".venv/bin/python -m pytest -c pyproject.toml --rootdir . /path/to/my_protocols/mine",
        ),
        "tests/live/test_your_protocol.py does the same elsewhere",
    ),
    **dict.fromkeys(
        (
            "DISTVIZ_PROTOCOLS=examples/hasty_refund,examples/early_word,examples/early_inbox make up",
            "manage.py explore --protocol early_inbox",
            "manage.py withdraw --protocol early_inbox --amount 100.00 --fault payment.after_commit:error",
        ),
        "tests/live/test_examples.py does the same",
    ),
    "make gallery": "takes the documents' pictures anew",
    "make help": "prints the targets; that each target exists is tested",
    "manage.py makemigrations <key>": "makes files; a test holds that there is nothing to make",
    ".venv/bin/python -m pytest -q tests/unit/story/picture/test_picture.py": "runs with the tests",
}


@dataclass(frozen=True)
class Command:
    doc: str
    text: str


def commands() -> list[Command]:
    return [Command(doc.name, text) for doc in DOCS for text in _in(doc.read_text())]


def known(command: Command) -> bool:
    """Whether it is one of RUN or NOT_RUN, but for options in brackets and a remark behind it."""
    return all(part in RUN or part in NOT_RUN for part in parts(command.text))


def parts(text: str) -> list[str]:
    """`manage.py recover --once · seed` are two commands; one that is shown for several has what all of them have."""
    plain = re.sub(r"\s*\[[^]]*\]", "", text.partition("  #")[0]).removeprefix(".venv/bin/python ").strip()
    if plain.startswith("-m "):
        plain = f".venv/bin/python {plain}"
    plain = plain.partition(" -H ")[0].replace("--protocol P --amount A", RUN[3].partition("withdraw ")[2])
    each = [one.strip().removeprefix("manage.py ") for one in plain.split(" · ")]
    if len(each) == 1:
        return [plain]
    shared = " --once" if each[-1].endswith("--once") else ""
    return [f"manage.py {one}" + (shared if shared not in one else "") for one in each]


def _in(text: str) -> list[str]:
    blocks = [line for block in _BLOCK.findall(text) for line in block.splitlines()]
    inline = re.findall(r"`([^`\n]+)`", _BLOCK.sub("", text))
    return [line.strip() for line in (*blocks, *inline) if _COMMAND.match(line.strip())]
