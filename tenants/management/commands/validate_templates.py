"""`manage.py validate_templates`: compile every template of the project."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.template import TemplateDoesNotExist, TemplateSyntaxError, engines
from django.template.base import FilterExpression, Template
from django.template.loader_tags import ExtendsNode, IncludeNode


class Command(BaseCommand):
    """Finds unknown tags and filters, broken syntax, and parents and includes that do not exist."""

    help = "Compile every template of the project; exit 1 naming each file and its error."

    def handle(self, *args: Any, **options: Any) -> None:
        """Compile them all. Raises CommandError when one is broken."""
        count = broken = 0
        for folder in self._folders():
            for path in sorted(folder.rglob("*")):
                if path.suffix not in {".html", ".txt", ".xml", ".css"} or not path.is_file():
                    continue
                count += 1
                name = path.relative_to(folder).as_posix()
                for error in self._errors(name):
                    broken += 1
                    self.stderr.write(f"{path.relative_to(settings.BASE_DIR)}: {error}")
        if broken:
            raise CommandError(f"{broken} errors in {count} templates")
        self.stdout.write(f"{count} templates compile")

    @staticmethod
    def _folders() -> list[Path]:
        base = Path(settings.BASE_DIR)
        folders = [Path(folder) for engine in engines.all() for folder in engine.dirs]
        folders += [Path(app.path) / "templates" for app in apps.get_app_configs()]
        environment = base / ".venv"
        ours = {f for f in folders if f.is_relative_to(base) and not f.is_relative_to(environment)}
        return sorted(folder for folder in ours if folder.is_dir())

    def _errors(self, name: str) -> Iterator[str]:
        backend: Any = engines["django"]
        engine = backend.engine
        try:
            template = engine.get_template(name)
        except (TemplateSyntaxError, TemplateDoesNotExist, UnicodeDecodeError) as error:
            yield f"{type(error).__name__}: {error}"
            return
        for wanted in self._wanted(template):
            try:
                engine.get_template(wanted.partition("#")[0])
            except TemplateDoesNotExist:
                yield f"there is no template {wanted}"
            except TemplateSyntaxError:
                continue  # named at its own file

    @staticmethod
    def _wanted(template: Template) -> Iterator[str]:
        nodes = [
            *((node, "template") for node in template.nodelist.get_nodes_by_type(IncludeNode)),
            *((node, "parent_name") for node in template.nodelist.get_nodes_by_type(ExtendsNode)),
        ]
        for node, attribute in nodes:
            expression = getattr(node, attribute)
            # A name that is known only when the page is rendered cannot be checked here.
            if isinstance(expression, FilterExpression) and isinstance(expression.var, str):
                yield expression.var
