"""`manage.py translations`: bring the Spanish catalogue in line with what is asked for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.translating import Phrase, wanted

_HOLES = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


class Command(BaseCommand):
    """For whoever writes words: polib comes with the tools, not with the product."""

    help = "Add new phrases to config/locale/*/LC_MESSAGES/django.po, drop old ones, and compile."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take --check."""
        parser.add_argument(
            "--check", action="store_true", help="Change nothing; fail while a phrase is missing."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Go through the catalogues. Raises CommandError where --check finds something missing."""
        try:
            import polib
        except ImportError:
            raise CommandError(
                "polib is not installed: it comes with requirements-dev.lock"
            ) from None
        found = wanted(Path(settings.BASE_DIR)).places
        lacking = 0
        for language, name in settings.LANGUAGES:
            if language == settings.LANGUAGE_CODE:
                continue
            path = Path(settings.LOCALE_PATHS[0]) / language / "LC_MESSAGES" / "django.po"
            catalogue = polib.pofile(str(path)) if path.exists() else polib.POFile()
            catalogue.metadata = {
                "Content-Type": "text/plain; charset=UTF-8",
                "Content-Transfer-Encoding": "8bit",
                "Language": language,
                "Plural-Forms": "nplurals=2; plural=(n != 1);",
            }
            known = {Phrase(e.msgid, e.msgid_plural, e.msgctxt or ""): e for e in catalogue}
            entries = []
            for phrase in sorted(
                found, key=lambda each: (found[each][0].rpartition(":")[0], each.text)
            ):
                entry = known.get(phrase) or polib.POEntry(
                    msgid=phrase.text, msgid_plural=phrase.plural, msgctxt=phrase.context or None,
                    **({"msgstr_plural": {0: "", 1: ""}} if phrase.plural else {}),
                )  # fmt: skip
                entry.occurrences = [(place.rpartition(":")[0], "") for place in found[phrase]]
                entry.occurrences = list(dict.fromkeys(entry.occurrences))
                entry.flags = []
                entries.append(entry)
            missing = [entry for entry in entries if not entry.translated() or not fits(entry)]
            lacking += len(missing)
            self.stdout.write(f"{name}: {len(entries)} phrases, {len(missing)} missing or misfit")
            for entry in missing[:20] if options["check"] else ():
                self.stdout.write(f"  {entry.occurrences[0][0]}: {entry.msgid[:90]!r}")
            if not options["check"]:
                catalogue[:] = entries
                path.parent.mkdir(parents=True, exist_ok=True)
                catalogue.save(str(path))
                catalogue.save_as_mofile(str(path.with_suffix(".mo")))
        if options["check"] and lacking:
            raise CommandError(f"{lacking} phrases lack their translation")


def fits(entry: Any) -> bool:
    """Whether a translation (of polib) has exactly the holes of its text."""
    texts = [entry.msgstr] if not entry.msgid_plural else list(entry.msgstr_plural.values())
    holes = sorted(_HOLES.findall(entry.msgid_plural or entry.msgid))
    last = texts[-1] if texts else ""
    return sorted(_HOLES.findall(last)) == holes
