"""Notices by e-mail: plain words and a simple page, a link that opens the thread, nothing secret."""

from __future__ import annotations

import smtplib
from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation

from inbox.notices.outgoing import Sent
from inbox.notices.plain import shortened
from tenants import brands


@dataclass(frozen=True, slots=True)
class Letter:
    """One e-mail. link and settings_link are absolute; lines: more of the body, a list each."""

    to: str
    language: str
    business: str
    title: str
    body: str
    link: str
    settings_link: str
    ident: str = ""
    lines: tuple[str, ...] = ()


def send(letter: Letter) -> Sent:
    """Hand one e-mail over, in no transaction. Never raises for what may be expected."""
    if not settings.HAS_EMAIL:
        return Sent("refused", "E-mail is not set up on this server.")
    try:
        _message(letter).send()
    except smtplib.SMTPRecipientsRefused as problem:
        codes = [code for code, _words in problem.recipients.values()]
        return _judged(min(codes, default=500), "the address")
    except smtplib.SMTPResponseException as problem:
        return _judged(problem.smtp_code, "the letter")
    except (smtplib.SMTPException, OSError) as problem:
        return Sent("retry", f"The mail server did not answer ({type(problem).__name__}).")
    except ValueError as problem:
        return Sent("refused", f"The e-mail cannot be written ({type(problem).__name__}).")
    return Sent("sent")


def _message(letter: Letter) -> EmailMultiAlternatives:
    with translation.override(letter.language or None):
        context = {"letter": letter}
        text = render_to_string("notices/email.txt", context)
        page = render_to_string("notices/email.html", context)
    # A header is one line; what comes from outside is one line already (inbox/notices/plain.py).
    subject = shortened(" ".join(f"{letter.title} · {letter.business}".split()), 150)
    headers = {
        "List-Unsubscribe": f"<{letter.settings_link}>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }
    brand = brands.current()
    message = EmailMultiAlternatives(
        subject, text, brand.sender, [letter.to], headers=headers, reply_to=brand.answers
    )
    message.attach_alternative(page, "text/html")
    return message


def _judged(code: int, what: str) -> Sent:
    """4xx of SMTP is for now, 5xx for good (RFC 5321 4.2.1)."""
    if 400 <= code < 500:
        return Sent("retry", f"The mail server does not take {what} just now ({code}).")
    return Sent("refused", f"The mail server refused {what} ({code}).")
