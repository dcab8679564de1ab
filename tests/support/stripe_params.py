"""What Stripe would refuse: a request's form against the very types the package declares for it.

Each parameter's type comes from `stripe.params`; an unknown parameter or a wrong type is an error,
and a list of words is the whole list, though the package also lets any other string pass.
"""

from __future__ import annotations

import importlib
import types
import typing
from collections.abc import Iterable
from functools import cache
from typing import Any

import typing_extensions
from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

# What a request says by headers, declared beside its parameters.
_OPTIONS = {
    "api_key", "stripe_version", "stripe_account", "stripe_context", "max_network_retries",
    "idempotency_key", "content_type", "headers",
}  # fmt: skip


class Refused(Exception):
    """A request that Stripe would answer with 400; the text names the parameter."""


def decode(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return the nested form of a[b][0][c]=v."""
    tree: dict[str, Any] = {}
    for name, value in pairs:
        head, _, rest = name.partition("[")
        path = [head, *(part.rstrip("]") for part in rest.split("[") if rest)]
        at = tree
        for part in path[:-1]:
            at = at.setdefault(part, {})
        at[path[-1]] = value
    return {name: _lists(value) for name, value in tree.items()}


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _lists(part) for name, part in value.items()}
    if inner and all(name.isdigit() for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner


def check(declared: str, form: dict[str, Any]) -> dict[str, Any]:
    """Return a form with its values as the types that "module:Class" of stripe.params declares.

    Raises Refused.
    """
    try:
        return dict(_adapter(declared).validate_python(form))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Refused(f"{place}: {first['msg']}") from None


@cache
def _adapter(declared: str) -> TypeAdapter[Any]:
    module, name = declared.split(":")
    return TypeAdapter(_strict(getattr(importlib.import_module(module), name)))


@cache
def _strict(declared: Any) -> Any:
    """Return a TypedDict of the package as one that takes nothing it does not know."""
    hints = typing_extensions.get_type_hints(
        declared, localns={"StripeContext": object, "Mapping": dict}, include_extras=True
    )
    fields = {name: _plain(hint) for name, hint in hints.items() if name not in _OPTIONS}
    made = typing_extensions.TypedDict(declared.__name__, fields)  # type: ignore[operator]
    return with_config(ConfigDict(extra="forbid"))(made)


def _plain(hint: Any) -> Any:
    if typing_extensions.is_typeddict(hint):
        return _strict(hint)
    origin, inner = typing_extensions.get_origin(hint), typing_extensions.get_args(hint)
    if origin is typing_extensions.NotRequired or origin is typing.NotRequired:
        return typing_extensions.NotRequired[_plain(inner[0])]
    if origin in (typing.Union, types.UnionType):
        kept = [part for part in inner if "UntypedStripeObject" not in str(part)]
        if any(typing_extensions.get_origin(part) is typing_extensions.Literal for part in kept):
            kept = [part for part in kept if part is not str]
        return typing.Union[tuple(_plain(part) for part in kept)]  # noqa: UP007
    if origin in (list, dict):
        return origin[tuple(_plain(part) for part in inner)]
    return hint
