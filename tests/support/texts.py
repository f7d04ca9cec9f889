"""Every text of the pages and its Ukrainian translation. `make texts` brings locale/ up to date, without gettext tools.
A protocol may have a `locale/` of its own.

New texts come into the catalogue untranslated, those that are gone leave it; tests/unit/dashboard/test_texts.py says
what is missing.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import polib
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / "locale" / "uk" / "LC_MESSAGES" / "django.po"
HEAD = {
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Language": "uk",
    "MIME-Version": "1.0",
    "Plural-Forms": "nplurals=3; plural="
    "(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);",
}
_MARKS = {"_": 1, "gettext": 1, "gettext_lazy": 1, "gettext_noop": 1, "ngettext": 2, "ngettext_lazy": 2}
_LITERAL = r"""u?(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
_IN_TEMPLATE = re.compile(rf"\b(_|gettext|ngettext)\(\s*({_LITERAL})(?:\s*,\s*({_LITERAL}))?")


class Text(NamedTuple):
    """One text as it stands in the code: `plural` is "" where there is none."""

    one: str
    plural: str


def catalogues() -> dict[Path, dict[Text, list[str]]]:
    """Every marked text with the files that it is in, by the catalogue where its translation is: that of the protocol
    if its folder has a `locale/`, as far as the project's own does not have the text already."""
    made: dict[Path, dict[Text, list[str]]] = {CATALOGUE: {}}
    for path in sorted(_sources()):
        places, name = made.setdefault(_catalogue(path), {}), str(path.relative_to(ROOT))
        source = path.read_text()
        for text in _in_template(source) if path.suffix == ".html" else _in_python(source):
            files = places.setdefault(text, [])
            if name not in files:
                files.append(name)
    general = made[CATALOGUE]
    own = {path: texts for path, texts in made.items() if path != CATALOGUE}
    return {CATALOGUE: general} | {
        path: {text: files for text, files in texts.items() if text not in general} for path, texts in own.items()
    }


def _sources() -> Iterator[Path]:
    for pattern in ("templates/**/*.html", "protocols/**/*.html", "distviz/**/*.py", "protocols/**/*.py"):
        yield from ROOT.glob(pattern)


def _catalogue(path: Path) -> Path:
    top, folder, *_rest = path.relative_to(ROOT).parts
    own = ROOT / top / folder / "locale"
    return own / "uk" / "LC_MESSAGES" / "django.po" if top == "protocols" and own.is_dir() else CATALOGUE


def _in_template(source: str) -> Iterator[Text]:
    for mark, one, plural in _IN_TEMPLATE.findall(templatize(source)):
        yield Text(ast.literal_eval(one), ast.literal_eval(plural) if mark == "ngettext" else "")


def _in_python(source: str) -> Iterator[Text]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        mark = getattr(node.func, "id", getattr(node.func, "attr", ""))
        texts = [arg.value for arg in node.args[: _MARKS.get(mark, 0)] if isinstance(arg, ast.Constant)]
        if texts and len(texts) == _MARKS[mark] and all(isinstance(text, str) for text in texts):
            yield Text(texts[0], texts[1] if len(texts) > 1 else "")


def renew(catalogue: Path, texts: Mapping[Text, list[str]]) -> polib.POFile:
    """The catalogue with the texts of now, in the order of the files, and what was translated before."""
    old = (
        {(entry.msgid, entry.msgid_plural): entry for entry in polib.pofile(str(catalogue))}
        if catalogue.exists()
        else {}
    )
    made = polib.POFile(wrapwidth=0)
    made.metadata = HEAD
    for text, files in texts.items():
        entry = old.get(tuple(text)) or polib.POEntry(msgid=text.one, msgid_plural=text.plural)
        entry.occurrences = [(name, "") for name in files]
        entry.flags = ["python-format"] if "%(" in text.one else []
        if text.plural:
            entry.msgstr_plural = entry.msgstr_plural or {0: "", 1: "", 2: ""}
        made.append(entry)
    return made


if __name__ == "__main__":
    for path, texts in catalogues().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = renew(path, texts)
        made.save(str(path))
        made.save_as_mofile(str(path.with_suffix(".mo")))
        left = made.untranslated_entries()
        print(f"{path.relative_to(ROOT)}: {len(made)} texts, {len(left)} without a translation")
