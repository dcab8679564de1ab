"""Twilio's registrations: TrustHub profiles, brands, campaigns, toll-free verification (telephony.md 2.7).

None of these APIs takes an idempotency key. Each thing is called by its mark, or hangs on one that
is, so that whoever is not sure looks for it first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from messaging.providers.base import Credentials
from messaging.providers.pool import NEVER_LEFT
from messaging.providers.registering import Filed, Part
from messaging.providers.twilio_client import client
from messaging.providers.twilio_forms import (
    A2P_POLICY,
    PROFILE_POLICY,
    address,
    business,
    campaign,
    campaign_change,
    details,
    person,
    toll_free,
)
from messaging.senders.dossier import NUMBER, TOLL_FREE, Dossier

_APPROVED, _REVIEWED = "twilio-approved", frozenset({"pending-review", "in-review"})
_NO_PRIMARY = (
    "The account has no approved business profile of its own. Make one in the provider's console "
    "under Trust Hub first."
)


class _Refused(Exception):
    """The provider will not have it so."""

    def __init__(self, filed: Filed) -> None:
        super().__init__(filed.detail)
        self.filed = filed


class TwilioTrust:
    """The part of Twilio's adapter that files registrations."""

    registers = True

    @property
    def api_base_url(self) -> str:
        """Where the REST API answers."""
        raise NotImplementedError

    def file_part(self, account: Credentials, part: Part, dossier: Dossier) -> Filed:
        """File one part, or see how it stands."""
        from twilio.base.exceptions import TwilioRestException

        sdk: Any = client(self.api_base_url, account.account_sid, account.token)
        try:
            return _of(part.name)(sdk, part, dossier)
        except _Refused as refused:
            return refused.filed
        except TwilioRestException as error:
            return _failed(error)
        except NEVER_LEFT as error:
            return Filed("unknown", detail=type(error).__name__)
        except Exception as error:
            return Filed("unknown", detail=type(error).__name__)


Filer = Callable[[Any, Part, Dossier], Filed]


def _failed(error: Any) -> Filed:
    status, code = int(error.status or 0), str(error.code or "")
    if status == 429 or status >= 500 or status < 400:
        return Filed("unknown", code=code, detail=f"HTTP {status}")
    return Filed("refused", code=code, detail=str(error.msg or "")[:200])


def _of(name: str) -> Filer:
    if name.startswith(NUMBER):
        return _number
    if name.startswith(TOLL_FREE):
        return _toll_free
    return _FILERS[name]


def _named(rows: Iterable[Any], mark: str) -> str:
    return next((str(row.sid) for row in rows if row.friendly_name == mark), "")


def _made(part: Part, find: Callable[[], str], create: Callable[[], Any],
          change: Callable[[str], Any] | None = None) -> str:  # fmt: skip
    """Return the id of a thing: known, found, or made now; changed where that is wanted."""
    found = part.known_id or (find() if part.look_first else "")
    if not found:
        return str(create().sid)
    if part.again and change is not None:
        change(found)
    return found


def _profile(sdk: Any, part: Part, dossier: Dossier) -> Filed:
    shelf = sdk.trusthub.v1.customer_profiles
    wanted = {"friendly_name": part.mark, "email": dossier.contact_email}
    return Filed("done", _made(
        part,
        lambda: _named(shelf.list(friendly_name=part.mark, limit=20), part.mark),
        lambda: shelf.create(**wanted, policy_sid=PROFILE_POLICY),
        lambda sid: shelf(sid).update(**wanted),
    ))  # fmt: skip


def _trust_product(sdk: Any, part: Part, dossier: Dossier) -> Filed:
    shelf = sdk.trusthub.v1.trust_products
    wanted = {"friendly_name": part.mark, "email": dossier.contact_email}
    return Filed("done", _made(
        part,
        lambda: _named(shelf.list(friendly_name=part.mark, limit=20), part.mark),
        lambda: shelf.create(**wanted, policy_sid=A2P_POLICY),
        lambda sid: shelf(sid).update(**wanted),
    ))  # fmt: skip


def _end_user(kind: str, attributes: Callable[[Dossier], dict[str, Any]]) -> Filer:
    def file(sdk: Any, part: Part, dossier: Dossier) -> Filed:
        shelf = sdk.trusthub.v1.end_users
        wanted = attributes(dossier)
        return Filed("done", _made(
            part,
            # There is no filter by name: the list is read page by page, and only where it is not sure.
            lambda: _named(shelf.stream(page_size=100), part.mark),
            lambda: shelf.create(friendly_name=part.mark, type=kind, attributes=wanted),
            lambda sid: shelf(sid).update(attributes=wanted),
        ))  # fmt: skip

    return file


