"""What the rule ids of a decision say and where they come from. Pure.

compliance.md sections 1 to 8, in short. tests/messaging/test_evidence.py holds that every id the
gate and the lint can name stands here.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from messaging.jurisdictions import Ruleset


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its id, what it asks in a sentence, and its source."""

    id: str
    says: str
    source: str


# The ladder of compliance.md 1.2.
LEVELS = {
    0: "none",
    1: "implied by their own call",
    2: "heard the spoken notice that we may text, and stayed on the line",
    3: "agreed to get texts: pressed 1 on the call, or as the ledger says",
    4: "texted us",
    5: "agreed to marketing in writing",
}
CATEGORIES = {
    "C0": "confirmation of what they told us (STOP, HELP, START)",
    "C1": "answer to their own call or text",
    "C2": "something they asked for, such as a confirmation or reminder",
    "C3": "marketing, or anything nobody asked for",
}
_CFR = "47 CFR 64.1200"
_POLICY = "Platform policy, stricter than the law asks"
_CTIA = "CTIA Messaging Principles and Best Practices (May 2023)"
_CARRIERS = "carrier and provider content rules for business texts"

_RULES = {
    "R-TCPA-8": (
        "One text at once in answer to the caller's own request, with nothing but the answer.",
        "FCC Declaratory Ruling of 2015 on on-demand texts, by analogy",
    ),
    "R-TCPA-10": (
        "Who says on the phone or in a voicemail that they want no texts gets none.",
        f"{_CFR}(a)(10); Butera v. Sugarhouse (D. Utah 2025), dictum",
    ),
    "R-TCPA-11": (
        "Whether a text is marketing is decided by its purpose; marketing needs written consent.",
        "Chesbro v. Best Buy (9th Cir. 2012); 47 CFR 64.1200(f)(9)",
    ),
    "R-CON-1": (
        "Information needs prior express consent, marketing prior express written consent.",
        f"{_CFR}(a)(1)-(2), (f)(9)",
    ),
    "R-HRS-1": (
        "No solicitation before 8 a.m. or after 9 p.m. where the person is.",
        f"{_CFR}(c)(1), (f)(15)",
    ),
    "R-HRS-3": (
        "An answer within five minutes of the person's own call, or within a day of their own "
        "text, is no solicitation; a later one keeps the hours of every place they may be in, and "
        "after twelve hours it is not sent at all.",
        f"{_CFR}(c)(1), (f)(15); {_POLICY}",
    ),
    "R-HRS-4": (
        "Fifteen minutes are kept clear at both ends of the allowed hours, for delivery may lag.",
        _POLICY,
    ),
    "R-REV-5": (
        "One text may confirm an opt-out, within five minutes and with nothing else in it.",
        f"{_CFR}(a)(12)",
    ),
    "R-REV-6": (
        "An opt-out is confirmed once: by the provider or by us, never by both.",
        f"{_CFR}(a)(12); provider documentation on automatic replies",
    ),
    "R-REV-9": (
        "Any opt-out ends all texts of the business to this person, from all its numbers, at once.",
        f"{_CFR}(a)(10)-(11); {_POLICY}",
    ),
    "R-REV-11": (
        "A new call after an opt-out is no new consent; only START or the like reopens texting.",
        f"{_CFR}(a)(10)",
    ),
    "R-DNC-1": (
        "Marketing goes only to numbers checked against the do-not-call lists within 31 days.",
        f"{_CFR}(c)(2), (e)",
    ),
    "R-DNC-2": (
        "A first text says whose text it is; a request to stop is kept.",
        f"{_CFR}(d)",
    ),
    "R-RND-1": (
        "Before marketing on older consent the reassigned-numbers database must say that the "
        "number still has the same owner.",
        f"{_CFR}(m)",
    ),
    "R-SPOOF-1": (
        "Whose caller number does not validate may be somebody else: the text would reach a "
        "stranger.",
        "STIR/SHAKEN attestation of the call; Platform policy",
    ),
    "R-AI-1": (
        "A machine's voice may call only who asked for it.",
        "FCC 24-17 (8 February 2024)",
    ),
    "R-AI-2": ("A text must not deceive about who writes it.", "15 USC 45 (FTC Act, section 5)"),
    "R-AI-7": (
        "An automated assistant says that it is one and never claims to be a person.",
        "Utah Code 13-77; 10 Maine Revised Statutes 1500-DD; Platform policy",
    ),
    "R-CTIA-2": (
        "Who texts a business first expects an answer: conversational consent.",
        f"{_CTIA}, conversational messaging",
    ),
    "R-CTIA-3": (
        "A first text says how to stop, in words that work.",
        f"{_CTIA}, 5.1.3",
    ),
    "R-CTIA-7": (
        "HELP is answered with the business's name, a way to reach it, and how to stop.",
        f"{_CTIA}, 5.1.2.1",
    ),
    "R-CAR-1": ("No content that carriers bar from business texts.", _CARRIERS),
    "R-CAR-2": (
        "No public link shorteners and no disguised links; links lead to the business's own site.",
        _CARRIERS,
    ),
    "R-CAR-4": ("STOP is the way out, and no other word takes its place.", _CARRIERS),
    "R-HIPAA-2": (
        "A health business's first text names no patient and asks for no health details.",
        "HIPAA Privacy Rule, 45 CFR part 164; Platform policy",
    ),
    "R-ST-2": (
        "Where the state is not known, the hours and days that every state allows are kept.",
        _POLICY,
    ),
    "R-ST-3": (
        "A state without a law of its own here: narrower hours for marketing than federal law has.",
        _POLICY,
    ),
    "R-ST-4": (
        "While a state's declared emergency bars marketing texts, none goes to where it may be.",
        "state emergency orders; Platform policy",
    ),
    "R-TZ-5": (
        "An area code that is not known may be anywhere in the United States.",
        _POLICY,
    ),
    "WA_CEMA": (
        "Washington bans commercial texts without prior consent.",
        "RCW 19.190.060",
    ),
}
# The rows of the decision table that answer by themselves (compliance.md section 8).
_ROWS = {
    "1": "Only numbers of the countries the business enabled are texted.",
    "2": "A suspended business, or one that is not live, sends nothing but confirmations.",
    "2a": "What a subscription pays for ends in steps; confirmations of what people said never do.",
    "3": "Only numbers that belong to one person and can get texts are texted.",
    "7": "HELP is answered once a day.",
    "11": "A reply that could mean STOP is answered with one question, at once and once a day.",
    "12": "While a reply could mean STOP, nothing goes out until somebody decides.",
    "13": "A number that cannot get texts is not tried again.",
    "15": "A text leaves only from a number that carriers have registered.",
    "17": "Marketing needs a number registered for marketing.",
    "20": "Two machines that answer each other are stopped.",
    "21": "The carrier's limit for our number is kept.",
    "22": "Only a call that was really missed is texted back.",
    "23": "A caller gets one text-back in a day, unless they answered it.",
    "24a": "The call allowed less than the business's policy, or Washington law, asks for.",
    "29": "What would come too late to help is not sent.",
    "30": "An answer to a missed call makes no offer.",
    "31": "An offer to somebody who may be in Washington needs written consent.",
    "35": "What they just arranged is confirmed at once; a reminder keeps the hours.",
    "36": "Who did not answer is not asked again.",
    "38": "Marketing goes only from businesses that switched it on.",
    "41": "Marketing goes once a day at most.",
    "47": "A person of the business may write to one other person; the same checks hold.",
    "47a": "A member is told on his own phone what happened, once he said JOIN from it.",
    "49": "A text that could not be checked is not sent.",
}


