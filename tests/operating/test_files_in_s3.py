"""Voicemails and greetings in S3: the storage the environment chooses, over HTTP, against what speaks S3."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.files.base import ContentFile
from django.utils.module_loading import import_string

from config import env, files


class Bucket(BaseHTTPRequestHandler):
    """As much of S3 as a storage asks for; every request must be signed."""

    kept: dict[str, bytes] = {}
    unsigned: list[str] = []

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", "Wed, 03 Jun 2026 15:00:00 GMT")
        self.send_header("ETag", '"0"')
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _key(self) -> str:
        if "AWS4-HMAC-SHA256 Credential=the-id/" not in self.headers.get("Authorization", ""):
            self.unsigned.append(self.path)
        return urlsplit(self.path).path

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if "aws-chunked" in self.headers.get("Content-Encoding", ""):
            whole, rest = b"", body
            while True:
                size, _, rest = rest.partition(b"\r\n")
                count = int(size.partition(b";")[0], 16)
                if not count:
                    break
                whole, rest = whole + rest[:count], rest[count + 2 :]
            body = whole
        self.kept[self._key()] = body
        self._answer(200)

    def do_GET(self) -> None:
        found = self.kept.get(self._key())
        self._answer(404 if found is None else 200, found or b"")

    do_HEAD = do_GET

    def do_DELETE(self) -> None:
        self.kept.pop(self._key(), None)
        self._answer(204)

    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture
def bucket() -> Iterator[str]:
    Bucket.kept, Bucket.unsigned = {}, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_files_go_to_the_bucket_and_come_back_signed(bucket, monkeypatch):
    for name, value in (
        ("FILES_IN", "s3"), ("S3_BUCKET", "voices"), ("S3_ENDPOINT_URL", bucket),
        ("S3_ACCESS_KEY_ID", "the-id"), ("S3_SECRET_ACCESS_KEY", "the-secret"),
    ):  # fmt: skip
        monkeypatch.setenv(name, value)
    chosen = files.storage(Path("/nowhere"))
    storage = import_string(chosen["BACKEND"])(**chosen["OPTIONS"])
    name = storage.save("voicemails/one.mp3", ContentFile(b"ID3 words"))
    assert Bucket.kept == {f"/voices/{name}": b"ID3 words"}
    assert storage.exists(name) and storage.open(name).read() == b"ID3 words"
    # What is there is never written over: two recordings are two files.
    assert storage.save("voicemails/one.mp3", ContentFile(b"other")) != name
    storage.delete(name)
    assert not storage.exists(name)
    assert Bucket.unsigned == []


def test_without_a_bucket_it_says_what_is_missing(monkeypatch):
    monkeypatch.setenv("FILES_IN", "s3")
    monkeypatch.delenv("S3_BUCKET", raising=False)
    with pytest.raises(env.BadEnvironment, match="S3_BUCKET"):
        files.storage(Path("/nowhere"))
