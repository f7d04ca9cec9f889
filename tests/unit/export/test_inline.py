"""The scripts of a file that has no server: modules put one after the other."""

import re
from collections import Counter

from distviz.export import inline


def test_each_module_is_there_once_after_what_it_imports() -> None:
    script = inline.script()
    assert script.index("hasOwnKeys =") < script.index("class Player") < script.index("new Player(")
    assert script.count("class Player") == 1
    assert not re.search(r"^(import|export)\b", script, re.MULTILINE)


def test_no_two_modules_use_a_name_for_different_things() -> None:
    names = Counter(re.findall(r"^(?:const|let|class|function) (\w+)", inline.script(), re.MULTILINE))
    assert len(names) > 10
    assert {name for name, count in names.items() if count > 1} == set()


def test_what_is_hashed_is_what_stands_in_the_elements() -> None:
    made = inline.elements()
    assert made["style"] == f"<style>{inline.styles()}</style>"
    assert made["script"] == f'<script type="module">{inline.script()}</script>'
    assert "</script" not in inline.script()
    assert "</style" not in inline.styles()
