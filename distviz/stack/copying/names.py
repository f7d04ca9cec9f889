"""What is called otherwise in the copy: its key, and whatever else two protocols may not share."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from zlib import crc32

from distviz.stack import layout

SHARED = {"closed_withdrawals"}  # tables of the lab's own that a protocol's model may name
INDEX_MOST = 30  # characters, says Django
_MADE = re.compile(r"CREATE (?:OR REPLACE )?(?:FUNCTION|VIEW|TRIGGER|TABLE|INDEX|SEQUENCE) (\w+)")


@dataclass(frozen=True)
class Names:
    """`tables`, `objects` (views, functions, triggers), `indexes` and `codes` are those of the protocol `old`."""

    old: str
    new: str
    tables: frozenset[str]
    objects: frozenset[str]
    indexes: frozenset[str]
    codes: frozenset[str]
    pages: frozenset[str]

    @cached_property
    def is_alias(self) -> bool:
        """There is a database of that name as well, so not every mention is the protocol."""
        return self.old in layout.DATABASES

    def of(self, name: str) -> str:
        return name.replace(self.old, self.new) if self.old in name else f"{self.new}_{name}"

    def of_index(self, name: str) -> str:
        """Of an index or a constraint. What `%(class)s` becomes has the same name as one that is written out."""
        longest = max(map(len, self.indexes), default=0)
        first = self.new if len(self.new) + 1 + longest <= INDEX_MOST else self._short
        made = f"{first}_{name}"
        return made if "%" in name or len(made) <= INDEX_MOST else f"{first}_{name[len(first) + 1 - INDEX_MOST :]}"

    @cached_property
    def _short(self) -> str:
        return f"{self.new[0]}{crc32(self.new.encode()) % 4096:03x}"

    @cached_property
    def words(self) -> dict[str, str]:
        """In SQL, each as a whole word."""
        found = {name: self.of(name) for name in (*self.tables, *self.objects)}
        return found | {name: self.of_index(name) for name in self.indexes}

    @cached_property
    def plain(self) -> dict[str, str]:
        """As a whole text, wherever it stands: names that can mean nothing else."""
        found = {name: self.of(name) for name in self.tables if "_" in name}
        found |= {name: self.of_index(name) for name in self.indexes} | {code: self.of(code) for code in self.codes}
        return found if self.is_alias else {self.old: self.new} | found

    def in_sql(self, text: str) -> str:
        return re.sub(r"(?<!%\()(?<!AS )\b\w+\b", lambda found: self._word(found[0]), text)

    def _word(self, word: str) -> str:
        if word in self.words:
            return self.words[word]
        return word.replace(self.old, self.new) if self.old in word and not self.is_alias else word


def read(folder: Path, new: str) -> Names:
    """What the protocol in this folder calls its own."""
    old, trees = folder.name, {path: ast.parse(path.read_text()) for path in sorted(folder.glob("**/*.py"))}
    own = {path: tree for path, tree in trees.items() if "tests" not in path.relative_to(folder).parts}
    calls = [node for tree in own.values() for node in ast.walk(tree) if isinstance(node, ast.Call)]
    tables = {text for tree in own.values() for text in _assigned(tree, "db_table")} - SHARED
    sql = " ".join(path.read_text() for path in own if path.parent.name == "migrations")
    return Names(
        old,
        new,
        frozenset(tables),
        frozenset(_MADE.findall(sql)) - tables,
        frozenset(_indexes(own, calls)),
        frozenset(code for call in calls if _called(call) == "sentences.register" for code in _keys(call)),
        frozenset(text for call in calls if _called(call) == "Desk" for text in _keyword(call, "page")),
    )


def _called(call: ast.Call) -> str:
    return ast.unparse(call.func)


def _assigned(tree: ast.AST, name: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
            yield from _texts(node.value)


def _texts(node: ast.AST | None) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def _keys(call: ast.Call) -> Iterator[str]:
    for argument in call.args:
        for key in argument.keys if isinstance(argument, ast.Dict) else ():
            yield from _texts(key)


def _keyword(call: ast.Call, name: str) -> Iterator[str]:
    for keyword in call.keywords:
        if keyword.arg == name:
            yield from _texts(keyword.value)


INDEXES = ("Index", "UniqueConstraint", "CheckConstraint")


def _indexes(trees: dict[Path, ast.Module], calls: list[ast.Call]) -> Iterator[str]:
    """Of the models; with `%(class)s`, those of each class that may have it."""
    classes = [
        node.name.lower()
        for path, tree in trees.items()
        if path.name == "models.py"
        for node in tree.body
        if isinstance(node, ast.ClassDef)
    ]
    for call in calls:
        if _called(call).rpartition(".")[2] in INDEXES:
            for name in _keyword(call, "name"):
                yield from ({name.replace("%(class)s", one) for one in classes} if "%" in name else {name})
