"""Place a test call and tell each of its steps with its milliseconds."""

from __future__ import annotations

import json
import textwrap
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from calls.models import TestCall
from calls.trials.conditions import CONDITIONS
from calls.trials.playing import TrialError
from calls.trials.running import expected_of, limit_of, shown, start
from messaging.management.business import named
from messaging.numbers import national, normalise
from tenants.models import PhoneNumber
from tenants.scope import business_scope


class Command(BaseCommand):
    """manage.py test_call: exit code 1 when something did not happen, 2 for wrong arguments."""

    help = "Place a test call on a line, follow it to the reply, and tell each step with its milliseconds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what can be asked for."""
        parser.add_argument("--business", required=True, help="schema, such as lakeside_plumbing")
        parser.add_argument("--line", default="", help="one of its lines; the first by default")
        parser.add_argument(
            "--condition", default="no_answer", help=f"one of: {', '.join(CONDITIONS)}"
        )
        parser.add_argument(
            "--from", dest="caller", default="",
            help="number to call from, for a real provider: one of the account's that is no line",
        )  # fmt: skip
        parser.add_argument(
            "--json", action="store_true", help="one JSON object instead of a table"
        )
        parser.add_argument(
            "--yes", action="store_true", help="a real call and its text cost money: yes, place it"
        )

    def handle(self, *_: object, **options: Any) -> None:
        """Place the call and wait for its end."""
        business = named(options["business"])
        lines = PhoneNumber.objects.select_related("account", "business").filter(
            business=business, is_active=True
        )
        wanted = normalise(options["line"]) if options["line"] else ""
        number = (lines.filter(e164=wanted) if options["line"] else lines.order_by("id")).first()
        if number is None:
            raise CommandError(
                "--line: this business has no such line in use; "
                + (f"it has {', '.join(each.e164 for each in lines)}" if lines else "it has none"),
                returncode=2,
            )
        is_simulated = number.account.provider == "simulator"
        if not is_simulated and not options["yes"]:
            raise CommandError(
                "A real call and its text cost money at the provider. Say --yes to place it.",
                returncode=2,
            )
        with business_scope(str(business.schema_name)):
            try:
                test = start(
                    number, options["condition"], by="command", now=timezone.now(),
                    caller=options["caller"],
                )  # fmt: skip
            except TrialError as wrong:
                raise CommandError(f"--{wrong.field}: {wrong.sentence}", returncode=2) from None
            if not options["json"]:
                self._head(test, number)
            test = self._await(test, quiet=options["json"])
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(test)))
        else:
            mark = self.style.SUCCESS if test.state == "passed" else self.style.ERROR
            self.stdout.write("")
            self.stdout.write(mark(f"{test.get_state_display()}: {test.sentence}"))
        if test.state != "passed":
            raise SystemExit(1)

    def _head(self, test: TestCall, number: PhoneNumber) -> None:
        condition = CONDITIONS[test.condition]
        who = national(test.caller) if test.caller.startswith("+") else test.caller
        self.stdout.write(f"{condition.name} on {national(number.e164)}, called from {who}")
        self.stdout.write(f"Expected: {expected_of(test).sentence}")
        if guide := test.steps[0].get("guide"):
            self.stdout.write(f"What you do: {guide}")
        self.stdout.write("")
        self.stdout.write(f"{'step':<28}{'took':>10}{'since placed':>16}")

    def _await(self, test: TestCall, *, quiet: bool) -> TestCall:
        until = time.monotonic() + limit_of(test).total_seconds() + 15
        told = 0
        while True:
            test.refresh_from_db()
            steps = shown(test)
            for step in steps[told:] if not quiet else ():
                self._tell(step)
            told = len(steps)
            if test.state != TestCall.State.RUNNING:
                return test
            if time.monotonic() > until:
                raise CommandError("Nobody works on it: do the workers run? It stays on the list.")
            time.sleep(0.2)

    def _tell(self, step: dict[str, Any]) -> None:
        took = f"{step['took']} ms" if step["took"] is not None else ""
        self.stdout.write(f"{step['title']:<28}{took:>10}{step['ms']:>13} ms")
        if step["detail"]:
            for line in textwrap.wrap(
                step["detail"], 96, initial_indent="    ", subsequent_indent="    "
            ):
                self.stdout.write(line)


def _as_json(test: TestCall) -> dict[str, Any]:
    return {
        "id": test.pk,
        "line": test.line,
        "condition": test.condition,
        "caller": test.caller,
        "provider": test.provider,
        "call": test.provider_id,
        "state": test.state,
        "sentence": test.sentence,
        "expected": next((s for s in test.steps if s["step"] == "expected"), {}),
        "steps": shown(test),
    }
