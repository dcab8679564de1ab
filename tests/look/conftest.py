"""Owners of two agencies at their pages, and a resolver that says what a test wants."""

from __future__ import annotations

import socket
import struct
import threading

import pytest

from tenants import brands
from tenants.models import Agency, AgencyDomain, Domain, Membership, Role
from tests.inbox.conftest import Member, agent, manager, other_owner, owner

__all__ = ["agent", "manager", "other_owner", "owner"]
PUBLIC = "localhost"
FIELDS = ("brand_name", "colour", "logo", "sender_email", "support_email")


@pytest.fixture(autouse=True)
def undressed(world):
    """No brand and no domain outlives a test."""
    brands.forget()
    yield
    hosts = AgencyDomain.objects.values_list("domain", flat=True)
    for host in hosts:
        Domain.objects.filter(domain__endswith=f".{host}").delete()
    AgencyDomain.objects.all().delete()
    for biz in (world.plumber, world.dentist):
        Domain.objects.filter(domain=biz.host).update(is_primary=True)
    Agency.objects.update(**dict.fromkeys(FIELDS, ""))
    brands.forget()


def agency_owner(biz):
    """The owner of a business's agency, at the public host."""
    place = Membership.objects.select_related("user").get(
        agency=biz.business.agency, role=Role.AGENCY_OWNER
    )
    return Member(place.user, PUBLIC)


@pytest.fixture
def north(plumber):
    return agency_owner(plumber)


@pytest.fixture
def south(dentist):
    return agency_owner(dentist)


@pytest.fixture
def resolver(settings):
    """A resolver of our own; `.records` is what it says: name -> texts. None: it answers with rubbish."""
    with Resolver() as served:
        settings.DNS_RESOLVERS = [f"127.0.0.1#{served.port}"]
        yield served


class Resolver:
    """A DNS server that knows TXT records alone."""

    def __init__(self) -> None:
        self.records: dict[str, list[str] | None] = {}
        self.asked: list[str] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stop:
            stop.sendto(b"", ("127.0.0.1", self.port))
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            question, whom = self._socket.recvfrom(4096)
            if not question:
                return
            labels, at = [], 12
            while question[at]:
                labels.append(question[at + 1 : at + 1 + question[at]].decode())
                at += 1 + question[at]
            name = ".".join(labels)
            self.asked.append(name)
            texts = self.records.get(name, [])
            if texts is None:
                self._socket.sendto(b"\0" * 5, whom)
                continue
            flags = 0x8180 if texts else 0x8183
            head = question[:2] + struct.pack("!5H", flags, 1, len(texts), 0, 0)
            body = b"".join(
                b"\xc0\x0c"
                + struct.pack("!HHIH", 16, 1, 60, len(text) + 1)
                + bytes([len(text)])
                + text.encode()
                for text in texts
            )
            self._socket.sendto(head + question[12:] + body, whom)
