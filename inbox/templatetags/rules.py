"""How the form of a rule is written: values by name, choices in the middle of a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import template
from django.utils.translation import gettext as _

from calls.rule_words import shown
from inbox.said import said

register = template.Library()


@register.filter
def of(values: Mapping[str, Any] | None, name: str) -> Any:
    """A value by its name; nothing where there is none."""
    return (values or {}).get(name, "")


@register.filter
def plus(first: str, second: str) -> str:
    """Two words as one, for names of fields."""
    return f"{first}{second}"


@register.inclusion_tag("inbox/rules/_pick.html")
def pick(
    form: Any, name: str, label: str, none: str, choices: Sequence[tuple[str, str]]
) -> dict[str, Any]:
    """Several of a list, folded behind what is chosen. none: what it says when nothing is."""
    chosen = form.values.get(name, [])
    names = dict(choices)
    words = [names[key] for key in names if key in chosen]
    everything = len(words) == len(choices)
    return {
        "name": name, "label": label, "none": none, "choices": choices, "chosen": chosen,
        "said": none if not words or everything else said(shown(words)), "error": form.errors.get(name, ""),
    }  # fmt: skip


@register.inclusion_tag("inbox/rules/_chips.html")
def chips(form: Any, name: str, label: str, choices: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """A few of a few, side by side."""
    named = {"open": _("open"), "closed": _("closed")}
    return {
        "name": name, "label": label,
        "choices": [(value, named.get(words, words)) for value, words in choices], "chosen": form.values.get(name, []),
        "error": form.errors.get(name, ""),
    }  # fmt: skip


@register.inclusion_tag("inbox/rules/_span.html")
def span(form: Any, name: str, label: str, units: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """A number and its unit."""
    named = {"60": _("min"), "3600": _("hours"), "86400": _("days"), "1": _("seconds")}
    return {
        "name": name, "label": label, "number": form.values.get(f"{name}_n", ""),
        "units": [(value, named.get(value, words)) for value, words in units],
        "unit": form.values.get(f"{name}_unit", ""), "error": form.errors.get(name, ""),
    }  # fmt: skip


@register.inclusion_tag("inbox/rules/_slot.html")
def slot(
    form: Any, name: str, label: str, kind: str = "number", after: str = "", empty: str = ""
) -> dict[str, Any]:
    """A short field in the middle of a sentence. kind: number, text or time."""
    return {
        "name": name, "label": label, "kind": kind, "after": after, "empty": empty,
        "value": form.values.get(name, ""), "error": form.errors.get(name, ""),
    }  # fmt: skip


@register.inclusion_tag("inbox/rules/_choose.html")
def choose(
    form: Any, name: str, label: str, choices: Sequence[Any], empty: str = ""
) -> dict[str, Any]:
    """One of a list. empty: what an empty choice says."""
    pairs = [tuple(pair) for pair in choices]
    value = form.values.get(name, "")
    if value and value not in dict(pairs):
        pairs = [(value, f"{value} (gone)"), *pairs]
    return {
        "name": name, "label": label, "choices": pairs, "value": value, "empty": empty,
        "error": form.errors.get(name, ""),
    }  # fmt: skip
