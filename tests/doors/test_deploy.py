"""Image, compose file, proxy and handbook say the same and name only what exists."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from config.checkout import product_names

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = (ROOT / "compose.yaml").read_text()
SERVICES = yaml.safe_load(COMPOSE)["services"]
HANDBOOK = (ROOT / "docs" / "deploy.md").read_text()


def test_every_process_of_the_platform_is_there() -> None:
    assert set(SERVICES) == {
        *(
            "postgres",
            "redis",
            "migrate",
            "web",
            "worker-realtime",
            "worker-bulk",
            "worker-hooks",
            "beat",
        ),
        "proxy",
    }
    roles = {name: SERVICES[name]["environment"]["RINGBACK_ROLE"] for name in ("web", "beat")}
    assert roles == {"web": "web", "beat": "beat"}
    for name in ("worker-realtime", "worker-bulk", "worker-hooks"):
        assert SERVICES[name]["environment"]["RINGBACK_ROLE"] == "worker"
        assert f"`{SERVICES[name]['command']}`" in HANDBOOK


def test_compose_and_proxy_read_only_documented_variables() -> None:
    caddy = (ROOT / "deploy" / "Caddyfile").read_text()
    named = set(re.findall(r"\$\{(\w+)", COMPOSE)) | set(re.findall(r"\{\$(\w+)", caddy))
    assert named
    assert named <= product_names()


def test_the_proxy_lets_a_file_through_that_the_page_takes() -> None:
    """A photograph of a phone has some megabytes; the other forms stay small."""
    from messaging.attachments.outgoing import MAX_UPLOAD
    from messaging.senders.port_form import BILL_AT_MOST

    caddy = (ROOT / "deploy" / "Caddyfile").read_text()
    for path in ("/c/*/attachments/", " /agency/*\n"):
        assert caddy.count(path) == 2, "named as an upload, and taken out of the rest"
    limit = re.search(r"@upload \{\s+max_size (\d+)MB", caddy)
    assert limit and int(limit[1]) * 1_000_000 > max(MAX_UPLOAD, BILL_AT_MOST)


def test_both_lanes_of_the_settings_have_a_worker() -> None:
    from config.celery_settings import LANES

    served = []
    for service in SERVICES.values():
        if found := re.search(r"-Q (\S+)", str(service.get("command", ""))):
            served += found[1].split(",")
    assert sorted(served) == sorted(LANES)


def test_files_the_handbook_points_to_exist() -> None:
    for name in re.findall(r"\]\(([^)#]+)\)", HANDBOOK):
        assert (ROOT / "docs" / name).exists(), name
    for name in re.findall(r"`((?:requirements|compose)[\w.-]*)`", HANDBOOK):
        assert (ROOT / name).exists(), name
