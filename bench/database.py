"""One database per number of businesses, kept between runs, made again when migrations change."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent
# What the traffic of a run leaves behind.
_TRAFFIC = (
    "messaging_refusal", "messaging_alert", "messaging_attachment", "messaging_message",
    "messaging_conversation", "messaging_contact", "messaging_consentdetail",
    "messaging_consentevent", "calls_call", "inbox_activity", "inbox_note", "inbox_mention",
    "inbox_notice", "inbox_promise", "inbox_searchentry", "inbox_wait",
)  # fmt: skip
_PUBLIC = (
    "tenants_agendaitem", "tenants_providerevent", "billing_usagerecord", "integrations_event",
    "integrations_endpoint",
)  # fmt: skip
_EMPTY_LEDGER = "UPDATE {}.messaging_ledgerhead SET seq = 0, row_hash = repeat('0', 64), day = NULL"


def name_of(businesses: int) -> str:
    """Return the name of the database that holds so many businesses."""
    return f"ringback_bench_{businesses}"


def url_of(businesses: int) -> str:
    """Return its address, on the server of DATABASE_URL."""
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name_of(businesses)}").geturl()


def fingerprint() -> str:
    """Return what a kept database depends on: every migration and how businesses are made."""
    digest = hashlib.sha256()
    for place in sorted(ROOT.glob("*/migrations/*.py")) + [
        ROOT / "tenants" / "playbooks.py",
        ROOT / "tenants" / "clone.py",
        Path(__file__).parent / "generate.py",
    ]:
        digest.update(place.read_bytes())
    return digest.hexdigest()[:32]


def prepare(businesses: int) -> None:
    """Make sure the database exists with its businesses and no traffic. Needs the right to create one.

    Tokens are written again each time: they are encrypted with the run's own key.
    """
    name, wanted = name_of(businesses), fingerprint()
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as admin:
        row = admin.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
            (name,),
        ).fetchone()
        if row is None or row[0] != wanted:
            admin.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )
            admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        env = os.environ | {"DATABASE_URL": url_of(businesses)}
        words = [sys.executable, "-m", "bench.generate", str(businesses)]
        subprocess.run(words, cwd=ROOT, env=env, check=True)
        admin.execute(
            sql.SQL("COMMENT ON DATABASE {} IS {}").format(
                sql.Identifier(name), sql.Literal(wanted)
            )
        )


def wipe(businesses: int) -> None:
    """Delete the traffic of earlier measurements, so that each starts from the same state."""
    with psycopg.connect(url_of(businesses), autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS public.bench_floor")
        connection.execute(
            "CREATE TABLE public.bench_floor (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "
            "account text, subject text, params jsonb, at timestamptz DEFAULT now())"
        )
        for table in _PUBLIC:
            connection.execute(f"TRUNCATE public.{table} CASCADE")  # type: ignore[call-overload]
        schemas = [
            row[0]
            for row in connection.execute(
                "SELECT schema_name FROM public.tenants_business WHERE schema_name <> 'public'"
            )
        ]
        with connection.transaction():
            # Foreign keys and the ledger's guards are set aside: a measurement begins with nothing.
            connection.execute("SET LOCAL session_replication_role = replica")
            for schema in schemas:
                statements = [
                    sql.SQL("DELETE FROM {}").format(sql.Identifier(schema, table))
                    for table in _TRAFFIC
                ]
                statements.append(sql.SQL(_EMPTY_LEDGER).format(sql.Identifier(schema)))
                connection.execute(sql.SQL("; ").join(statements))
        connection.execute("VACUUM ANALYZE")


def scalar(businesses: int, query: str) -> int:
    """Return one number from the database."""
    with psycopg.connect(url_of(businesses), autocommit=True) as connection:
        row = connection.execute(query).fetchone()  # type: ignore[call-overload]
    return int(row[0])
