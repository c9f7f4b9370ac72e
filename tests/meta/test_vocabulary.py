"""The field's words: names of an older vocabulary stay gone, and a docstring's first sentence stands alone."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
GONE = re.compile(
    r"\b([Cc]ourier|Envelope|Lane|Congested|Overrun|concerning|unforeseen|unquoting\w*|assembly)\b|\b_?given\("
)
RIDDLES = re.compile(
    r"\b(whoever|whom it|so many|what became of|became of|is told of|are told of|told of|anew|none is|that is none)\b",
    re.IGNORECASE,
)
"""Phrases that make sense only to those who know the code already."""


def sources():
    for folder in ("notifyhub", "providers"):
        yield from sorted((ROOT / folder).rglob("*.py"))


def first_sentences(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and (text := ast.get_docstring(node)):
            yield re.split(r"(?<=[.!?])\s|\n\n", text)[0]


def riddles(source):
    return [sentence for sentence in first_sentences(ast.parse(source)) if RIDDLES.search(sentence)]


def test_words_of_the_older_vocabulary_are_gone():
    found = {
        str(path.relative_to(ROOT)): words
        for path in sources()
        if (words := [match[0] for match in GONE.finditer(path.read_text(encoding="utf-8"))])
    }
    assert found == {}


def test_first_sentences_stand_alone():
    found = {str(path.relative_to(ROOT)): found for path in sources() if (found := riddles(path.read_text("utf-8")))}
    assert found == {}


def test_the_rules_can_fail():
    assert GONE.search("class Courier:")
    assert GONE.search("part = given(part, Ledger)")
    assert not GONE.search("Attempt.given_up()")
    assert riddles('def f():\n    """What became of the call. More."""') == ["What became of the call."]
