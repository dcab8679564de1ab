"""Handing a finished export to a browser or program, piece by piece and never whole in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator

from asgiref.sync import sync_to_async
from django.http import FileResponse

from messaging.evidence.export import Export

_PIECE = 64 * 1024


class Download(FileResponse):
    """The zip as an attachment; its SHA-256 stands in X-Content-SHA256. Closes the file at the end."""

    def __init__(self, export: Export) -> None:
        super().__init__(
            export.file, as_attachment=True, filename=export.name, content_type="application/zip"
        )
        self._file = export.file
        self["Content-Length"] = str(export.size)
        self["Cache-Control"] = "no-store"
        self["X-Content-SHA256"] = export.sha256

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Read in threads: the plain iterator would be read to its end before the first byte left."""
        while piece := await sync_to_async(self._file.read, thread_sensitive=False)(_PIECE):
            yield piece
