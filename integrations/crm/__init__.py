"""CRMs that are told what happened: one module a CRM, all of one shape (integrations/crm/base.py, docs/crm.md)."""

from __future__ import annotations

from integrations.crm.base import Connector
from integrations.crm.hubspot import HubSpot

CONNECTORS: dict[str, Connector] = {each.kind: each for each in (HubSpot(),)}
