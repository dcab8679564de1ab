"""A text folded for comparison: case, accents, look-alike letters and hidden characters gone. Pure.

People write STOP in bold mathematical letters, in Cyrillic letters that look Latin, with digits
for letters and with characters between that nobody sees. All of it is folded here, in time that
grows with the length of the text and no faster (compliance.md section 6).
"""

from __future__ import annotations

import re
import unicodedata

HEAD, TAIL = 3000, 1000  # of a longer text; a provider delivers at most 1,600 characters
STOP_SIGNS = "🛑✋🚫⛔🤚📵"

_ROUND = re.compile("(?<=[A-Za-z])[⭕🔴⚪🔵🟠⚫🌕◯○●◉◎〇☉🛑](?=[A-Za-z])")
_BEFORE: dict[int, None] = dict.fromkeys(map(ord, "'’‘‛ʼʻ`´＇′ˈꞌ™℠"))
_FILLERS = {0x115F, 0x1160, 0x3164, 0xFFA0, 0xFFFC, 0xFFFD, *map(ord, "®©℗")}


def _letters(pairs: str) -> dict[int, str]:
    """Return a table from "ab cd": a is read as b, c as d."""
    return {ord(pair[0]): pair[1:] for pair in pairs.split()}


# Letters nobody uses but to look like another: always folded.
_ALWAYS = _letters(
    "ᴀa ʙb ᴄc ᴅd ᴇe ꜰf ɢg ʜh ɪi ᴊj ᴋk ʟl ᴍm ɴn ᴏo ᴘp ꞯq ʀr ꜱs ᴛt ᴜu ᴠv ᴡw ʏy ᴢz "
    "ɑa ɡg ɩi ıi øo Øo đd Đd łl Łl ħh ŧt Ŧt ƭt þp Þp ʂs ȿs §s ʇt ǝe ɐa ƥp †t ‡t ɵo ƨs ƚl ɓb ɗd ƈc ʈt ɔo ɛe "
    "ꓮa ꓐb ꓚc ꓓd ꓰe ꓝf ꓖg ꓧh ꓲi ꓙj ꓗk ꓡl ꓟm ꓠn ꓳo ꓑp ꓣr ꓢs ꓔt ꓴu ꓦv ꓪw ꓫx ꓬy ꓜz "
    "Ꭺa Ᏼb Ꮯc Ꭰd Ꭼe Ꮋh Ꭻj Ꮶk Ꮮl Ꮇm Ꭴo Ꮲp Ꮢr Ꮪs Ꭲt Ꮩv Ꮃw Ꮓz ꮪs ꮲp ꮯc ꮩv ꮃw ꮓz ꭲt ꭴo "
    "օo Օo սu Սu ոn հh ցg զq Տs ဝo ೦o ০o ⵔo ⵙo ߀o"
)
for _first in (0x1F150, 0x1F170, 0x1F1E6):  # white on black circles and squares, flags' letters
    _ALWAYS |= {_first + n: chr(ord("a") + n) for n in range(26)}
# Cyrillic and Greek letters that look Latin: folded in words that mix alphabets, and where the
# whole word becomes a known one. Capitals look like other letters than small ones do.
_LOOK = str.maketrans(
    _letters(
        "Аa Вb Сc Еe Нh Іi Јj Кk Мm Оo Рp Ѕs Тt Уy Хx Ԛq Ԝw Ԁd Ѵv Үy Ьb Пn Ӏl Гr "
        "аa вb сc еe нh іi јj кk мm оo рp ѕs тt уy хx ԛq ԝw ԁd ѵv үy ьb пn ӏl гr иu ɡg ԍg һh "
        "Αa Βb Εe Ζz Ηh Ιi Κk Μm Νn Οo Ρp Τt Υy Χx Σs Ϲc Ѡw "
        "αa βb εe ηn κk μu νv οo ρp τt υu χx σo θo ςs ιi ϲc ωw πn γy δd"
    )
)
_CYRILLIC_OR_GREEK = re.compile("[\u0370-\u03ff\u0400-\u052f]")
_MIXED_WORD = re.compile(r"[^\W\d_]+")
_LATIN = re.compile("[A-Za-z]")


class _Characters(dict[int, "str | None"]):
    """What each character becomes after decomposition, worked out once; None removes it."""

    def __missing__(self, code: int) -> str | None:
        character = chr(code)
        category = unicodedata.category(character)
        if code in _ALWAYS:
            found: str | None = _ALWAYS[code]
        elif character in "\n\r\u2028\u2029\x0b\x0c\x85":
            found = "\n"
        elif category == "Zs" or character in "\t\u2800":
            found = " "
        elif code in _FILLERS or category in ("Mn", "Me", "Cf", "Cc", "Cs", "Co"):
            found = None
        else:
            found = character
        if len(self) < 20_000:
            self[code] = found
        return found


_CHARACTERS = _Characters()


def shorten(text: str) -> str:
    """Return at most HEAD + TAIL characters: who writes more says it at the beginning or the end."""
    return text if len(text) <= HEAD + TAIL else f"{text[:HEAD]}\n{text[-TAIL:]}"


def fold(text: str, known: frozenset[str] = frozenset()) -> str:
    """Return the text in small letters without accents, hidden characters and apostrophes.

    Punctuation, line ends and emoji stay. ``known``: the words a whole Cyrillic or Greek word is
    read as Latin for. Accepts any string, lone surrogates included.
    """
    text = shorten(text).translate(_BEFORE)
    if text.isascii():
        return text.translate(_CHARACTERS).lower()
    text = shorten(unicodedata.normalize("NFKD", text))
    text = unicodedata.normalize("NFC", text.translate(_CHARACTERS))
    text = _ROUND.sub("o", text)
    if _CYRILLIC_OR_GREEK.search(text):
        text = _MIXED_WORD.sub(lambda found: _latin(found.group(), known), text)
    return text.casefold()


def _latin(word: str, known: frozenset[str]) -> str:
    """Return a word in Latin letters where look-alikes stand in for them, else the word itself."""
    if not _CYRILLIC_OR_GREEK.search(word):
        return word
    folded = word.translate(_LOOK)
    is_latin = folded.isascii()
    if _LATIN.search(word):
        return folded if is_latin else word
    return folded if is_latin and folded.lower() in known else word
