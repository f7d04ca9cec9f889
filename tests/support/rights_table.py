"""The table of rights in docs/security.md, made of distviz/stack/rights.py: `python -m tests.support.rights_table`."""

import re
from pathlib import Path

from distviz.stack import layout, logins, rights

DOC = Path(__file__).resolve().parents[2] / "docs" / "security.md"
ROLES = (*(logins.of_service(service) for service in logins.SERVICES), logins.WEB, logins.AUDITOR)
HEAD = ["table", *(role.removeprefix("distviz_") for role in ROLES)]


def cell(role: str, alias: str, table: str) -> str:
    """R, I, U, D: reads, inserts, updates, deletes; u: updates some columns."""
    if role not in rights.roles_in(alias):
        return ""
    given = rights.of(alias, table).get(role, "")
    letters = "R" if rights.reads(role, alias, table) else ""
    for word, letter in (("INSERT", "I"), (r"UPDATE(?! \()", "U"), (r"UPDATE \(", "u"), ("DELETE", "D")):
        letters += letter if re.search(word, given) else ""
    return letters


def lines() -> list[str]:
    made = [f"| {' | '.join(HEAD)} |", "|---" * len(HEAD) + "|"]
    order = list(layout.DATABASES)
    for alias, table in sorted(rights.RIGHTS, key=lambda key: (order.index(key[0]), key[1])):
        cells = [cell(role, alias, table) for role in ROLES]
        made.append(f"| `{alias}.{table}` | {' | '.join(cells)} |")
    cells = [cell(role, "default", "") for role in ROLES]
    made.append(f"| every other table of `default`: people, sessions, pages | {' | '.join(cells)} |")
    return made


def main() -> None:
    text = DOC.read_text()
    found = re.search(r"^\| table \|.*?(?=\n\n)", text, re.M | re.S)
    assert found
    DOC.write_text(text[: found.start()] + "\n".join(lines()) + text[found.end() :])


if __name__ == "__main__":
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "distviz.settings")
    django.setup()
    main()
