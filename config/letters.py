"""Where letters go on a machine without a mail server: one line each among the log's, never whole pages."""

from __future__ import annotations

import re
from typing import Any

from django.core.mail.backends.console import EmailBackend

_LINK = re.compile(r"https?://[^\s<>\"]+")


class OneLine(EmailBackend):
    """Writes "e-mail to ADDRESS: SUBJECT LINK", the link being the first of the plain words."""

    def write_message(self, message: Any) -> None:
        """Write one letter to the stream."""
        link = _LINK.search(message.body)
        parts = f"e-mail to {', '.join(message.recipients())}: {message.subject} {link[0] if link else ''}"
        self.stream.write(" ".join(parts.split()) + "\n")