def _address(sdk: Any, part: Part, dossier: Dossier) -> Filed:
    shelf, wanted = sdk.addresses, address(dossier)
    without_country = {name: value for name, value in wanted.items() if name != "iso_country"}
    return Filed("done", _made(
        part,
        lambda: _named(shelf.list(friendly_name=part.mark, limit=20), part.mark),
        lambda: shelf.create(friendly_name=part.mark, **wanted),
        lambda sid: shelf(sid).update(**without_country),
    ))  # fmt: skip


def _document(sdk: Any, part: Part, dossier: Dossier) -> Filed:
    shelf = sdk.trusthub.v1.supporting_documents
    wanted = {"address_sids": part.ids["trusthub.address"]}
    return Filed("done", _made(
        part,
        lambda: _named(shelf.stream(page_size=100), part.mark),
        lambda: shelf.create(
            friendly_name=part.mark, type="customer_profile_address", attributes=wanted
        ),
    ))  # fmt: skip


def _submit_profile(sdk: Any, part: Part, dossier: Dossier) -> Filed:
    ids = part.ids
    bundle = sdk.trusthub.v1.customer_profiles(ids["trusthub.profile"])
    pieces = [
        ids[f"trusthub.{name}"] for name in ("business", "person", "document")
    ] + [_primary(sdk)]  # fmt: skip
    return _submitted(
        bundle, bundle.customer_profiles_entity_assignments,
        bundle.customer_profiles_evaluations, pieces, PROFILE_POLICY,
    )  # fmt: skip


def _submit_product(sdk: Any, part: Part, dossier: Dossier) -> Filed:
    ids = part.ids
    bundle = sdk.trusthub.v1.trust_products(ids["a2p.profile"])
    return _submitted(
        bundle, bundle.trust_products_entity_assignments, bundle.trust_products_evaluations,
        [ids["a2p.details"], ids["trusthub.profile"]], A2P_POLICY,
    )  # fmt: skip


def _primary(sdk: Any) -> str:
    """Return the account's own profile, which vouches for those of its customers."""
    approved = sdk.trusthub.v1.customer_profiles.list(status=_APPROVED, limit=1000)
    for row in approved:
        if row.policy_sid != PROFILE_POLICY:
            return str(row.sid)
    raise _Refused(Filed("refused", code="no_primary", detail=_NO_PRIMARY, fields=("account",)))


def _submitted(bundle: Any, joined: Any, checks: Any, pieces: list[str], policy: str) -> Filed:
    """Join what belongs to a bundle, have it evaluated, hand it in, and say how it stands."""
    state = bundle.fetch()
    if state.status == _APPROVED:
        return Filed("done", state.sid)
    if state.status in _REVIEWED:
        return Filed("waiting", state.sid)
    there = {row.object_sid for row in joined.list(limit=50)}
    for piece in pieces:
        if piece not in there:
            joined.create(object_sid=piece)
    found = checks.create(policy_sid=policy)
    if found.status != "compliant":
        wrong = [each for result in found.results or [] for each in result.get("invalid") or []]
        fields = tuple(str(each.get("object_field") or "") for each in wrong)
        said = " ".join(str(each.get("failure_reason") or "") for each in wrong)
        return Filed("refused", code="noncompliant", detail=said[:400], fields=fields)
    handed = bundle.update(status="pending-review")
    return Filed("done" if handed.status == _APPROVED else "waiting", handed.sid)


def _rejected_bundle(filer: Filer) -> Filer:
    """A bundle that was handed in and came back is a refusal, until it is handed in again."""

    def file(sdk: Any, part: Part, dossier: Dossier) -> Filed:
        if part.known_id and not part.again:
            profiles = sdk.trusthub.v1
            shelf = (
                profiles.customer_profiles if "trusthub" in part.name else profiles.trust_products
            )
            state = shelf(part.known_id).fetch()
            if state.status == "twilio-rejected":
                return _why(state.errors, "twilio-rejected")
        return filer(sdk, part, dossier)

    return file


def _brand(sdk: Any, part: Part, dossier: Dossier) -> Filed:
    shelf = sdk.messaging.v1.brand_registrations
    profile, product = part.ids["trusthub.profile"], part.ids["a2p.profile"]
    found = part.known_id
    if not found and part.look_first:
        rows = shelf.stream(page_size=100)
        found = next((row.sid for row in rows if row.customer_profile_bundle_sid == profile), "")
    if not found:
        made = shelf.create(
            customer_profile_bundle_sid=profile, a2p_profile_bundle_sid=product,
            brand_type="STANDARD",
            # Vetting costs money and lifts limits that a small business never meets.
            skip_automatic_sec_vet=dossier.use_case == "LOW_VOLUME",
        )  # fmt: skip
    else:
        made = shelf(found).update() if part.again else shelf(found).fetch()
    if made.status == "APPROVED":
        return Filed("done", made.sid)
    if made.status in ("FAILED", "SUSPENDED") and not part.again:
        why = _why(made.errors, made.failure_reason or made.status)
        return Filed("refused", made.sid, why.code, why.detail, why.fields)
    return Filed("waiting", made.sid)


