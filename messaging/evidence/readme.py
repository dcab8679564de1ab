"""The words that go with an export: how to read and verify it, and the custodian's statement. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# What each file is. Those of upper rooms are described by the docstrings of their sources.
FILES = {
    "transcript.pdf": "What was said and done, in order, to read and to print.",
    "transcript.html": "The same for a browser, with every character of every script.",
    "summary.json": "What this export is about, its counts, the person's standing, legal holds.",
    "decisions.jsonl": (
        "Every text to this number in the period, sent or not: its exact words, what it was for, "
        "its template, every answer of the compliance check with rules and sources, the consent "
        "relied on, where the person may have been with the local times there, the provider's id "
        "and all times. Also every text that was wanted and kept back. One JSON object a line."
    ),
    "received.jsonl": "Every text from this number in the period, to the letter.",
    "receipts.jsonl": (
        "What the telephone provider reported about these texts and calls, as it arrived, with "
        "the time of arrival. Where it had the number of somebody else in digits, or a number that "
        "may be one, it says [another number]; tokens are [left out]. The words of a text, and "
        "what we said on a call, stay to the letter, with any number they name."
    ),
    "ledger.jsonl": (
        "The business's consent ledger from its first row to its last: this number's rows in "
        "full, of all other rows only the links of the hash chain."
    ),
    "ledger.csv": (
        "This number's rows of the ledger as a sheet. A ' before a cell keeps spreadsheets from "
        "reading it as a formula."
    ),
    "roots.json": "Where the ledger stood at each day's end, kept outside of it.",
    "chain.json": "What checking the whole ledger found when this export was made.",
    "templates.json": "The templates these texts were made from, in the versions used.",
    "policy.json": "The business's own settings while the period lasted, and its numbers.",
    "rules.json": "The rules that were applied and the law of each place, with sources and dates.",
    "verify_ledger.py": "Checks ledger.jsonl. Needs Python 3.11 or newer and nothing else.",
    "custodian.txt": "A statement for the custodian of these records to complete and sign.",
    "MANIFEST.sha256": "The SHA-256 of every other file.",
}


@dataclass(frozen=True, slots=True)
class Made:
    """What an export is, for its own pages. Moments are written out for people.

    nothing: nothing was stored in the period; erased: since when the person is erased, '' if not;
    holds: one sentence each.
    """

    business: str
    number: str
    period: str
    at: str
    by: str
    door: str
    software: str
    intact: bool
    verdict: str
    nothing: str
    erased: str
    holds: tuple[str, ...]
    counts: Mapping[str, int]


def readme(made: Made, files: Mapping[str, str]) -> str:
    """Return README.txt; files: what each is, by name, in the order they are told."""
    head = [
        f"Evidence export of {made.business}",
        "",
        f"Number:   {made.number}",
        f"Period:   {made.period}",
        f"Made:     {made.at} by {made.by} ({made.door})",
        f"Software: {made.software}",
        "",
    ]
    if made.nothing:
        head += [made.nothing, ""]
    if made.erased:
        head += _wrapped(
            f"This person was erased on {made.erased} at their own request or the business's. "
            "Words, names and numbers are gone; times, decisions, the opt-out and the hashes of "
            "the ledger remain. The number was found again by its mark, which only this business "
            "can make from the number."
        ) + [""]
    head += [*made.holds, ""]
    head += ["What is in it", *(f"  {name:<24}{count:>8,}" for name, count in made.counts.items())]
    head += ["", "The files", ""]
    for name, what in files.items():
        head += [name, *(f"    {line}" for line in _wrapped(what, 76)), ""]
    return "\n".join([*head, *_HOW, f"When this export was made: {made.verdict}", ""])


_HOW = [
    "How to verify it",
    "",
    "1. That no file was changed since the export was made, in this folder:",
    "",
    "       sha256sum -c MANIFEST.sha256            (macOS: shasum -a 256 -c MANIFEST.sha256)",
    "",
    "   The SHA-256 of the zip as a whole is in the business's audit log.",
    "",
    "2. That the consent ledger is what was written at the time:",
    "",
    "       python3 -I verify_ledger.py ledger.jsonl roots.json",
    "",
    "   It says INTACT, or names every row that was changed, removed, inserted or moved.",
    "   The ledger is a chain: the hash of each row is made of its words and the hash of the",
    "   row before, so nothing in it can be changed without changing all that came after. The",
    "   rows of other people stand as bare links (redacted), which carry hashes and nothing",
    "   else. roots.json says where the chain stood each day; whoever kept a copy of a day's",
    "   root elsewhere can compare it.",
    "",
    "3. What this does not prove: the ledger is the only file that is chained. All others are",
    "   copies of the business's records as they were at the moment of the export, but for what",
    "   is said above to be left out.",
    "",
    "About times: every time ends in Z or says UTC. The times of delivery reports are when they",
    "reached us. Local times are computed from UTC with the zone database that rules.json names.",
    "",
]


def custodian(made: Made) -> str:
    """Return the custodian's statement with what is known filled in; the rest is for him."""
    facts = [
        f"Business:        {made.business}",
        f"Telephone:       {made.number}",
        f"Period:          {made.period}",
        f"Export made:     {made.at}",
        f"Made by:         {made.by} ({made.door})",
        f"Software:        {made.software}",
        f"Consent ledger:  {made.verdict}",
    ]
    return "\n".join(
        [
            "STATEMENT OF THE CUSTODIAN OF RECORDS",
            "",
            "A template. Have it reviewed by counsel; strike what you do not know to be true.",
            "",
            *facts,
            "",
            "I, ______________________________ (name), state:",
            "",
            "1. I am ______________________________ (position) of the business named above. I am",
            "   a custodian of its records or otherwise qualified to make this statement.",
            "",
            "2. The records in this export were made at or near the time of what they record, by",
            "   automatic systems or from information sent by somebody with knowledge of it; they",
            "   are kept in the course of the business's regular activity, and making them is a",
            "   regular practice of it.",
            "",
            "3. The export was made by the software named above, which copies the records as they",
            "   are stored, but for what README.txt says is left out. Each file's SHA-256 is in",
            "   MANIFEST.sha256; I compared them:",
            "",
            "      [ ] all agree      [ ] they do not: ______________________________",
            "",
            "4. I ran verify_ledger.py on ledger.jsonl and roots.json. It said:",
            "",
            "      [ ] INTACT         [ ] something else: ______________________________",
            "",
            "5. Records I know to be missing: ______________________________________________",
            "",
            "I declare under penalty of perjury that the foregoing is true and correct.",
            "",
            "Place and date:  ______________________________",
            "",
            "Signature:       ______________________________",
            "",
            "Printed name:    ______________________________",
            "",
        ]
    )


def _wrapped(words: str, width: int = 88) -> list[str]:
    lines: list[str] = []
    for word in words.split():
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
