"""What is to be translated, found in our own templates and modules; no compiler of another language.

Templates are parsed by Django itself and modules by Python's own parser, so that whatever is asked
for at run time is found, under the very text it is asked by. Words in scripts come from templates.

Sentences that are kept (why a text went or did not, what an alert says) are written once, in
English, by modules that know no language: SPOKEN. Each sentence of theirs is a pattern whose holes
are {0}, {1}..., and inbox/said.py finds the pattern again when the sentence is shown.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.template import Template
from django.template.base import Lexer, Node, TokenType
from django.template.engine import Engine
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.utils.translation import trim_whitespace

ROOMS = ("config", "tenants", "billing", "messaging", "calls", "integrations", "inbox")
# Function -> which arguments are texts: singular, plural, context.
_CALLS: dict[str, tuple[int, int | None, int | None]] = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop", "noop"), (0, None, None)),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (0, 1, None)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), (1, None, 0)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), (1, 2, 0)),
}

# A constant given to a tag or a filter: {% include "x.html" with title=_("Limits") %}.
_CONSTANT = re.compile(r"""\b_\((?:"([^"]*)"|'([^']*)')\)""")
# What a template of ours takes as words, and attributes that a reader sees or hears.
_GIVEN = re.compile(r"\b(\w+)=\"([^\"]*)\"")
_WORDS_BY_NAME = frozenset(("label", "hint", "title", "sentence", "act", "placeholder"))
_LOGIC = frozenset(
    ("if", "elif", "url", "static", "lucide", "load", "extends", "translate", "blocktranslate")
)
_SAYING = re.compile(r"""\b(?:aria-label|aria-description|placeholder|title|alt)="([^"]*)\"""")
_TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
_TRANSLATED = re.compile(
    r"\{% (blocktranslate|comment)\b.*?%\}.*?\{% end(blocktranslate|comment) %\}", re.DOTALL
)
# What is handed to these is read by programs and by us alone.
_FOR_PROGRAMS = frozenset(
    (
        "execute",
        "compile",
        "ValueError",
        "RuntimeError",
        "TypeError",
        "KeyError",
        "LookupError",
        "Http404",
    )
)
SAID = "said"  # the context of patterns of kept sentences
SPOKEN = (
    "messaging/gate/*.py", "messaging/compliance.py", "messaging/alerts.py", "messaging/budget_alerts.py", "messaging/status.py",
    "messaging/deaths.py", "messaging/delivery.py", "messaging/settlement.py",
    "messaging/registration.py", "messaging/policies.py", "messaging/stop_path.py",
    "messaging/inbound.py", "messaging/breakers.py", "messaging/windows.py", "messaging/people.py",
    "calls/decision.py", "calls/matching.py", "calls/guards.py", "calls/follow_ups.py",
    "calls/words.py", "calls/rule_words.py", "calls/on_call.py", "calls/services.py",
    "calls/forwarding/watch.py", "calls/forwarding/codes.py", "calls/forwarding/checks.py", "calls/trials/*.py",
    "calls/outcome.py", "calls/facts.py", "calls/setup.py", "calls/texting.py", "calls/preview.py",
    "calls/models/*.py", "messaging/models/*.py", "tenants/models/*.py", "tenants/postures.py", "tenants/business_facts.py", "tenants/publish_rules.py", "messaging/senders/buying.py", "messaging/senders/bringing.py", "tenants/drafts.py",
    "calls/audit/findings.py", "calls/audit/files.py", "calls/audit/importing.py",
    "calls/audit/reading.py", "calls/audit/shapes.py", "calls/audit/assumptions.py", "calls/lines.py", "calls/line_rules.py", "calls/opening.py", "calls/rules.py",
    "calls/what_if.py", "calls/forwarding/quiet.py", "messaging/callers.py", "messaging/people_files.py",
    "messaging/holds.py", "messaging/optout_quotes.py", "messaging/lint_findings.py", "messaging/lint.py",
    "messaging/lint_*.py", "messaging/template_checks.py",
    "integrations/retrying.py", "integrations/endpoints.py", "integrations/keys.py", "integrations/crm/connections.py",
    "integrations/crm/hubspot.py", "integrations/erasing.py", "tenants/outgoing.py", "tenants/api_scopes.py",
    "messaging/zones.py", "messaging/text.py", "messaging/keeping.py", "messaging/erasure.py",
    "messaging/senders/answers.py", "messaging/senders/b*.py", "messaging/senders/filing.py", "messaging/senders/leaving.py",
    "messaging/senders/lint.py", "messaging/senders/held.py", "messaging/senders/releasing.py", "messaging/senders/searching.py",
    "messaging/senders/steps.py", "messaging/senders/porting.py", "messaging/senders/port_form.py",
    "messaging/receipts.py", "messaging/standing.py", "messaging/retention.py", "messaging/ready_texts.py",
    "messaging/forgetting.py", "tenants/registration_rules.py", "tenants/throttle.py", "tenants/playbooks.py",
    "calls/timetable.py", "calls/greetings.py", "calls/onboarding.py", "calls/placing.py",
    "calls/placing_settled.py", "calls/refusing.py", "calls/rulebook.py", "calls/intake/aircall.py",
    "calls/intake/dialpad.py", "calls/intake/quo.py", "calls/intake/ringcentral.py", "calls/intake/handling.py",
    "calls/intake/legs.py", "calls/intake/mappings.py", "calls/intake/reading.py", "calls/intake/receiving.py",
    "calls/intake/twins.py",
    "calls/audit/columns.py", "calls/audit/value.py", "calls/audit/heat.py", "calls/audit/rows.py",
    "calls/audit/drafts.py", "calls/audit/expiry.py", "calls/audit/fetching.py",
    "calls/backtest/jobs.py", "calls/backtest/replay.py", "inbox/models/alerting.py",
    "inbox/notices/handing.py", 
    "inbox/notices/phones.py", "inbox/people/person.py", "inbox/people/merging.py",
    "inbox/thread/sending.py", "inbox/waits/ladder.py",
    "inbox/queue/saved.py", "messaging/outbox.py", "inbox/said.py", "inbox/wording.py", "inbox/proof.py", "inbox/timeline.py", "inbox/frame.py",
    "inbox/rules/*.py", "inbox/compliance/*.py", "inbox/callers/*.py", "inbox/lines/*.py",
    "inbox/trials/*.py", "inbox/sources/*.py", "inbox/audits/*.py", "inbox/evidence_views.py",
    "inbox/agency/imports/checking.py", "inbox/agency/imports/sheet.py", "inbox/agency/imports/week.py",
    "inbox/agency/imports/inviting.py",
    "inbox/templatetags/*.py", "inbox/notices/deaths.py", "tenants/lifecycle.py",
    "inbox/agency/lifecycle/dropping.py", "inbox/agency/lifecycle/deaths.py",
    "inbox/agency/onboarding/deaths.py", "inbox/agency/members/deaths.py",
)  # fmt: skip
# A word that stands alone on a page: a label, a state.
_LABEL = re.compile(r"[A-Z][a-z’'-]+[.:]?|VIP")
# What a machine reads: statements of SQL, field names before an error, paths, patterns.
_NOT_SPOKEN = re.compile(
    r"(attachment|inline); |text/plain|\[|[a-z]+( [a-z]+)?,[a-z]+[ ,]|(call|called|parent call|missed call|to|start|started"
    r"|date|date/time|action|destination|inbound|outbound|number)( (sid|id|number|time|at|started|start|did|result"
    r"|reason|answered|no_answer|called/received|\(u\w+\)))+$|text/csv|bytes |COPY |private, |default-src|curl |\{\n"
    r"|.*[\n~|]|[A-Z][a-z]$|tinyurl|llc inc|Interested Now|(caller|company|contact|customer|display|family"
    r"|first|full|given|last|organization) name$"
    r"|[a-z0-9 ,_()/:-]{70,}$|%[A-Za-z][ -]"
    r"|\s*(SELECT|INSERT|UPDATE|DELETE|WITH|SET|AND|WHERE|FROM|LEFT|ORDER|ON|CASE)\b|[a-z_]+: |[^a-zA-Z]*$"
    r"|.*(\{business\}|\b(Reply|Responda) STOP\b[^”]*$)"
    r"|.*(%\(|\\b|\(\?|::|=%s)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """One text that is asked for: singular, plural ('' for none), context ('' for none)."""

    text: str
    plural: str = ""
    context: str = ""


@dataclass(slots=True)
class Found:
    """Where each phrase stands, as "path:line" from the project's root."""

    places: dict[Phrase, list[str]] = field(default_factory=dict)

    def add(self, phrase: Phrase, place: str) -> None:
        """Remember a place of a phrase."""
        self.places.setdefault(phrase, []).append(place)


class NotLiteral(ValueError):
    """A text that is no constant cannot be found, and so would never be translated."""


def wanted(root: Path) -> Found:
    """Return every phrase of the project at `root`. Raises NotLiteral naming the place."""
    found = Found()
    letters = root.glob("templates/**/*.txt")
    for path in sorted([*root.glob("templates/**/*.html"), *letters]):
        _of_template(path, str(path.relative_to(root)), found)
    for room in ROOMS:
        for path in sorted((root / room).rglob("*.py")):
            if "migrations" not in path.parts:
                _of_module(path, str(path.relative_to(root)), found)
    for pattern in SPOKEN:
        for path in sorted(root.glob(pattern)):
            for line, text in spoken(path):
                found.add(Phrase(text, context=SAID), f"{path.relative_to(root)}:{line}")
    return found


def spoken(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, pattern) of every sentence in a module that writes what is kept."""
    tree = ast.parse(path.read_text())
    quiet = {id(node) for node in _unspoken(tree)}
    for node in ast.walk(tree):
        text = ""
        if isinstance(node, ast.JoinedStr) and id(node) not in quiet:
            holes = 0
            for part in node.values:
                if isinstance(part, ast.Constant):
                    text += str(part.value)
                else:
                    text, holes = f"{text}{{{holes}}}", holes + 1
        elif (
            isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in quiet
        ):
            text = node.value
        if (" " in text.strip() or _LABEL.fullmatch(text)) and not _NOT_SPOKEN.match(text):
            yield node.lineno, text  # type: ignore[attr-defined]


def _unspoken(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield what is no sentence of its own: docstrings, parts of a longer text, words for logs."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr):
                yield first.value
        elif isinstance(node, ast.JoinedStr):
            for part in node.values:
                yield from ast.walk(part) if isinstance(part, ast.Constant) else ()
        elif isinstance(node, ast.Call):
            called = node.func
            word = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
            owner = getattr(getattr(called, "value", None), "id", "")
            marked = word in _CALLS and isinstance(called, ast.Name)
            if marked or owner == "log" or word in _FOR_PROGRAMS:
                yield from ast.walk(node)


def _of_template(path: Path, name: str, found: Found) -> None:
    source = path.read_text()
    for token in Lexer(source).tokenize():
        if token.token_type in (TokenType.BLOCK, TokenType.VAR):
            for one, other in _CONSTANT.findall(token.contents):
                found.add(Phrase(one or other), f"{name}:{token.lineno}")
    template = Template(source, engine=Engine.get_default(), name=name)
    for node in _nodes(template.nodelist):
        line = getattr(getattr(node, "token", None), "lineno", 0)
        if isinstance(node, TranslateNode):
            literal: Any = node.filter_expression.var
            text = getattr(literal, "literal", literal)
            if isinstance(text, str):
                context = node.message_context
                # Django looks a literal up with every percent sign doubled, and halves them after.
                asked = str(text).replace("%", "%%")
                found.add(
                    Phrase(asked, context=str(context.var) if context else ""), f"{name}:{line}"
                )
        elif isinstance(node, BlockTranslateNode):
            singular, _ = node.render_token_list(node.singular)
            plural = node.render_token_list(node.plural)[0] if node.plural else ""
            if node.trimmed:
                singular, plural = trim_whitespace(singular), trim_whitespace(plural)
            context = node.message_context
            found.add(
                Phrase(singular, plural, str(context.var) if context else ""), f"{name}:{line}"
            )


def _nodes(nodelist: Any) -> Iterator[Node]:
    for node in nodelist:
        yield from node.get_nodes_by_type(Node)


def _of_module(path: Path, name: str, found: Found) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        word = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
        if word not in _CALLS or (isinstance(called, ast.Attribute) and word == "_"):
            continue
        places = _CALLS[word]
        texts = [
            _text(node, place, f"{name}:{node.lineno}") if place is not None else ""
            for place in places
        ]
        if texts[0]:
            found.add(Phrase(*texts), f"{name}:{node.lineno}")


def _text(call: ast.Call, place: int, where: str) -> str:
    if place < len(call.args):
        argument = call.args[place]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            return argument.value
        if isinstance(argument, (ast.Name, ast.Attribute, ast.Subscript)):
            return ""  # a text that was marked where it was written
    raise NotLiteral(f"{where}: what is to be translated must be a constant text")


def untranslated_text(path: Path) -> list[tuple[int, str]]:
    """Return (line, words) of a template that stand in it bare, outside every translation.

    Its text, what its attributes say, and constants it hands to another template.
    """
    source = path.read_text()
    bare: list[tuple[int, str]] = []
    for line, text in (*_bare(source), *_handed(source), *_in_attributes(source)):
        words = " ".join(text.split())
        if any(letter.isalpha() for letter in words):
            bare.append((line, words))
    return bare


def _handed(source: str) -> Iterator[tuple[int, str]]:
    """Yield (line, text) of constants that a tag of ours is given bare: {% include "x" with label="Name" %}."""
    for token in Lexer(source).tokenize():
        word = token.contents.partition(" ")[0]
        if token.token_type == TokenType.BLOCK and word not in _LOGIC:
            for name, text in _GIVEN.findall(token.contents):
                if name != "autocomplete" and (name in _WORDS_BY_NAME or " " in text.strip()):
                    yield token.lineno or 0, text


def _in_attributes(source: str) -> Iterator[tuple[int, str]]:
    """Yield (line, text) of what attributes say bare: aria-label="{{ day }} opens"."""

    def blank(found: re.Match[str]) -> str:
        return "\n" * found[0].count("\n")

    plain = _TAG.sub(blank, _TRANSLATED.sub(blank, source))
    for found in _SAYING.finditer(plain):
        yield plain.count("\n", 0, found.start()) + 1, found[1]


def _bare(source: str) -> Iterator[tuple[int, str]]:
    """Yield (line, text) between tags of HTML that no translation surrounds."""
    depth, inside = 0, False  # in a translated block; in a tag of HTML or what it hides
    text, began = "", 1
    hidden = ""
    for token in Lexer(source).tokenize():
        if token.token_type == TokenType.BLOCK:
            word = token.contents.split()[0] if token.contents.split() else ""
            if word in ("blocktranslate", "blocktrans", "comment", "verbatim"):
                depth += 1
            elif word in ("endblocktranslate", "endblocktrans", "endcomment", "endverbatim"):
                depth -= 1
            continue
        if token.token_type != TokenType.TEXT or depth:
            continue
        line = token.lineno or 0
        at, body = 0, token.contents
        while at < len(body):
            letter = body[at]
            if letter == "\n":
                line += 1
            if inside:
                inside = letter != ">"
                text, began = "", line
            elif letter == "<":
                if text.strip() and not hidden:
                    yield began, text
                rest = body[at:].lower()
                if rest.startswith(("<script", "<style", "<kbd", "<code")):
                    hidden = rest[1:7].split(">")[0].split()[0]
                elif hidden and rest.startswith(f"</{hidden}"):
                    hidden = ""
                inside, text = True, ""
            else:
                if not text.strip():
                    began = line
                text += letter
            at += 1
        if text.strip() and not inside and not hidden:
            yield began, text
        text = ""
