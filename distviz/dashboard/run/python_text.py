"""Python source as HTML: keywords, strings and comments marked by the standard library's own tokenizer."""

import io
import keyword
import textwrap
import tokenize
from collections.abc import Sequence

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

_F_STRINGS = ("FSTRING_START", "FSTRING_MIDDLE", "FSTRING_END")  # tokens of their own since Python 3.12
_CLASSES = {tokenize.STRING: "str", tokenize.COMMENT: "com"}
_CLASSES |= {getattr(tokenize, name): "str" for name in _F_STRINGS if hasattr(tokenize, name)}


def highlighted(lines: Sequence[str]) -> list[SafeString]:
    """One piece of HTML for each line. What the tokenizer does not understand stays plain."""
    text = textwrap.dedent("\n".join(lines))
    plain = text.split("\n")
    parts: list[list[SafeString]] = [[] for _ in plain]
    column = [0] * len(plain)
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            css = (
                "kw"
                if token.type == tokenize.NAME and keyword.iskeyword(token.string)
                else _CLASSES.get(token.type, "")
            )
            if css:
                _mark(css, token, plain, parts, column)
    except (tokenize.TokenError, SyntaxError):
        pass
    return [
        mark_safe("".join([*done, format_html("{}", line[start:])]))
        for done, line, start in zip(parts, plain, column, strict=True)
    ]


def _mark(
    css: str, token: tokenize.TokenInfo, plain: Sequence[str], parts: list[list[SafeString]], column: list[int]
) -> None:
    """A token may go over many lines: a docstring does."""
    (first, start), (last, end) = token.start, token.end
    for row in range(first - 1, last):
        begin = start if row == first - 1 else 0
        stop = end if row == last - 1 else len(plain[row])
        if begin < column[row] or begin == stop:
            continue
        parts[row] += [
            format_html("{}", plain[row][column[row] : begin]),
            format_html('<span class="py-{}">{}</span>', css, plain[row][begin:stop]),
        ]
        column[row] = stop
