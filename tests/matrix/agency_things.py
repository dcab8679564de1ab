"""One of everything of the plumber's agency that an address may name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from inbox.agency.imports import importing
from inbox.agency.playbooks import pushing, saving
from integrations.models import Endpoint
from tenants.models import (
    AgencyDomain,
    ApiKey,
    Invitation,
    Membership,
    PlaybookUse,
    Role,
    User,
)
from tests.matrix.things import make
from tests.support.world import Biz


def agency_things_of(biz: Biz) -> dict[str, Any]:
    """Return what stands for each argument of an agency's addresses, by its address where two mean other things."""
    now, agency = timezone.now(), biz.business.agency
    said: dict[str, Any] = {"by": "Mia", "door": "page", "at": now}
    version, _left = saving.save(agency, biz.business, name="Ours", chosen={"hours"}, **said)
    push = pushing.make(version, [biz.business], sections={"hours"}, **said)
    brought = importing.bring(agency, b"name\nElm Dental\n", "new.csv", settled={}, **said)
    member = User.objects.create_user("ann@northwind.example", "x", name="Ann")
    gone = User.objects.create_user("abe@northwind.example", "x", name="Abe")
    here = Membership.objects.create(user=member, agency=agency, role=Role.AGENCY_MEMBER)
    out = Membership.objects.create(
        user=gone, agency=agency, role=Role.AGENCY_MEMBER, is_active=False
    )
    invitation = make(
        Invitation, token_hash="a", email="new@northwind.example", agency=agency,
        role=Role.AGENCY_MEMBER, invited_by=biz.owner, expires_at=now + timedelta(days=1),
    )  # fmt: skip
    domain = make(AgencyDomain, agency=agency, domain="app.northwind.example")
    key, _secret = ApiKey.issue(agency, "Ours")
    endpoint = make(Endpoint, agency=agency, url="https://x.example/", secret="s")
    return {
        "key_id": key.pk,
        **{
            f"agency:{name}.endpoint_id": endpoint.pk
            for name in ("webhook", "webhook-change", "deliveries-csv")
        },
        "agency:webhook-change.act": "pause",
        "agency:key-change.act": "revoke",
        "agency_id": agency.pk,
        "business_id": biz.business.pk,
        "playbook_id": version.playbook_id,
        "push_id": push.pk,
        "use_id": PlaybookUse.objects.get(push=push.pk).pk,
        "import_id": brought.pk,
        "domain_id": domain.pk,
        "step": "facts",
        "agency:member-back.membership_id": out.pk,
        **{f"agency:member-{act}.membership_id": here.pk for act in ("role", "out")},
        **{f"agency:member-{act}.invitation_id": invitation.pk for act in ("resend", "withdraw")},
    }
