"""`manage.py validate_templates`: compile every template of the project, and ask each room about its texts."""

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
from django.utils.module_loading import import_string, module_has_submodule


class Command(BaseCommand):
    """Finds unknown tags and filters, broken syntax, and parents and includes that do not exist.

    A room with texts of its own has a module `template_checks`, whose `problems()` yields
    (which text, what is wrong, whether it is an error). Lower rooms never import upper ones, so they
    are found by that name.
    """

    help = "Compile every template and check every stored text; exit 1 naming each and its error."

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
        for name, sentence, is_error in self._told():
            broken += is_error
            self.stderr.write(f"{name}: {'' if is_error else 'warning: '}{sentence}")
        if broken:
            raise CommandError(f"{broken} errors in {count} templates")
        self.stdout.write(f"{count} templates compile")

    def _told(self) -> Iterator[tuple[str, str, bool]]:
        for app in apps.get_app_configs():
            if self._is_ours(Path(app.path)) and module_has_submodule(
                app.module, "template_checks"
            ):
                yield from import_string(f"{app.name}.template_checks.problems")()

    def _folders(self) -> list[Path]:
        folders = [Path(folder) for engine in engines.all() for folder in engine.dirs]
        folders += [Path(app.path) / "templates" for app in apps.get_app_configs()]
        ours = {folder for folder in folders if self._is_ours(folder)}
        return sorted(folder for folder in ours if folder.is_dir())

    @staticmethod
    def _is_ours(folder: Path) -> bool:
        base = Path(settings.BASE_DIR)
        return folder.is_relative_to(base) and not folder.is_relative_to(base / ".venv")

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
