"""The firm's chat: Slack, Microsoft Teams and Google Chat, by their incoming webhooks.

An address is a secret: whoever knows it may write there. It is kept encrypted and shown to nobody,
and only the chat's own hosts are ever posted to. What a caller wrote stands where these chats show
plain words only (Slack `plain_text`, a card's TextRun), so it can mention nobody and link nowhere;
inbox/notices/plain.py has taken its links out before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from inbox.models import AlertHook
from inbox.notices import outgoing
from inbox.notices.outgoing import Refused, Sent


@dataclass(frozen=True, slots=True)
class Chat:
    """One kind of chat. hosts and path: what an address of it looks like; example: for the form."""

    name: str
    hosts: re.Pattern[str]
    path: re.Pattern[str]
    example: str
    body: Callable[[str, str, str], dict[str, Any]]


def _slack(title: str, body: str, url: str) -> dict[str, Any]:
    blocks: list[dict[str, Any]] = [
        {"type": "section", "text": {"type": "plain_text", "text": words, "emoji": False}}
        for words in (title, body)
        if words
    ]
    if url:
        button = {"type": "button", "text": {"type": "plain_text", "text": _("Open")}, "url": url}
        blocks.append({"type": "actions", "elements": [button]})
    # Shown where blocks are not; in it &, < and > begin mentions and links.
    text = title.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {"text": text, "blocks": blocks, "unfurl_links": False, "unfurl_media": False}


def _teams(title: str, body: str, url: str) -> dict[str, Any]:
    lines = [
        {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": words, "weight": weight}]}
        for words, weight in ((title, "Bolder"), (body, "Default"))
        if words
    ]
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard", "version": "1.4", "body": lines,
    }  # fmt: skip
    if url:
        card["actions"] = [{"type": "Action.OpenUrl", "title": _("Open"), "url": url}]
    attached = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return {"type": "message", "attachments": [attached]}


def _google(title: str, body: str, url: str) -> dict[str, Any]:
    def safe(words: str) -> str:
        # A card's text knows a little HTML.
        return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    widgets: list[dict[str, Any]] = [{"textParagraph": {"text": safe(body)}}] if body else []
    if url:
        button = {"text": _("Open"), "onClick": {"openLink": {"url": url}}}
        widgets.append({"buttonList": {"buttons": [button]}})
    card = {"header": {"title": title}, "sections": [{"widgets": widgets}] if widgets else []}
    return {"cardsV2": [{"cardId": "notice", "card": card}]}


CHATS: dict[str, Chat] = {
    AlertHook.Kind.SLACK: Chat(
        "Slack", re.compile(r"hooks\.slack(-gov)?\.com"), re.compile(r"/(services|workflows)/\S+"),
        "https://hooks.slack.com/services/…", _slack,
    ),
    AlertHook.Kind.TEAMS: Chat(
        "Microsoft Teams",
        re.compile(r"[a-z0-9-]+\.webhook\.office\.com|[a-z0-9.-]+\.logic\.azure\.com"
                   r"|[a-z0-9.-]+\.environment\.api\.powerplatform\.com"),
        re.compile(r"/(webhookb2|workflows|powerautomate)/\S+"),
        "https://….logic.azure.com/workflows/…", _teams,
    ),
    AlertHook.Kind.GOOGLE_CHAT: Chat(
        "Google Chat", re.compile(r"chat\.googleapis\.com"),
        re.compile(r"/v1/spaces/[^/\s]+/messages\S*"),
        "https://chat.googleapis.com/v1/spaces/…", _google,
    ),
}  # fmt: skip


def problem_of(kind: str, url: str) -> str:
    """Say what is wrong with the address of an incoming webhook, '' when it may be kept."""
    chat = CHATS.get(kind)
    if chat is None:
        return _("Choose Slack, Microsoft Teams or Google Chat.")
    # Workflows of Microsoft write the usual port into their addresses.
    url = url.replace(":443/", "/", 1)
    try:
        _scheme, host, _port, path = outgoing.checked(url)
    except Refused:
        host = path = ""
    if chat.hosts.fullmatch(host) and chat.path.fullmatch(path):
        return ""
    return _("That is no incoming webhook of %(chat)s. It begins like %(example)s") % {
        "chat": chat.name, "example": chat.example,
    }  # fmt: skip


def send(kind: str, url: str, title: str, body: str, link: str) -> Sent:
    """Post one notice, in no transaction. link: the absolute address of what it is about, or ''."""
    chat = CHATS[kind]
    if problem_of(kind, url):
        return Sent("refused", f"The address is none of {chat.name}.")
    content = json.dumps(chat.body(title, body, link)).encode()
    base, private = settings.CHAT_WEBHOOK_BASE_URL, outgoing.private_allowed()
    if base:
        parts = urlsplit(url)
        url = f"{base}{parts.path}" + (f"?{parts.query}" if parts.query else "")
    sent = outgoing.post(url, content, {"Content-Type": "application/json"}, allow_private=private)
    return Sent(sent.kind, f"{chat.name}: {sent.reason}" if sent.reason else "", sent.retry_seconds)
