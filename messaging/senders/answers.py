"""What carriers' refusals mean: a sentence for the agency, and the field to change. Pure.

Source: telephony.md 2.7; the provider's pages on errors 30790 to 30799, 30882 to 30909, 21736.
"""

from __future__ import annotations

# Provider's code -> sentence and our field.
_BY_CODE = {
    "no_primary": (
        "The account has no approved business profile of its own. Make one in the provider's console "
        "under Trust Hub first.",
        "account",
    ),
    "20003": ("The provider does not take the account's token. Enter it again.", "account"),
    "21736": ("The contact's e-mail address is not taken. Use one of the business's own domain.", "contact_email"),
    "30729": ("Businesses of this country cannot be registered.", "country"),
    "30883": ("A sample text has content that carriers do not allow. Change the texts.", "samples"),
    "30884": (
        "The carriers take it for spam. The same filing is not taken again: change texts and "
        "description, or ask the provider for an appeal.",
        "samples",
    ),
    "30886": ("The description does not say clearly who texts whom, and why.", "description"),
    "30893": ("A sample text does not fit: it must name the business and the way out.", "samples"),
    "30896": ("How people come to be texted is not described well enough.", "message_flow"),
    "30909": (
        "How people come to be texted could not be checked. Its page must be public, and name rates, "
        "frequency, STOP, privacy and terms.",
        "message_flow",
    ),
}  # fmt: skip
# Provider's field -> ours.
_FIELDS = {
    "business_name": "legal_name", "business_registration_number": "ein", "tax_id": "ein",
    "ein": "ein", "business_registration_identifier": "ein", "business_type": "legal_kind",
    "website_url": "website", "website": "website", "email": "contact_email",
    "brand_contact_email": "contact_email", "phone_number": "contact_phone",
    "first_name": "contact_name", "last_name": "contact_name", "business_title": "contact_title",
    "street": "street", "city": "city", "region": "region", "postal_code": "postcode",
    "iso_country": "country", "address_sids": "street", "description": "description",
    "campaign_description": "description", "message_flow": "message_flow",
    "message_samples": "samples", "account": "account", "number": "number",
    "privacy_policy_url": "privacy_url", "terms_and_conditions_url": "terms_url",
}  # fmt: skip
_BY_FIELD = {
    "ein": (
        "The tax authorities do not know this legal name under this EIN. Both must read as in the "
        "letter CP 575, to the comma."
    ),
    "legal_name": (
        "The legal name does not match the EIN. It must read as in the letter CP 575, to the comma."
    ),
    "website": "The website could not be checked. It must be public and name the business.",
    "contact_email": "The contact's e-mail address is not taken. Use one of the business's own domain.",
}


def explain(code: str, fields: tuple[str, ...], detail: str) -> tuple[str, str]:
    """Return a sentence and our field ('' where none is known) for what a carrier refused."""
    ours = next((_FIELDS[name.lower()] for name in fields if name.lower() in _FIELDS), "")
    if code in _BY_CODE:
        sentence, field = _BY_CODE[code]
        return sentence, ours or field
    if ours in _BY_FIELD:
        return _BY_FIELD[ours], ours
    said = f" (error {code})" if code.isdigit() else ""
    return f"It was refused: {detail or 'no reason was given'}{said}", ours
