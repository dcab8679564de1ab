"""What is filed for a business's registration: facts, texts and addresses in one. Pure.

Source: telephony.md 2.7 (what each form asks for), compliance.md 3.3 (use case, who registers).
"""

from __future__ import annotations

from dataclasses import dataclass, field

# Parts of a registration for business texts (10DLC), in their order; a2p.number:+1… follows for each.
PARTS = (
    "trusthub.profile", "trusthub.business", "trusthub.person", "trusthub.address",
    "trusthub.document", "trusthub.submit", "a2p.profile", "a2p.details", "a2p.submit",
    "a2p.brand", "a2p.service", "a2p.campaign",
)  # fmt: skip
NUMBER, TOLL_FREE = "a2p.number:", "tollfree.verify:"
# What people see of it: five things, each of some parts.
GROUPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("profile", "Who the business is", PARTS[:6]),
    ("a2p", "That it texts", PARTS[6:9]),
    ("brand", "Its name with the carriers", PARTS[9:10]),
    ("campaign", "What it texts about", PARTS[10:]),
)
# The use cases we file (compliance.md 3.3): neither may be changed afterwards.
CUSTOMER_CARE, LOW_VOLUME = "CUSTOMER_CARE", "LOW_VOLUME"


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything that is filed. Numbers in E.164, country and region by their two letters.

    brand: the name its texts begin with; vertical: the playbook's key; samples: texts as people get
    them; has_links, has_phone: whether a sample holds one.
    """

    brand: str = ""
    legal_name: str = ""
    ein: str = field(default="", repr=False)
    kind: str = ""
    vertical: str = ""
    street: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = "US"
    website: str = ""
    contact_name: str = ""
    contact_title: str = ""
    contact_email: str = ""
    contact_phone: str = ""
    use_case: str = LOW_VOLUME
    description: str = ""
    message_flow: str = ""
    samples: tuple[str, ...] = ()
    help_message: str = ""
    stop_message: str = ""
    # The ways people come to be texted, step by step, and a picture of them.
    flow: tuple[str, ...] = ()
    opt_in_picture_url: str = ""
    privacy_url: str = ""
    terms_url: str = ""
    numbers: tuple[str, ...] = ()

    @property
    def first_name(self) -> str:
        """The contact's first name."""
        return self.contact_name.partition(" ")[0]

    @property
    def last_name(self) -> str:
        """Everything after it; the first name where there is nothing else."""
        return self.contact_name.partition(" ")[2].strip() or self.first_name

    @property
    def has_links(self) -> bool:
        """Whether a sample holds a link."""
        return any("http" in sample or "www." in sample for sample in self.samples)

    @property
    def has_phone(self) -> bool:
        """Whether a sample holds a phone number."""
        digits = ["".join(c for c in sample if c.isdigit()) for sample in self.samples]
        return any(len(found) >= 10 for found in digits)
