"""The house as ARCHITECTURE.md draws it, held to the code: directions, pure modules, sizes, names."""

from __future__ import annotations

import ast
import re
import sys
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ["tenants", "billing", "messaging", "calls", "integrations", "inbox"]  # lowest first
PURE = [
    "messaging.people_files", "messaging.attachments.sniffing", "messaging.segments", "messaging.keywords", "messaging.numbers", "messaging.status",
    "messaging.text", "messaging.compliance", "messaging.plan", "messaging.providers.signature",
    "messaging.providers.ed25519", "messaging.providers.json_fields",
    "calls.outcome", "calls.consented", "calls.decision", "calls.rules", "calls.facts", "calls.matching", "calls.words", "calls.rule_words",
    "calls.backtest.past", "calls.backtest.replay", "calls.backtest.tally", "calls.backtest.printed", "inbox.rules.comparison",
    "calls.hours", "calls.flow",
    "calls.emergencies", "calls.greetings", "calls.sounds", "calls.timetable", "calls.line_rules",
    "calls.preview",
    "calls.forwarding.carriers", "calls.forwarding.codes",
    "calls.trials.conditions", "calls.trials.legs", "calls.forwarding.quiet",
    "inbox.queue.folders", "inbox.queue.snoozing", "inbox.search.asking", "inbox.search.excerpts",
    "inbox.generation.words", "inbox.generation.plan",
    "inbox.live.positions", "inbox.live.frames", "inbox.live.entries", "inbox.live.saying",
    "inbox.people.fields", "inbox.waits.targets", "inbox.waits.ladder", "inbox.waits.promises",
    "inbox.waits.promise_times", "inbox.waits.promise_moments", "inbox.waits.promise_check", "inbox.waits.figures", "inbox.waits.promise_words", "inbox.thread.cursors", "inbox.thread.hours", "inbox.thread.quick", "inbox.timeline", "inbox.proof", "inbox.wording", "inbox.settings.chosen", "tenants.entry.devices", "inbox.rules.form", "inbox.rules.starts", "tenants.cells", "tenants.playbooks", "tenants.packs.shape", "tenants.packs.trades", "tenants.packs.offices", "tenants.postures", "tenants.suspending", "tenants.brand_colours", "tenants.dns_texts", "billing.entitlements", "billing.budget", "billing.margin", "billing.pricing", "billing.account_states", "inbox.agency.businesses.health", "inbox.agency.businesses.selection",
    "tenants.business_facts", "tenants.publish_rules", "tenants.registration_facts", "inbox.agency.playbooks.content", "inbox.agency.playbooks.planning", "inbox.agency.playbooks.impersonal", "inbox.agency.imports.columns", "inbox.agency.imports.sheet", "inbox.agency.imports.week", "inbox.agency.imports.checking",
    "integrations.catalogue", "integrations.catalogue_page", "integrations.retrying", "integrations.crm.notes",
    "tenants.registration_rules", "messaging.clearance", "messaging.clearing",
    "messaging.gate.asked", "messaging.gate.person", "messaging.gate.sender",
    "messaging.gate.calls", "messaging.gate.others", "messaging.ledger",
    "messaging.evidence.verify_ledger", "messaging.places", "messaging.zones",
    "messaging.holiday_rules", "messaging.rulebook_file", "messaging.jurisdictions",
    "messaging.clocks", "messaging.windows", "messaging.lint", "messaging.lint_findings",
    "messaging.lint_links", "messaging.lint_naming", "messaging.lint_reading",
    "messaging.lint_words", "messaging.lint_offers", "messaging.instructions", "messaging.optout",
    "messaging.optout_bare", "messaging.optout_classes", "messaging.optout_doubts",
    "messaging.optout_fold", "messaging.optout_hunch", "messaging.optout_innocent",
    "messaging.optout_languages", "messaging.optout_meanings", "messaging.optout_phrases",
    "messaging.optout_quotes", "messaging.optout_rules", "messaging.optout_scripts",
    "messaging.optout_spanish", "messaging.optout_strangers", "messaging.optout_tokens",
    "messaging.optout_words", "messaging.scrub", "messaging.keeping", "messaging.evidence.period",
    "messaging.evidence.sheet", "messaging.evidence.manifest", "messaging.evidence.readme",
    "messaging.optout_leftover",
    "messaging.senders.dossier", "messaging.senders.port_form", "messaging.senders.lint", "messaging.senders.answers", "messaging.providers.twilio_forms",
    "calls.intake.events", "calls.intake.legs", "calls.intake.signing", "calls.intake.generic",
    "calls.intake.ringcentral", "calls.intake.aircall", "calls.intake.quo",
    "calls.intake.dialpad", "calls.intake.threecx", "calls.intake.mappings",
    "calls.intake.facts", "inbox.sources.words", "inbox.notices.rules", "inbox.notices.plain", "inbox.notices.answers",
    "calls.audit.shapes", "calls.audit.files", "calls.audit.rows", "calls.audit.moments",
    "inbox.support.asking", "inbox.support.masking", "inbox.support.chain",
    "calls.audit.columns", "calls.audit.outcomes", "calls.audit.legs", "calls.audit.reading",
    "calls.audit.sheet", "calls.audit.callers", "calls.audit.value", "calls.audit.examine",
    "tenants.api_scopes",
    "calls.audit.findings", "calls.audit.ordering", "calls.audit.sample", "calls.audit.hours", "calls.audit.heat", "calls.audit.printed",
]  # fmt: skip
SPLIT_AT, ARGUE_PAST = 400, 300


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def modules(*places: str) -> list[Path]:
    """Return the Python files of these rooms (or all of them), migrations left out."""
    found = [
        p for place in places or [*ROOMS, "config", "bench"] for p in (ROOT / place).rglob("*.py")
    ]
    return sorted(p for p in found if "migrations" not in p.parts)


