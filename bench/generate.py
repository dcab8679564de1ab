"""Makes businesses: `python -m bench.generate COUNT` brings a database to that many. Idempotent.

Each goes through the product's own onboarding. Two processes share the work, by account, because
onboarding locks the account's row.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

from bench.traffic import ACCOUNTS, line

ZONES = ("America/Chicago", "America/Phoenix", "America/New_York", "America/Los_Angeles")
OWNER = "owner@bench.example"
STAFF = "+13125550142"


def onboard_one(position: int) -> None:
    """Bring business number `position` (from 0) live."""
    from tenants.onboarding import Request, onboard

    ours = line(position)
    onboard(
        Request(
            agency=f"Bench agency {position % ACCOUNTS}",
            name=f"Bench {position:05d}",
            timezone=ZONES[position % len(ZONES)],
            number=ours.number,
            provider="twilio",
            account_sid=ours.account_sid,
            auth_token=ours.token,
            owner_email=OWNER,
            forward_to=(STAFF,),
            password="not-used-by-anybody",
        )
    )


def missing(count: int) -> list[int]:
    """Return the positions below `count` whose business does not exist yet."""
    from tenants.models import PhoneNumber

    present = set(PhoneNumber.objects.values_list("e164", flat=True))
    return [position for position in range(count) if line(position).number not in present]


def work(count: int, share: int, shares: int) -> None:
    """Make this process's share of what is missing, one output line for each."""
    for position in missing(count):
        if position % ACCOUNTS % shares == share:
            onboard_one(position)
            print(position, flush=True)


def refresh_tokens() -> None:
    """Write every account's token again, encrypted with the key of this run."""
    from tenants.models import ProviderAccount

    for position in range(ACCOUNTS):
        ours = line(position)
        ProviderAccount.objects.filter(account_sid=ours.account_sid).update(
            auth_token=ours.token, previous_auth_token=""
        )


def generate(count: int) -> None:
    """Prepare the database and bring it to `count` businesses, with a progress line on a terminal."""
    from django.core.management import call_command

    call_command("prepare_database")
    refresh_tokens()
    wanted = missing(count)
    if not wanted:
        return
    onboard_one(wanted[0])  # the owner and the first account exist once before there are two of us
    started, done = time.monotonic(), 1
    shares = 2 if len(wanted) > 10 else 1
    words = [sys.executable, "-m", "bench.generate", str(count)]
    workers = [
        subprocess.Popen([*words, f"{share}/{shares}"], stdout=subprocess.PIPE, text=True)
        for share in range(shares)
    ]
    try:
        streams = [worker.stdout for worker in workers if worker.stdout]
        for _ in _lines(streams):
            done += 1
            if sys.stderr.isatty():
                _progress(done, len(wanted), time.monotonic() - started)
    finally:
        codes = [worker.wait() for worker in workers]
    if any(codes):
        raise SystemExit("making businesses failed")
    refresh_tokens()
    taken = time.monotonic() - started
    print(f"{len(wanted)} businesses made in {taken:.0f} s", file=sys.stderr)


def _lines(streams: list) -> object:  # type: ignore[type-arg]
    import selectors

    with selectors.DefaultSelector() as selector:
        for stream in streams:
            selector.register(stream, selectors.EVENT_READ)
        while selector.get_map():
            for key, _ in selector.select():
                text = key.fileobj.readline()  # type: ignore[union-attr]
                if not text:
                    selector.unregister(key.fileobj)
                else:
                    yield text


def _progress(done: int, total: int, seconds: float) -> None:
    filled = int(30 * done / total)
    left = seconds / done * (total - done)
    bar = "█" * filled + "·" * (30 - filled)
    end = "\n" if done == total else ""
    print(f"\r  businesses {bar} {done:,}/{total:,}  {left:4.0f} s left ", end=end, file=sys.stderr)


def main() -> None:
    """Entry point."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    count = int(sys.argv[1])
    if len(sys.argv) > 2:
        share, shares = map(int, sys.argv[2].split("/"))
        work(count, share, shares)
    else:
        generate(count)


if __name__ == "__main__":
    main()
