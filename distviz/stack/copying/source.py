"""One Python file of the copy: every text and import that names what is called otherwise there."""

import ast
import re
from collections.abc import Iterator
from typing import Any

from distviz.stack.copying.names import INDEXES, SHARED, Names

_SQL = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE|FROM|JOIN|CREATE|ALTER|DROP|TRUNCATE|LOCK|TRIGGER|WHERE)\b")
# Functions whose first argument is the key of a protocol, where that is the name of a database too.
_OF_KEY = {"at_step", "of", "run_states", "of_no_run", "untrue", "of_the_log", "balanced", "Balance", "settles"}
_SENTENCES = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy"}
_NOT_COPIED = ("lessons", "demonstrated", "combined", "api")  # of PROTOCOL: slugs and addresses that are taken


def renamed(text: str, names: Names) -> str:
    """The source of a file, for the protocol `names.new`."""
    edits = _Edits(text, names)
    edits.visit(ast.parse(text))
    made = re.sub(rf"\bprotocols\.{names.old}\b", f"protocols.{names.new}", edits.made())
    return _tidy(made)


class _Edits(ast.NodeVisitor):
    def __init__(self, text: str, names: Names) -> None:
        self.names, self._text = names, text
        self._is_migration = "migrations.Migration" in text
        self._starts = [0]
        for line in text.encode().splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._edits: list[tuple[int, int, str]] = []
        self._forced: dict[int, str] = {}  # id of a node -> its text there

    def made(self) -> str:
        raw = self._text.encode()
        for start, end, new in sorted(self._edits, reverse=True):
            raw = raw[:start] + new.encode() + raw[end:]
        return raw.decode()

    def _place(self, node: Any) -> tuple[int, int]:
        return self._starts[node.lineno - 1] + node.col_offset, self._starts[node.end_lineno - 1] + node.end_col_offset

    def _segment(self, node: Any) -> str:
        start, end = self._place(node)
        return self._text.encode()[start:end].decode()

    def _force(self, node: ast.AST | None, new: str) -> None:
        if isinstance(node, ast.Constant):
            self._forced[id(node)] = new

    # --- what a text is, by where it stands -------------------------------------------------------------------------
    def visit_Call(self, node: ast.Call) -> None:
        called, names = ast.unparse(node.func), self.names
        if called in _SENTENCES:  # what people read stays, and so does its translation
            return
        keywords = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
        first, second = ([*node.args, None, None])[:2]
        if called == "rights.register" and _text(second) in names.tables:
            self._force(second, names.of(_text(second)))
        if called == "relations.register":
            if isinstance(first, ast.JoinedStr):  # of each service
                self._begin(first, f"{names.new}_")
            else:
                self._force(first, names.of(_text(first)))
        if called == "Desk":
            self._force(keywords.get("page"), f"{names.new}-desk")
        if called == "Backlog":
            self._force(keywords.get("part"), names.of(_text(keywords.get("part"))))
        if names.is_alias and called.rpartition(".")[2] in _OF_KEY and _text(first) == names.old:
            self._force(first, names.new)
        if called.rpartition(".")[2] in INDEXES and (name := keywords.get("name")):
            if isinstance(name, ast.JoinedStr):  # of whichever table
                self._begin(name, names.of_index("x")[:-1])
            else:
                self._force(name, names.of_index(_text(name)))
        for keyword in ("table", "key", "protocol"):
            value = keywords.get(keyword)
            if _text(value) in names.tables and keyword == "table":
                self._force(value, names.of(_text(value)))
            elif _text(value) == names.old and keyword != "table":
                self._force(value, names.new)
        if called == "Protocol":
            self._of_protocol(node)
            node.keywords = [
                keyword for keyword in node.keywords if keyword.arg not in (*_NOT_COPIED, "title", "short")
            ]
        self.generic_visit(node)

    def _begin(self, made: ast.JoinedStr, prefix: str) -> None:
        """A text that is put together begins with this."""
        quote = re.match(r"\w*['\"]+", self._segment(made))
        assert quote
        start = self._place(made)[0] + quote.end()
        self._edits.append((start, start, prefix))

    def _of_protocol(self, node: ast.Call) -> None:
        title = self.names.new.replace("_", " ").capitalize()
        for keyword in node.keywords:
            start, end = self._place(keyword)
            if keyword.arg in _NOT_COPIED:
                rest = re.match(r",\s*", self._text.encode()[end:].decode())
                self._edits.append((start, end + (len(rest[0]) if rest else 0), ""))
            elif keyword.arg in ("title", "short"):
                self._edits.append((start, end, f'{keyword.arg}="{title}"'))

    def visit_Assign(self, node: ast.Assign) -> None:
        targets = {target.id for target in node.targets if isinstance(target, ast.Name)}
        if "dependencies" in targets:  # of a migration, that names its app; elsewhere in it a model may be called so
            for one in ast.walk(node.value):
                if _text(one) == self.names.old:
                    self._force(one, self.names.new)
        if "db_table" in targets and _text(node.value) in self.names.tables:
            self._force(node.value, self.names.of(_text(node.value)))
        if targets & {"KEY", "PROTOCOL"} and _text(node.value) == self.names.old:
            self._force(node.value, self.names.new)
        if "verbose_name_plural" in targets:
            return
        if "verbose_name" in targets:
            self._edits.append((*self._place(node.value), repr(self.names.new.replace("_", " ").capitalize())))
            return
        self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> None:
        for key, value in zip(node.keys, node.values, strict=True):
            if _text(key) == "db_table" and _text(value) in self.names.tables:
                self._force(value, self.names.of(_text(value)))
        self.generic_visit(node)

    def visit_Tuple(self, node: ast.Tuple) -> None:
        """(ACCOUNT, "rows"): a table at a place."""
        first, second = ([*node.elts, None, None])[:2]
        if isinstance(first, ast.Name | ast.Attribute) and _text(second) in self.names.tables:
            self._force(second, self.names.of(_text(second)))
        self.generic_visit(node)

    def visit_For(self, node: ast.For) -> None:
        """for _table in ("snapshots", …): rights.register(…)"""
        if "table" in ast.unparse(node.target) and isinstance(node.iter, ast.Tuple):
            for one in node.iter.elts:
                if _text(one) in self.names.tables:
                    self._force(one, self.names.of(_text(one)))
        self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Constant):
            return  # a docstring
        if isinstance(node.value, ast.Call) and _text(([*node.value.args, None, None])[1]) in SHARED:
            self._edits.append((*self._place(node), "pass"))  # the lab's own table has its rights
            return
        self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        if any(ast.unparse(base) == "ClosedRow" for base in node.bases):  # there is one in that database
            self._edits.append((*self._place(node), ""))
            return
        self.generic_visit(node)

    # --- the texts themselves -----------------------------------------------------------------------------------------
    def visit_Constant(self, node: ast.Constant) -> None:
        if not isinstance(node.value, str):
            return
        value, names = node.value, self.names
        new = self._forced.get(id(node)) or (names.of_index(value) if value in names.indexes else None)
        if new is None and not self._is_migration:
            new = names.plain.get(value)
        if new is None and value.startswith(f"{names.old}.") and not names.is_alias:
            new = names.new + value.removeprefix(names.old)
        if new is not None:
            segment = self._segment(node)
            self._edits.append((*self._place(node), segment.replace(value, new, 1)))
        elif _SQL.search(value) or f"'{names.old}'" in value:
            self._edits.append((*self._place(node), names.in_sql(self._segment(node))))

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        segment = self._segment(node)
        told = any(table in segment for table in self.names.plain)
        if _SQL.search(segment) or told:
            self._edits.append((*self._place(node), "".join(_outside_of_braces(segment, self.names))))
        # What is in braces is code: it is left as it is, names of Python do not change.


