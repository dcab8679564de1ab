"""Ready packs: hours, texts, rules, quick replies and response targets of a kind of business. Pure data.

The texts stay within compliance.md 1.3: brand, acknowledgement, open question, way out; no offer,
no link. "Sorry we missed your call" is sent only where that is literally true.
"""

from __future__ import annotations

from tenants.packs.offices import ACCOUNTING, DENTAL, GENERAL, LEGAL
from tenants.packs.shape import Playbook, Reply
from tenants.packs.trades import AUTO, PLUMBING, SALON

__all__ = ["PLAYBOOKS", "Playbook", "Reply"]

_ALL = (GENERAL, PLUMBING, DENTAL, LEGAL, ACCOUNTING, AUTO, SALON)
PLAYBOOKS: dict[str, Playbook] = {playbook.key: playbook for playbook in _ALL}
