"""Source code as HTML: Pygments finds the tokens, and three classes of them are enough to read by."""

import re
import textwrap
from collections.abc import Sequence

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from pygments.lexers.python import PythonLexer
from pygments.lexers.sql import PostgresLexer
from pygments.token import Comment, Keyword, Operator, String

_PYTHON = PythonLexer(stripnl=False, ensurenl=False)
_SQL = PostgresLexer(stripnl=False, ensurenl=False)
_CLASSES = ((Keyword, "kw"), (Operator.Word, "kw"), (String, "str"), (Comment, "com"))
_CLAUSES = re.compile(r" (WHERE|RETURNING|VALUES|SET|FROM|INSERT INTO|ON CONFLICT)\b")


def python(lines: Sequence[str]) -> list[SafeString]:
    """One piece of HTML for each line. A token that goes over several lines is marked on each of them."""
    shown: list[list[str]] = [[]]
    for kind, value in _PYTHON.get_tokens(textwrap.dedent("\n".join(lines))):
        css = next((css for family, css in _CLASSES if kind in family), "")
        for number, piece in enumerate(value.split("\n")):
            if number:
                shown.append([])
            shown[-1].append(format_html('<span class="py-{}">{}</span>' if css and piece else "{1}", css, piece))
    return [mark_safe("".join(line)) for line in shown]


def sql(statement: str) -> SafeString:
    """One clause a line, keywords in bold. They are written in capitals here; what a MongoDB command calls `at` is
    none."""
    tokens = _SQL.get_tokens(_CLAUSES.sub(r"\n\1", statement))
    bold = [(value, kind in Keyword and value.isupper()) for kind, value in tokens]
    return mark_safe("".join(format_html("<b>{}</b>" if loud else "{}", value) for value, loud in bold))
