"""Words of registrations: what kinds of business carriers know. Pure.

Twilio's TrustHub names them so (business_type of a customer profile); telephony.md 3.
"""

from __future__ import annotations

# Our key -> what people read.
KINDS: dict[str, str] = {
    "llc": "Limited liability company (LLC)",
    "corporation": "Corporation",
    "sole_proprietor": "Sole proprietorship",
    "partnership": "Partnership",
    "cooperative": "Co-operative",
    "non_profit": "Non-profit corporation",
}
