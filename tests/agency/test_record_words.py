"""Everything an agency's record may say has words; a code's name is none."""

from __future__ import annotations

import ast
from pathlib import Path

from inbox.agency.record import words

ROOT = Path(__file__).parents[2]
ROOMS = ("tenants", "billing", "messaging", "calls", "integrations", "inbox", "config")
# Built where it is noted: what stands in the braces.
BUILT = {"number.": {"port", "held"}, "billing.connect_": {"on", "off"}}


def noted() -> set[str]:
    """Return the actions that `tenants.agencies.note` is called with, anywhere in the product."""
    found: set[str] = set()
    for path in (path for room in ROOMS for path in (ROOT / room).rglob("*.py")):
        text = path.read_text()
        imports = "from tenants.agencies import" in text and "note" in text
        for call in (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)):
            name = ast.unparse(call.func)
            if name == "agencies.note" or (name == "note" and imports):
                found |= {part for each in call.args[1:2] for part in _actions(each)}
    return found


def _actions(word: ast.expr) -> set[str]:
    if isinstance(word, ast.Constant):
        return {str(word.value)}
    if isinstance(word, ast.JoinedStr):
        start = str(word.values[0].value)
        return {start + rest for rest in BUILT[start]}
    if isinstance(word, ast.IfExp):
        return _actions(word.body) | _actions(word.orelse)
    return set()


def test_every_action_has_words():
    found = noted()
    assert len(found) > 40
    assert {action for action in found if words.said(action) == action} == set()