def _service(sdk: Any, part: Part, dossier: Dossier) -> Filed:
    shelf = sdk.messaging.v1.services
    return Filed("done", _made(
        part,
        lambda: _named(shelf.stream(page_size=100), part.mark),
        # Texts come in by the number's own address, as they do before it is in a service.
        lambda: shelf.create(friendly_name=part.mark, use_inbound_webhook_on_number=True),
    ))  # fmt: skip


def _campaign(sdk: Any, part: Part, dossier: Dossier) -> Filed:
    shelf = sdk.messaging.v1.services(part.ids["a2p.service"]).us_app_to_person
    found = part.known_id
    if not found and part.look_first:
        found = next((row.sid for row in shelf.list(limit=20)), "")
    if not found:
        made = shelf.create(**campaign(dossier, part.ids["a2p.brand"]))
    else:
        one = shelf(found)
        made = one.update(**campaign_change(dossier)) if part.again else one.fetch()
    if made.campaign_status == "VERIFIED":
        return Filed("done", made.sid, detail=str(made.campaign_id or ""))
    if made.campaign_status in ("FAILED", "SUSPENDED") and not part.again:
        why = _why(made.errors, made.campaign_status)
        return Filed("refused", made.sid, why.code, why.detail, why.fields)
    return Filed("waiting", made.sid)


def _number(sdk: Any, part: Part, dossier: Dossier) -> Filed:
    e164 = part.name.removeprefix(NUMBER)
    shelf = sdk.messaging.v1.services(part.ids["a2p.service"]).phone_numbers
    for row in shelf.stream(page_size=100):
        if row.phone_number == e164:
            return Filed("done", row.sid)
    return Filed("done", shelf.create(phone_number_sid=_number_id(sdk, e164)).sid)


def _toll_free(sdk: Any, part: Part, dossier: Dossier) -> Filed:
    shelf = sdk.messaging.v1.tollfree_verifications
    number_id = _number_id(sdk, part.name.removeprefix(TOLL_FREE))
    found = part.known_id
    if not found and part.look_first:
        found = next((r.sid for r in shelf.list(tollfree_phone_number_sid=number_id, limit=20)), "")
    if not found:
        made = shelf.create(tollfree_phone_number_sid=number_id, **toll_free(dossier, part.mark))
    elif part.again:
        form = toll_free(dossier, part.mark)
        form.pop("external_reference_id")
        made = shelf(found).update(**form)
    else:
        made = shelf(found).fetch()
    if made.status == "TWILIO_APPROVED":
        return Filed("done", made.sid)
    if made.status == "TWILIO_REJECTED" and not part.again:
        code, said = str(made.error_code or ""), str(made.rejection_reason or "")
        return Filed("refused", made.sid, code, said[:400])
    return Filed("waiting", made.sid)


def _number_id(sdk: Any, e164: str) -> str:
    for row in sdk.incoming_phone_numbers.list(phone_number=e164, limit=20):
        if row.phone_number == e164:
            return str(row.sid)
    detail = f"The account does not hold {e164}."
    raise _Refused(Filed("refused", code="no_number", detail=detail, fields=("number",)))


def _why(errors: Any, otherwise: str) -> Filed:
    """Return the first of what a carrier named, in its own words; their shape differs by product."""
    rows = [row for row in errors or [] if isinstance(row, dict)]
    fields = tuple(str(name) for row in rows for name in row.get("fields") or [])
    first = rows[0] if rows else {}
    code = str(first.get("error_code") or first.get("code") or "")
    said = str(first.get("description") or first.get("message") or otherwise)
    return Filed("refused", code=code, detail=said[:400], fields=fields)


_FILERS: dict[str, Filer] = {
    "trusthub.profile": _profile,
    "trusthub.business": _end_user("customer_profile_business_information", business),
    "trusthub.person": _end_user("authorized_representative_1", person),
    "trusthub.address": _address,
    "trusthub.document": _document,
    "trusthub.submit": _rejected_bundle(_submit_profile),
    "a2p.profile": _trust_product,
    "a2p.details": _end_user("us_a2p_messaging_profile_information", details),
    "a2p.submit": _rejected_bundle(_submit_product),
    "a2p.brand": _brand,
    "a2p.service": _service,
    "a2p.campaign": _campaign,
}