def _outside_of_braces(segment: str, names: Names) -> Iterator[str]:
    depth, begun = 0, 0
    parts: list[tuple[int, str]] = []
    for at, letter in enumerate(segment):
        if letter not in "{}":
            continue
        parts.append((depth, segment[begun:at]))
        parts.append((1, letter))
        depth += 1 if letter == "{" else -1
        begun = at + 1
    parts.append((depth, segment[begun:]))
    for inside, text in parts:
        yield text if inside else names.in_sql(text)


def _text(node: ast.AST | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


# --- what nobody needs any more -------------------------------------------------------------------------------------
def _tidy(text: str) -> str:
    """Without imports and private names that nothing uses, and without COMBINED, whose slugs are taken."""
    while True:
        tree = ast.parse(text)
        used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
        edits = [edit for node in tree.body if (edit := _unneeded(node, used))]
        if not edits:
            return text
        lines = text.splitlines(keepends=True)
        for first, last, new in sorted(edits, reverse=True):
            lines[first - 1 : last] = [new] if new else []
        text = "".join(lines)


def _unneeded(node: ast.stmt, used: set[str]) -> tuple[int, int, str] | None:
    end = node.end_lineno or node.lineno
    if isinstance(node, ast.ImportFrom) and node.module != "__future__":
        kept = [alias for alias in node.names if (alias.asname or alias.name) in used]
        if len(kept) == len(node.names) or not _is_ours(node, kept):
            return None
        names = ", ".join(ast.unparse(alias) for alias in kept)
        return node.lineno, end, f"from {node.module} import {names}\n" if kept else ""
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        name = node.targets[0].id
        if name == "COMBINED" or (name == "_OVER_OUTBOXES" and name not in used):
            return node.lineno, end, ""
    return None


def _is_ours(node: ast.ImportFrom, kept: list[ast.alias]) -> bool:
    """Of what was taken out; other imports without a use are there for what they register, or to be exported."""
    gone = {alias.name for alias in node.names} - {alias.name for alias in kept}
    return gone <= {"LESSONS", "COMBINED", "Combination", "ClosedRow", "gettext_lazy"}
