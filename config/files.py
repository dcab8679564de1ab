"""Where voicemails, recorded greetings and other uploads are kept: a directory, or S3.

Nothing is served by its path: pages ask who looks, providers bring a signature. Web and workers must
see the same files, so more than one machine needs S3 or whatever speaks it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from config import env


def storage(base_dir: Path) -> dict[str, Any]:
    """Return Django's default storage as the environment chooses it. Raises BadEnvironment."""
    if env.choice("FILES_IN", "directory", ("directory", "s3")) == "directory":
        return {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {
                "location": env.text("FILES_DIR", str(base_dir / "var" / "files")),
                "file_permissions_mode": 0o600,
                "directory_permissions_mode": 0o700,
            },
        }
    elsewhere = env.text("S3_ENDPOINT_URL", "")
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": env.text("S3_BUCKET"),
            "region_name": env.text("S3_REGION", "us-east-1"),
            "endpoint_url": env.url("S3_ENDPOINT_URL", schemes=("https", "http"))
            if elsewhere
            else None,
            "access_key": env.text("S3_ACCESS_KEY_ID", "") or None,
            "secret_key": env.text("S3_SECRET_ACCESS_KEY", "") or None,
            "default_acl": "private",
            "file_overwrite": False,
        },
    }