def named(path: Path) -> str:
    """Return the dotted name of a file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[str]:
    """Yield the dotted names a file imports, wherever in it; `from a import b` gives a.b."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative imports hide where a thing comes from"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("room", ROOMS)
def test_lower_rooms_never_know_upper_ones(room):
    upper = ROOMS[ROOMS.index(room) + 1 :]
    known = [
        (named(path), name)
        for path in modules(room)
        for name in imports(path)
        if name.split(".")[0] in [*upper, "bench", "tests"]
    ]
    assert known == []


def test_config_is_imported_by_no_room_but_its_frames():
    """What a room needs of the settings it reads from django.conf; frames for pages of all rooms may be asked."""
    frames = {"config.api", "config.api_views", "config.admin_sites", "config.env"}
    known = {
        (named(path), name)
        for path in modules(*ROOMS)
        for name in imports(path)
        if name.split(".")[0] == "config" and not any(name.startswith(f) for f in frames)
    }
    allowed = {"management", "simulator"}  # commands and the simulator's own door start things
    assert {pair for pair in known if not allowed & set(pair[0].split("."))} == set()


@pytest.mark.parametrize("module", PURE)
def test_pure_modules_import_only_each_other(module):
    path = ROOT / (module.replace(".", "/") + ".py")
    for name in imports(path):
        top = name.split(".")[0]
        pure = any(name == p or name.startswith(f"{p}.") for p in PURE)
        from_room = name.rpartition(".")[0] in {p.rpartition(".")[0] for p in PURE} and name in PURE
        allowed = {"phonenumbers", "yaml", "tzdata", "cryptography"}
        assert top in sys.stdlib_module_names or top in allowed or pure or from_room, name
    assert "now()" not in path.read_text(), "the time is an argument"


@pytest.mark.parametrize(
    ("package", "places"),
    [
        ("twilio", ["messaging/providers/"]),
        ("celery", ["config/celery", "config/__init__.py", "tenants/tasks.py", "config/sentry.py"]),
        ("kombu", ["config/celery"]),
        ("openai", []),
        ("stripe", ["billing/stripe_api.py"]),
    ],
)
def test_a_package_stays_where_it_belongs(package, places):
    strays = {
        str(path.relative_to(ROOT))
        for path in modules(*ROOMS, "config")
        for name in imports(path)
        if name.split(".")[0] == package
    }
    assert {s for s in strays if not any(s.startswith(place) for place in places)} == set()


def test_every_moment_has_a_zone():
    naive = []
    for path in modules():
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            called, on = node.func.attr, ast.unparse(node.func.value)
            if called in ("utcnow", "utcfromtimestamp") or (
                called in ("now", "today") and on.split(".")[-1] in ("datetime", "date")
                and not node.args and not node.keywords
            ):  # fmt: skip
                naive.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert naive == []


