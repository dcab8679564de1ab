"""What the environment may say: a nonsensical value stops the start with its name."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from config import probes
from config.env import BadEnvironment

ROOT = Path(__file__).resolve().parents[2]
READ = re.compile(r"""(?:\benv\.\w+\(|env(?:iron)?(?:\.get\(|\[))\s*"([A-Z][A-Z0-9_]+)\"""")
# Of Python's packages and of the terminal; the product only sets or obeys them.
NOT_OURS = {"DJANGO_SETTINGS_MODULE", "CELERY_SKIP_CHECKS", "NO_COLOR"}
PRODUCTION = {
    "RINGBACK_ENV": "production",
    "PUBLIC_BASE_URL": "https://ringback.example",
    "BASE_DOMAIN": "ringback.example",
    "ALLOWED_HOSTS": "ringback.example,.ringback.example",
    "SIMULATOR_ENABLED": "0",
}


def documented() -> dict[str, str]:
    """Each variable of .env.example with the line above it."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    pairs = zip(lines[1:], lines, strict=False)
    return {
        line.partition("=")[0]: above for line, above in pairs if re.match(r"[A-Z_0-9]+=", line)
    }


@pytest.fixture
def start(monkeypatch):
    """Read the settings as a starting process does, with some variables set otherwise."""
    monkeypatch.setattr("config.logs.configure", lambda *args, **options: None)

    def read(**environment):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(ROOT / "config" / "settings.py"))

    return read


def test_every_variable_is_documented_in_a_line_of_its_own():
    read = set()
    for path in (ROOT / "config").glob("*.py"):
        read |= set(READ.findall(path.read_text()))
    assert {"SECRET_KEY", "LOG_JSON", "WEB_CONCURRENCY", "AGENDA_LEASE_SECONDS"} <= read
    lines = documented()
    assert read - NOT_OURS - set(lines) == set()
    assert all(above.startswith("# ") for above in lines.values())


def test_nothing_is_documented_that_nobody_reads():
    files = [*(ROOT / "config").glob("*.py"), ROOT / "compose.yaml", ROOT / "Dockerfile"]
    whole = "\n".join(path.read_text() for path in files)
    assert {name for name in documented() if not re.search(rf"\b{name}\b", whole)} == set()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SENTRY_DSN", "foo"),
        ("SENTRY_DSN", "https://host/1"),
        ("BASE_DOMAIN", "https://x y"),
        ("BASE_DOMAIN", "ringback.example:8000"),
        ("BASE_DOMAIN", "-x.example"),
        ("ALLOWED_HOSTS", "https://bad/"),
        ("ALLOWED_HOSTS", "good.example,bad host"),
        ("ALLOWED_HOSTS", ","),
        ("DATABASE_URL", "postgres://user:secret@host:5432"),
        ("DATABASE_URL", "postgres://user:secret@host:5432/"),
        ("DATABASE_URL", "postgres://user:secret@host/name?sslmood=require"),
        ("REDIS_URL", "redis://:secret@h/abc"),
        ("REDIS_URL", "redis://:secret@h/0/1"),
        ("PORT", "http"),
        ("PORT", "70000"),
        ("WEB_CONCURRENCY", "0"),
    ],
)
def test_nonsense_stops_the_start_with_its_name(name, value, start):
    with pytest.raises(BadEnvironment, match=f"^{name} ") as stopped:
        start(**{name: value})
    assert "secret" not in str(stopped.value)
    assert re.search("[Ee]xpected", str(stopped.value))


def test_the_celery_settings_read_the_same(monkeypatch):
    monkeypatch.setenv("REDIS_URL", "redis://h/abc")
    with pytest.raises(BadEnvironment, match=r"^REDIS_URL "):
        runpy.run_path(str(ROOT / "config" / "celery_settings.py"))


@pytest.mark.parametrize(
    ("name", "value"),
    [("SIMULATOR_ENABLED", "1"), ("PUBLIC_BASE_URL", "http://ringback.example")],
)
def test_production_refuses_what_is_weak(name, value, start):
    assert start(**PRODUCTION)["IS_PRODUCTION"]
    with pytest.raises(BadEnvironment, match=f"^{name} "):
        start(**{name: value})


def test_the_image_is_built_with_values_that_production_takes(start):
    build = dict(
        re.findall(r"^(?:RUN )? *([A-Z_]+)=(\S+) \\$", (ROOT / "Dockerfile").read_text(), re.M)
    )
    assert {"RINGBACK_ENV", "SECRET_KEY", "DATABASE_URL", "PUBLIC_BASE_URL"} <= set(build)
    more = {"SIMULATOR_ENABLED": "", "ALLOWED_HOSTS": ""}
    assert start(**more, **build)["BASE_DOMAIN"] == build["BASE_DOMAIN"]


@pytest.mark.parametrize("role", ["web", "worker", "command"])
def test_options_of_the_database_reach_every_connection(role, start):
    url = "postgres://u:p@h/n?sslmode=require&options=-c%20work_mem%3D8MB"
    made = start(DATABASE_URL=url, RINGBACK_ROLE=role)["DATABASES"]["default"]
    assert (made["NAME"], made["HOST"], made["PORT"]) == ("n", "h", 5432)
    assert made["OPTIONS"]["sslmode"] == "require"
    assert made["OPTIONS"]["options"].startswith("-c work_mem=8MB")
    assert ("enable_seqscan=off" in made["OPTIONS"]["options"]) is (role == "worker")


def test_a_probe_connects_with_the_same_options(settings, monkeypatch):
    asked = {}
    monkeypatch.setattr("psycopg.connect", lambda **options: asked.update(options))
    settings.DATABASE_QUERY = {"sslmode": "require", "connect_timeout": "60"}
    probes._connect()
    assert (asked["sslmode"], asked["connect_timeout"]) == ("require", 2)