def rule(rule_id: str, rules: Ruleset, on: date) -> Rule:
    """Return what an id stands for; a jurisdiction's (US-FL) is what held there on a date.

    Never raises: an id of another edition is said to be one.
    """
    if rule_id in _RULES:
        says, source = _RULES[rule_id]
        return Rule(rule_id, says, source)
    if rule_id.startswith("8.") and rule_id[2:] in _ROWS:
        row = rule_id[2:]
        return Rule(rule_id, _ROWS[row], f"Decision table, row {row}")
    jurisdiction = rules.named(rule_id, on)
    if jurisdiction is not None:
        return Rule(
            rule_id, f"The hours and days of {jurisdiction.name} (rules.json).", jurisdiction.source
        )
    return Rule(rule_id, "A rule that this edition of the rules does not list.", "")


def known(rule_id: str) -> bool:
    """Whether an id that is no jurisdiction's stands here."""
    return rule_id in _RULES or (rule_id.startswith("8.") and rule_id[2:] in _ROWS)


def as_dict(rule: Rule) -> dict[str, Any]:
    """Return a rule for JSON."""
    return asdict(rule)


def level_in_words(level: Any) -> str:
    """Return a step of the consent ladder for people: '3, agreed to get texts: …'."""
    return f"{level}, {LEVELS[level]}" if level in LEVELS else "not known"