def test_nobody_enters_a_schema_by_with_tenant():
    """`with business:` keeps the last schema in a list that all threads share."""
    entered = []
    for path in modules():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.With | ast.AsyncWith):
                for item in node.items:
                    if ast.unparse(item.context_expr).split(".")[-1] in ("tenant", "business"):
                        entered.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert entered == []


def test_no_module_is_too_long_to_read():
    sizes = {path: len(path.read_text().splitlines()) for path in [*modules(), ROOT / "run.py"]}
    for path, lines in sizes.items():
        if lines > ARGUE_PAST:
            warnings.warn(f"{path.relative_to(ROOT)} has {lines} lines", stacklevel=1)
    assert {str(path.relative_to(ROOT)): n for path, n in sizes.items() if n > SPLIT_AT} == {}


def _variables() -> Iterator[str]:
    for path in modules(*ROOMS, "config"):
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            first, called = node.args[0], ast.unparse(node.func)
            is_read = called.startswith("env.") or called in ("os.environ.get", "os.getenv")
            if is_read and isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


def test_every_variable_that_is_read_stands_in_the_example():
    example = (ROOT / ".env.example").read_text()
    known = set(re.findall(r"^(?:# ?)?([A-Z][A-Z0-9_]+)=", example, flags=re.MULTILINE))
    # Names of the machine's own, not ours to explain.
    machine = {"PATH", "HOME", "CI", "NO_COLOR", "DEBUG", "TMPDIR"}
    read = {name for name in _variables() if name.isupper()}
    assert len(read) > 10
    assert read - known - machine == set()


def test_stop_comes_first():
    from django.conf import settings

    assert settings.TEXT_RECEIVED_HANDLERS[0] == "messaging.inbound.obey"


def test_every_dotted_path_in_the_settings_leads_somewhere():
    from django.conf import settings
    from django.utils.module_loading import import_string

    paths = [
        *settings.AGENDA_HANDLERS.values(), *settings.TEXT_RECEIVED_HANDLERS,
        *settings.TEXT_SENT_HANDLERS, *settings.CONSENT_CHANGED_HANDLERS, settings.LISTENING_CHECK,
        *settings.ENDPOINT_OFF_HANDLERS, *settings.CRM_OFF_HANDLERS,
        *settings.CALL_ENDED_HANDLERS, *settings.RULES_PUBLISHED_HANDLERS,
        *settings.BUSINESS_CREATED_HANDLERS,
        *settings.PREPARED_HANDLERS, *settings.REGISTRATION_CHANGED_HANDLERS,
        *settings.NUMBERS_CHANGED_HANDLERS, *settings.AGENDA_DEAD_HANDLERS.values(),
        *settings.ERASURE_HANDLERS, *settings.EVIDENCE_SOURCES.values(),
        *settings.PROVIDERS.values(), *(hook[3] for hook in settings.WEBHOOKS.values() if hook[3]),
    ]  # fmt: skip
    for path in paths:
        assert callable(import_string(path)), path
    for _, kind, lane, _ in settings.WEBHOOKS.values():
        assert kind in settings.AGENDA_HANDLERS and lane in settings.LANES


def _braced(text: str) -> Iterator[str]:
    head, brace, rest = text.partition("{")
    if not brace:
        yield text
        return
    inside, _, tail = rest.partition("}")
    for word in inside.split(","):
        yield from _braced(f"{head}{word}{tail}")


def test_every_path_the_house_plan_names_exists():
    plan = ROOT / "ARCHITECTURE.md"
    text = plan.read_text()
    quoted = re.findall(r"`([^`\n]+)`", text) + re.findall(
        r"^\s*([\w./*]+/[\w.*]+\.py)\b", text, re.MULTILINE
    )
    tops = {*ROOMS, "config", "templates", "tests", "bench", "docs", "deploy"}
    named_paths = {
        path
        for word in quoted
        for path in _braced(word)
        if re.fullmatch(r"[\w./*-]+", path) and (path.split("/")[0] in tops) and ("/" in path)
    }
    assert len(named_paths) > 10
    missing = [path for path in sorted(named_paths) if not list(ROOT.glob(path.rstrip("/")))]
    assert missing == []
