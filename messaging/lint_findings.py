"""What the content lint is told and what it says: Context and Finding. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["block", "warn"]

# Playbook keys (tenants/playbooks.py), those to come included.
HEALTH = frozenset(
    {
        "dental", "orthodontics", "medical", "chiropractic", "optometry", "physical_therapy",
        "mental_health", "dermatology", "med_spa", "pharmacy", "wellness",
    }
)  # fmt: skip
LAW = frozenset({"legal", "law"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a text.

    code: a short name, such as SHORTENER; severity: "block" keeps the text back; sentence: what is
    wrong, naming the words; fix: what to do; rule: the rule's id in compliance.md; found: the words.
    """

    code: str
    severity: Severity
    sentence: str
    fix: str
    rule: str
    found: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """Who sends a text, and at which point.

    brand: the business's name; author: rule, person, api, system or assistant; category: C0 to C3;
    is_first: the first text to this person, or more than a month after the last that named the way
    out; vertical: the business's playbook key; links_in_first: the business's choice, never honoured
    for health and law; own_domains: the hosts that are the business's own.
    """

    brand: str
    author: str
    category: str
    is_first: bool
    vertical: str
    links_in_first: bool = False
    own_domains: frozenset[str] = frozenset()


def severity_for(context: Context, *, hard: bool = False) -> Severity:
    """Return "warn" for what a person writes, unless nobody may send it; everything else is kept back."""
    return "block" if hard or context.author != "person" else "warn"


def quoted(found: list[str]) -> str:
    """Return the words in quotation marks, as sentences name them."""
    return ", ".join(f"“{word}”" for word in found)
