"""Write what developers take with them: the OpenAPI document, a Postman collection, a Python client."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    """`manage.py api_files DIRECTORY`: openapi.json, postman.json and client.py, as the API is now."""

    help = "Writes openapi.json, postman.json and client.py, made from the API as it is."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to, and at which address the API stands."""
        parser.add_argument("directory", type=Path)
        parser.add_argument("--base", default=settings.PUBLIC_BASE_URL)

    def handle(self, *args: Any, directory: Path, base: str, **options: Any) -> None:
        """Make the three files."""
        from drf_spectacular.generators import SchemaGenerator

        from config import api_files

        document = json.loads(
            json.dumps(SchemaGenerator().get_schema(request=None, public=True), default=str)  # type: ignore[no-untyped-call]
        )
        document["servers"] = [{"url": base}]
        directory.mkdir(parents=True, exist_ok=True)
        files = {
            "openapi.json": json.dumps(document, indent=1, ensure_ascii=False),
            "postman.json": json.dumps(
                api_files.postman(document, base), indent=1, ensure_ascii=False
            ),
            "client.py": api_files.client(document, base),
        }
        for name, text in files.items():
            (directory / name).write_text(text + "\n", encoding="utf-8")
            self.stdout.write(str(directory / name))
