"""What stands in a text but was not written by the person: reactions, quotations, signatures. Pure.

All of it works on folded texts (optout_fold): small letters, no accents, no apostrophes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from messaging.optout_bare import DOUBT_EMOJI, STOP_EMOJI
from messaging.optout_words import each

_QUOTE = '["“”„«»‟〝〞「」『』]'
_SOMETHING = (
    r"(?:an?|your|una?|un|une|uma?|eine?) (?:image|photo|picture|movie|video|attachment|sticker|message|"
    r"video message|audio message|gif|link|location|contact|imagen|foto|mensaje|mensagem|imagem|bild|nachricht|\d+ \w+)"
)
_LIKES = (
    r"liked|loved|hearted|laughed at|emphasi[sz]ed|reacted(?: with)?\s{1,3}(?P<with>\S{1,12})\s{1,3}to|reacted to|"
    r"removed an? .{1,20}? from|"
    r"(?:le|me|te) (?:gusto|encanto|encanta|gusta|divirtio|importa)(?: a)?|(?:le )?dio risa(?: a)?|se (?:rio|ha reido) de|"
    r"enfatizo|destaco|resalto|exclamo(?: por| a)?|puso enfasis en|reacciono(?: con)? (?P<con>\S{1,12}) a|"
    r"(?:quito|elimino) .{1,25}? (?:de|a)|"
    r"a (?:aime|adore|ri a|ri de|souligne|mis laccent sur|insiste sur)|aime|adore|a reagi (?:avec )?(?P<avec>\S{1,12}) a|"
    r"gostou de|amou|adorou|curtiu|riu de|enfatizou|reagiu com (?P<com>\S{1,12}) a|"
    r"gefallt|liebt|lacht uber|lachte uber|hat .{1,20}? (?:geliked|hervorgehoben)|ha messo (?:mi piace|un cuore) a|"
    r"(?P<to>[^\w\s]{1,12})\s{1,3}(?:to|a|para|zu|a:)"
)
_DISLIKES = (
    r"disliked|questioned|no le gusto|no me gusto|no te gusto|(?:le )?(?:cuestiono|pregunto)(?: por| sobre| a)?|dudo de|"
    r"na pas aime|a questionne|a mis en doute|nao gostou de|questionou|nicht gefallt|hinterfragt"
)
_TAPBACK = re.compile(
    rf"\s*(?:(?P<dislike>{_DISLIKES})|(?:{_LIKES})):?\s+(?:{_QUOTE}(?P<quoted>[^”»“]*)(?P<tail>.*)|{_SOMETHING}\.?\s*)\Z",
    re.DOTALL,
)

_BLANK_LINES = re.compile(r"\n\s*\n")
_SIGNATURE = re.compile(
    r"(?:^|[\n.!?,;\s])[\s\-–—]*(?:sent (?:from|via|using|by) (?:my|the|a|an|yahoo|outlook|mail|proton|samsung|gmail|textnow|t-mobile|verizon|att)\b|"
    r"get outlook for\b|sent by \w+ (?:for|mobile)|enviado (?:desde|do) (?:mi|meu)\b|envoye de mon\b|von meinem \w+ gesendet|"
    r"inviato da(?:l mio)?\b|yahoo mail for\b).{0,120}\Z",
    re.DOTALL,
)
_DASHES = re.compile(r"\n\s*(?:--|__|—)\s*\n.{0,200}\Z", re.DOTALL)
_NAMED = re.compile(
    r"(?<=\S)\s*(?:\n\s*|\s[-–—~]\s?|\s[-–—])(?:mr|mrs|ms|dr)?\.? ?[^\W\d_]{2,15}(?: [^\W\d_]\.?| [^\W\d_]{2,15})?\s*\Z"
)
_ORIGINAL = re.compile(
    r"(?:^|\n)\s*(?:-{2,} ?(?:original|forwarded) message.{0,20}|begin forwarded message:?|from: ?.{1,80}\n|"
    r"(?:on|el|am|le) (?=[^\n]{0,80}\d)[^\n]{4,120}? (?:wrote|escribio|schrieb|a ecrit):).*\Z",
    re.DOTALL,
)
# Our text quoted above their own: only that line is cut.
_QUOTED_FIRST = re.compile(
    rf"\A\s*(?:on|el|am|le) (?=[^\n]{{0,80}}\d)[^\n]{{4,120}}? (?:wrote|escribio|schrieb|a ecrit|said|texted|sent):?\s*"
    rf"(?:{_QUOTE}[^\n”»“\"]{{0,400}}{_QUOTE}[^\n]{{0,3}}\n|[^\n]{{0,400}}\n(?=\s*\S))"
)
_QUOTED_LINES = re.compile(r"(?:^|\n)\s*>[^\n]*")

# What stands before a line or around it and says nothing.
_MARKS = re.compile(
    r"^\s*(?:(?:hi|hey|hello|ok|yes|please|pls|sir|just)\b[,.]? ?)?"
    r"(?:(?:[^\w\s🛑✋🚫⛔🤚📵]|\(?(?:\d{1,2}|[a-z])[.)\]:]|(?:re|fwd?|aw|tr|rv):)\s*)+|"
    r"(?<=[!?])[1!?]+(?=\W*$|\s)|\s1\s*$",
    re.MULTILINE,
)
_TAGS = re.compile(r"</?[a-z]{1,6}>|<3")
_TRAILING = re.compile(r"[^\w🛑✋🚫⛔🤚📵]{1,80}\Z")

_WORD = rf"{_QUOTE}?(?:stop|stopall|end|quit|cancel|unsubscribe|opt[- ]?out|alto|parar|baja|arret)\b{_QUOTE}?"
_PURPOSE = (
    r"(?:opt[ -]?out|unsubscribe|end|cancel|quit|stop|stop (?:all |receiving |getting )?(?:texts?|messages?|sms|msgs?)|"
    r"be removed|remove|cancelar|salir|darse de baja|no recibir mas(?: mensajes)?|desuscribirse)"
)
# Our own footer, as people copy it.
FOOTER = re.compile(
    rf"(?:\(|\b)(?:you can |please |just |simply |or |to opt[ -]?out,? |to unsubscribe,? |to stop,? |to end,? )?"
    rf"(?:reply|replying|text|txt|send|respond|responding|responda|envie|conteste|type|rply)(?: with| back| con)?(?: the word)? {_WORD}"
    rf"(?:\s*(?:to|2|for|=|para|and|at any time)\s*(?:{_PURPOSE}))?(?:\s*(?:at any ?time|anytime))?"
    rf"|\b(?:stop|stopall|end|quit)\b{_QUOTE}?\s*(?:to|2|=|para)\s*{_PURPOSE}\b"
    rf"|,?\s*(?:or |reply |text |and )?\bhelp\b{_QUOTE}?\s*(?:for|4|=|to|para)\s*(?:get )?(?:help|info|ayuda|more info)\b"
    rf"|\bms?g ?(?:&|and|/|n)? ?data rates may apply\b|\bmessage (?:and|&) data rates may apply\b|\bmsg frequency varies\b"
)
# Words that say: this was in your text, it is not what I ask.
_REPORTS = re.compile(
    r"\b(?:says?|said|saying|saw|got|received|reads?|asks?|asking|tells?|telling|mentions?|it has|about the|what does|what is|whats|"
    r"dice|decia|your (?:text|message|msg)|the (?:text|message|msg)|why does|why do you|at the (?:end|bottom)|instructions?)\b"
)
_OURS = re.compile(
    r"sorry (?:that )?we missed your call|sorry i missed your call|how can we help|lamentamos no haber contestado"
)


@dataclass(frozen=True, slots=True)
class Reaction:
    """A reaction to a message: what it says of it, what was quoted, what was written behind."""

    is_negative: bool
    quoted: str
    tail: str
    words: str


def reaction(folded: str) -> Reaction | None:
    """Return the reaction a folded text is ("liked “…”"), None where it is none."""
    found = _TAPBACK.match(folded[:4000])
    if not found:
        return None
    signs = "".join(found.group(name) or "" for name in ("with", "con", "avec", "com", "to"))
    negative = bool(found.group("dislike")) or any(
        sign in DOUBT_EMOJI or sign in STOP_EMOJI for sign in signs
    )
    quoted = found.group("quoted") or ""
    head = folded[: found.start("quoted") if found.group("quoted") is not None else len(folded)]
    tail = re.sub(rf"^(?:{_QUOTE}|[\s.…])+", "", found.group("tail") or "")
    return Reaction(negative, quoted.strip(), tail.strip(), head.strip(' "“„«')[:60])


def without_copies(folded: str) -> str:
    """Return a folded text without signatures and mail headers, quoted lines cut away."""
    folded = _BLANK_LINES.sub("\n\n", folded)
    text = _SIGNATURE.sub("", folded)
    text = _DASHES.sub("", text)
    return _QUOTED_LINES.sub("\n", _ORIGINAL.sub("", _QUOTED_FIRST.sub("\n", text)))


def without_name(folded: str) -> str:
    """Return a short text without a name signed at its end ("STOP - Jim")."""
    return _NAMED.sub("", folded) if len(folded) < 60 else folded


def without_marks(folded: str) -> str:
    """Return a short text without marks of quotation, list, heading or markup ("> STOP", "1. stop")."""
    if len(folded) >= 80:
        return folded
    return _NAMED.sub(
        "", _TRAILING.sub("", _MARKS.sub(" ", _TAGS.sub(" ", _SIGNATURE.sub("", folded))))
    )


def reports(folded: str) -> bool:
    """Whether a text speaks about what ours said."""
    return bool(_REPORTS.search(folded))


def is_our_text(folded: str) -> bool:
    """Whether a text holds a copy of ours."""
    return bool(_OURS.search(folded))


_DENIED = re.compile(
    r"(?:^|[.,!?\n] ?|\b(?:[Ss]orry|[Nn]o|[Hh]i|[Hh]ello|[Hh]ey|[Bb]ut|and) )"
    r"(?:(?:[Tt]his|[Ii]t|THIS)(?: is|['’]s| IS)? ?(?:n['’]?t|not|NOT|no longer)|(?:I|i)(?:['’]?m| am) not|(?:[Nn]o soy|[Nn]ão sou|[Ii]ch bin nicht|[Nn]on sono|[Jj]e ne suis pas))"
    r" (?P<name>[A-ZÁÉÍÓÚÑ][a-záéíóúñüöä]{1,15})(?:['’]s)?(?: (?:number|phone|cell|line))?(?: any ?more)?\s*(?:[.,!?]|$)"
)
# Capitalised, yet no names: the first words people shout, days and months.
_NO_NAMES = frozenset(
    each(
        "Interested Now Today Tomorrow Yet Sure Available Working Urgent Really Happy Home There Here "
        "Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May "
        "June July August September October November December Ready Good Fair Right Funny Cool Fine "
        "The My Your Their Our English Spanish American Christian Medicare Medicaid Covid"
    )
)


_ABSENT = re.compile(r"\b[Nn]o (?P<name>[A-Z][a-z]{1,15}) (?:here|lives here|at this)\b")


def denied_name(text: str) -> str:
    """Return the words that say the writer is somebody else ("This isn't Karen"), '' where none do."""
    found = _DENIED.search(text[:1000]) or _ABSENT.search(text[:1000])
    return found.group()[:60].strip() if found and found.group("name") not in _NO_NAMES else ""
