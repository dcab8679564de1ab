"""`manage.py validate_templates` passes on ours and names what is wrong with a broken one."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command


def test_ours_compile():
    out = io.StringIO()
    call_command("validate_templates", stdout=out)
    assert "templates compile" in out.getvalue()


def test_a_broken_one_is_named_with_its_error(tmp_path, settings):
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "syntax.html").write_text("{% if %}")
    (folder / "tag.html").write_text("{% nosuchtag %}")
    (folder / "parent.html").write_text('{% extends "nowhere.html" %}')
    (folder / "part.html").write_text('{% include "gone.html" %}{% include name %}')
    (folder / "fine.html").write_text('{% include "fine.html" %}')
    settings.BASE_DIR = tmp_path
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [folder]}]
    errors = io.StringIO()
    with pytest.raises(CommandError, match="4 errors in 5 templates"):
        call_command("validate_templates", stderr=errors)
    told = errors.getvalue()
    for name, why in [
        ("syntax.html", "TemplateSyntaxError"),
        ("tag.html", "nosuchtag"),
        ("parent.html", "nowhere.html"),
        ("part.html", "gone.html"),
    ]:
        assert any(name in line and why in line for line in told.splitlines()), told
