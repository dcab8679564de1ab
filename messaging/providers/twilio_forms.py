"""A dossier as Twilio's registration forms want it. Pure. Source: telephony.md 2.7."""

from __future__ import annotations

from typing import Any

from messaging.senders.dossier import Dossier

PROFILE_POLICY = "RNdfbf3fae0e1107f8aded0e7cead80bf5"  # secondary customer profile
A2P_POLICY = "RNb0d4771c2c98518d916a3d4cd70a8f8b"
_KINDS = {
    "llc": "Limited Liability Corporation",
    "corporation": "Corporation",
    "sole_proprietor": "Sole Proprietorship",
    "partnership": "Partnership",
    "cooperative": "Co-operative",
    "non_profit": "Non-profit Corporation",
}
_INDUSTRIES = {
    "dental": "HEALTHCARE", "legal": "LEGAL", "accounting": "FINANCIAL", "auto": "AUTOMOTIVE",
    "salon": "CONSUMER", "plumbing": "CONSUMER", "hvac": "CONSUMER",
}  # fmt: skip
_POSITIONS = {"ceo": "CEO", "cfo": "CFO", "vp": "VP", "director": "Director", "manager": "GM"}


def business(dossier: Dossier) -> dict[str, Any]:
    """Return the business information of a customer profile."""
    return {
        "business_name": dossier.legal_name,
        "business_identity": "direct_customer",
        "business_type": _KINDS.get(dossier.kind, "Limited Liability Corporation"),
        "business_industry": _INDUSTRIES.get(dossier.vertical, "PROFESSIONAL_SERVICES"),
        "business_registration_identifier": "CBN" if dossier.country == "CA" else "EIN",
        "business_registration_number": dossier.ein,
        "business_regions_of_operation": "USA_AND_CANADA",
        "website_url": dossier.website,
        "social_media_profile_urls": "",
    }


def person(dossier: Dossier) -> dict[str, Any]:
    """Return its authorised representative."""
    title = dossier.contact_title or "Owner"
    known = (job for word, job in _POSITIONS.items() if word in title.lower().split())
    return {
        "first_name": dossier.first_name,
        "last_name": dossier.last_name,
        "email": dossier.contact_email,
        "phone_number": dossier.contact_phone,
        "business_title": title,
        "job_position": next(known, "Other"),
    }


def address(dossier: Dossier) -> dict[str, str]:
    """Return the address."""
    return {
        "customer_name": dossier.legal_name,
        "street": dossier.street,
        "city": dossier.city,
        "region": dossier.region,
        "postal_code": dossier.postcode,
        "iso_country": dossier.country,
    }


def details(dossier: Dossier) -> dict[str, Any]:
    """Return what a business that texts says of itself. Listed companies register by hand."""
    return {"company_type": "non-profit" if dossier.kind == "non_profit" else "private"}


def campaign(dossier: Dossier, brand_id: str) -> dict[str, Any]:
    """Return a campaign."""
    return {
        **campaign_change(dossier),
        "brand_registration_sid": brand_id,
        "us_app_to_person_usecase": dossier.use_case,
        "help_message": dossier.help_message[:320],
        "opt_out_message": dossier.stop_message[:320],
        "opt_out_keywords": ["STOP", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"],
        "help_keywords": ["HELP", "INFO"],
        "subscriber_opt_in": True,
    }


def campaign_change(dossier: Dossier) -> dict[str, Any]:
    """Return what of a campaign may be changed after it was refused."""
    return {
        "description": dossier.description[:4096],
        "message_flow": dossier.message_flow[:2048],
        "message_samples": [sample[:1024] for sample in dossier.samples[:5]],
        "has_embedded_links": dossier.has_links,
        "has_embedded_phone": dossier.has_phone,
        "age_gated": False,
        "direct_lending": False,
        "privacy_policy_url": dossier.privacy_url,
        "terms_and_conditions_url": dossier.terms_url,
    }


def toll_free(dossier: Dossier, mark: str) -> dict[str, Any]:
    """Return a toll-free verification, without the number's id.

    opt_in_image_urls wants "a link to an image that shows the opt-in workflow", publicly hosted.
    """
    return {
        "business_name": dossier.legal_name,
        "doing_business_as": dossier.brand,
        "business_website": dossier.website,
        "notification_email": dossier.contact_email,
        "use_case_categories": ["CUSTOMER_CARE"],
        "use_case_summary": dossier.description[:500],
        "production_message_sample": (dossier.samples or ("",))[0][:1000],
        "opt_in_image_urls": [dossier.opt_in_picture_url],
        "opt_in_type": "VERBAL",
        "message_volume": "1,000",
        "business_street_address": dossier.street,
        "business_city": dossier.city,
        "business_state_province_region": dossier.region,
        "business_postal_code": dossier.postcode,
        "business_country": dossier.country,
        "additional_information": dossier.message_flow[:500],
        "business_contact_first_name": dossier.first_name,
        "business_contact_last_name": dossier.last_name,
        "business_contact_email": dossier.contact_email,
        "business_contact_phone": dossier.contact_phone,
        "business_registration_number": dossier.ein,
        "business_registration_authority": "CBN" if dossier.country == "CA" else "EIN",
        "business_registration_country": dossier.country,
        "business_type": "NON_PROFIT" if dossier.kind == "non_profit" else "PRIVATE_PROFIT",
        "privacy_policy_url": dossier.privacy_url,
        "terms_and_conditions_url": dossier.terms_url,
        "external_reference_id": mark,
    }
