"""REST: how soon people are to be answered, and who is told when they are not."""

from __future__ import annotations

from datetime import time
from typing import Any

from django.db import transaction
from django.utils import timezone
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.api import etag_of, expect
from config.api_operations import IF_MATCH, asked, by_key, operation
from inbox.models import InboxPolicy
from inbox.waits import ladder, policy
from inbox.waits.policy import MOST_MINUTES, PolicyError

_STEPS = [
    {"at_percent": 50, "channels": ["live", "push"], "whom": "owner_or_all"},
    {"at_percent": 100, "channels": ["live", "push", "email"], "whom": "all"},
]
_ANSWERING = {
    "target_minutes": 15, "in_open_hours": True, "steps": _STEPS, "digest_on": True,
    "digest_at": "08:00",
}  # fmt: skip


class LadderStepSerializer(serializers.Serializer[Any]):
    """Who is told after how much of the target."""

    at_percent = serializers.IntegerField(
        min_value=0,
        max_value=ladder.MOST_PERCENT,
        help_text="Of the target; 100 is when it is due.",
    )
    channels = serializers.ListField(
        child=serializers.ChoiceField(ladder.CHANNELS), min_length=1,
        max_length=len(ladder.CHANNELS), help_text="By which ways.",
    )  # fmt: skip
    whom = serializers.ChoiceField(
        ladder.WHOM, help_text="owner_or_all: whoever has the conversation, otherwise everybody."
    )


class AnsweringSerializer(serializers.Serializer[Any]):
    """How soon people are to be answered."""

    target_minutes = serializers.IntegerField(
        min_value=1, max_value=MOST_MINUTES, help_text="Within how many minutes somebody answers."
    )
    in_open_hours = serializers.BooleanField(help_text="Whether only opening hours count.")
    steps = serializers.ListField(
        child=LadderStepSerializer(), max_length=ladder.MOST_STEPS,
        help_text="Who is told of somebody who waits, one step after the other.",
    )  # fmt: skip
    digest_on = serializers.BooleanField(help_text="Whether members get a letter each morning.")
    digest_at = serializers.RegexField(
        r"^([01][0-9]|2[0-3]):[0-5][0-9]$",
        help_text="When, on the business's clock, such as 08:00.",
    )


class AnsweringChangeSerializer(AnsweringSerializer):
    """Settings of answers. What is left out stays as it is."""

    def get_fields(self) -> dict[str, Any]:
        """Return the same fields, none of them needed."""
        fields = super().get_fields()
        for each in fields.values():
            each.required = False
        return fields


class AnsweringSettings(APIView):
    """The target, the ladder and the digest."""

    area = "settings"

    @operation(
        "Settings", "answering_retrieve", "How soon people are answered",
        "The target, who is told when it comes near, and the letter of each morning.",
        gives=AnsweringSerializer, told=_ANSWERING,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """Answer with the settings."""
        return _tagged(_kept())

    @operation(
        "Settings", "answering_change", "Change how soon people are answered",
        "Changes what is given and leaves the rest. Whoever waits already keeps the target they had; "
        "the next step goes by the new ladder.",
        asks=AnsweringChangeSerializer, gives=AnsweringSerializer, sent={"target_minutes": 15},
        told=_ANSWERING, parameters=[IF_MATCH], errors=(412,),
    )  # fmt: skip
    def patch(self, request: Request) -> Response:
        """Keep settings. Raises ValidationError naming fields, ChangedMeanwhile."""
        wanted = asked(AnsweringChangeSerializer, request)
        try:
            with transaction.atomic():
                InboxPolicy.objects.get_or_create(one=True)
                InboxPolicy.objects.select_for_update().get(one=True)
                kept = _values()
                expect(request, etag_of(_shown(kept)))
                values = kept | wanted
                values["digest_at"] = time.fromisoformat(values["digest_at"])
                policy.save(**values, by=by_key(request), door="api", at=timezone.now())
        except ladder.LadderError as wrong:
            raise exceptions.ValidationError({
                f"steps.{place}.{name}" if name != "steps" else "steps": [sentence]
                for (place, name), sentence in wrong.problems.items()
            }) from None  # fmt: skip
        except PolicyError as wrong:
            raise exceptions.ValidationError(
                {name: [sentence] for name, sentence in wrong.problems.items()}
            ) from None
        return _tagged(_kept())


def _values() -> dict[str, Any]:
    now = policy.answering(fresh=True)
    return {
        "target_minutes": now.target_seconds // 60, "in_open_hours": now.in_open_hours,
        "steps": [step.as_dict() for step in now.steps], "digest_on": now.digest_on,
        "digest_at": f"{now.digest_at:%H:%M}",
    }  # fmt: skip


def _shown(values: dict[str, Any]) -> Any:
    return AnsweringSerializer(values).data


def _kept() -> Any:
    return _shown(_values())


def _tagged(data: Any) -> Response:
    return Response(data, headers={"ETag": etag_of(data)})
