"""Words of the opt-out reader: the per-se words and their misspellings, made by rule. Pure.

Sources: compliance.md R-REV-2 (the seven words of 47 CFR 64.1200(a)(10)), R-REV-12 (words suits
were pleaded on), R-TW-1 (what providers obey).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, permutations


def each(words: str) -> list[str]:
    """Return the words of a list written with spaces between."""
    return words.split()


def phrases(text: str) -> frozenset[str]:
    """Return the phrases of a list written with "|" or line ends between."""
    return frozenset(" ".join(p.split()) for p in text.replace("|", "\n").splitlines() if p.strip())


# Definitive alone, whatever stands around them as courtesy.
PER_SE: frozenset[str] = frozenset(
    ["stop", "quit", "end", "revoke", "opt out", "cancel", "unsubscribe"]
    + ["stopall", "stop all", "optout", "remove", "exit"]
)
# The same as single words, with those that say nothing else.
STOPPERS = frozenset(
    each(
        "stop quit end revoke optout cancel unsubscribe stopall remove exit unsub unsubs "
        "desubscribe unenroll unregister deregister cease desist halt discontinue"
    )
)
STARTERS = frozenset(each("start unstop restart resubscribe subscribe optin resume join"))
HELPERS = frozenset(["help", "info"])

_ROWS = ("1234567890", "qwertyuiop", "asdfghjkl;", "zxcvbnm,./")
_ALPHABET = "abcdefghijklmnopqrstuvwxyz"


def _neighbours() -> dict[str, str]:
    """Return for each letter the keys beside it on a keyboard."""
    beside: dict[str, str] = {}
    for row, keys in enumerate(_ROWS):
        for place, key in enumerate(keys):
            near = [keys[n] for n in (place - 1, place + 1) if 0 <= n < len(keys)]
            for other, shift in ((row - 1, (0, 1)), (row + 1, (-1, 0))):
                if 0 <= other < len(_ROWS):
                    line = _ROWS[other]
                    near += [line[place + s] for s in shift if 0 <= place + s < len(line)]
            beside[key] = "".join(letter for letter in near if letter.isalnum())
    return beside


BESIDE = _neighbours()


def misspellings(word: str) -> Iterator[str]:
    """Yield the word with one slip: a letter missing, doubled, swapped, struck beside or too many.

    Of "stop" and of words of more than five letters any one letter may be wrong.
    """
    for n, letter in enumerate(word):
        yield word[:n] + word[n + 1 :]
        yield word[:n] + letter + word[n:]
        if n:
            yield word[: n - 1] + letter + word[n - 1] + word[n + 1 :]
        beside = BESIDE.get(letter, "")
        for other in _ALPHABET if len(word) > 5 or word == "stop" else beside:
            yield word[:n] + other + word[n + 1 :]
        for other in beside:
            yield word[:n] + other + word[n:]
            yield word[: n + 1] + other + word[n + 1 :]
    for other in _ALPHABET:  # anything may follow by accident
        yield word + other


# Words of their own that one slip makes of ours.
GUARDED = (
    frozenset(
        each(
            # stop
            "shop shops top tops step steps stomp stoop stoops stock store stow strop stoup slop slops sop "
            "sops spot post pots opts stops stopped stout crop drop prop snop stob soap atoll sport story "
            "stoke stone stole stove stood stool storm "
            # end
            "and send sends bend mend lend tend fend vend wend rend trend spend blend upend ends ended endo "
            "ned den wed eng ens enc ent eve eds ed nd en edd endow "
            # quit, exit
            "quite quiet suit suite unit quid quip quilt quiz quirt quits quota quint quoit squid exist edit "
            "exits exited exile exact exert exam extra exec emit exalt text next "
            # cancel, remove, revoke
            "cancels canceled cancelled cancer council counsel chancel canal panel candle remover removed "
            "removes remote remodel remorse removal improve reprove remold revolve revokes revoked evoke "
            "provoke invoke "
            # start, help, info, join and the rest
            "starts star stars tart smart stat state stark stare starch starve started stair helps helped "
            "held hello hell heap kelp yelp whelp hemp heal hep infos into inflow joins joint john coin loin "
            "resumes assume subscribed subscriber cases lease tease crease ease ceased ceases half hall hat "
            "hart salt malt halo halts halted resist assist insist consume presume opt optical option "
            # texting, message, contact, number, please, leave, never, receive
            "test tests testing tested tent tents teat vext texas taxing tenting resting nesting vesting "
            "massage massages passage contract contracts contrast contacts lumber slumber numbed members "
            "member umber cumber pleased lease leases phase plea leaves heave weave leased nerve newer lever "
            "fever sever nevers ever relieve deceive receiver receipt gain against ragain bothered brother mother "
            "father other bathed deleter related number numbers messaged harness contacted texture sexting "
            "removing ext tet taxes lexus nexus leader sender senior sensing bending lending mending tending "
            "fending vending spending ending seeding sanding"
        )
    )
    | STOPPERS
)

_TAKEN = GUARDED | STARTERS | HELPERS
_ALONE_ONLY = frozenset({"end", "exit", "quit", "halt", "cease", "join", "start", "help", "info"})
_COMMON = frozenset(
    each("stop quit end revoke optout cancel unsubscribe remove exit stopall unsub halt cease")
)
# Words of requests that are misspelt in all ways.
_OFTEN = each("texting texts text message messages messaging contact contacting")
_OFTEN += each("number please leave never receive harassing bothering sending")
_OFTEN += ["delete", "permission", "consent", "interested", "anymore", "notifications", "removed"]


def _table(words: frozenset[str] | list[str], inside: bool) -> dict[str, str]:
    """Return {misspelling: word}; ``inside``: only what is safe within a longer text."""
    found: dict[str, str] = {}
    for word in sorted(words, key=lambda word: (word in ("stop", "end"), len(word))):
        if inside and word in _ALONE_ONLY:
            continue
        for slip in misspellings(word):
            if len(slip) >= 3 and slip not in _TAKEN:
                found[slip] = word
    return found


def _shifted(word: str) -> Iterator[str]:
    """Yield the word with two keys missed by one, as a shifted hand types it: "stio"."""
    for first, second in combinations(range(len(word)), 2):
        for one in BESIDE.get(word[first], ""):
            for other in BESIDE.get(word[second], ""):
                letters = list(word)
                letters[first], letters[second] = one, other
                yield "".join(letters)


def _shuffled(word: str) -> Iterator[str]:
    """Yield the letters of a word in any order."""
    return ("".join(letters) for letters in permutations(word))


# Spelt as it sounds, or bent as a report of itself.
_SOUNDS = {
    "kwit": "quit", "qwit": "quit", "outopt": "optout", "revokd": "revoke", "unscribe": "unsubscribe",
    "canceld": "cancel",
}  # fmt: skip
# One word, alone: nearly every slip is meant. Within a text only the unmistakable ones.
TYPOS_ALONE = {
    slip: word
    for word in ("stop", "cancel", "remove", "revoke")
    for slip in (*_shifted(word), *(_shuffled(word) if word == "stop" else ()))
    if slip not in _TAKEN
}
TYPOS_ALONE |= _SOUNDS | _table(_COMMON, inside=False)
TYPOS_INSIDE = {
    slip: word
    for slip, word in (_table(_OFTEN, inside=True) | _table(_COMMON, inside=True)).items()
    if (len(slip) >= 4 and slip != "atop") or slip == "stp"
}
TYPOS_START = _table(["start", "unstop", "subscribe", "optin", "resume"], inside=False)
TYPOS_HELP = _table(["help"], inside=False)


def distance(one: str, other: str, most: int) -> int:
    """Return how many slips lie between two words, ``most`` + 1 when there are more."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for n, letter in enumerate(one, 1):
        earlier, before, row = before, row, [n] + [0] * len(other)
        for m, wanted in enumerate(other, 1):
            row[m] = min(before[m] + 1, row[m - 1] + 1, before[m - 1] + (letter != wanted))
            if n > 1 and m > 1 and letter == other[m - 2] and one[n - 2] == wanted:
                row[m] = min(row[m], earlier[m - 2] + 1)
        if min(row) > most:
            return most + 1
    return row[-1]


def looks_like_unsubscribe(word: str) -> bool:
    """Whether a long word can be nothing but unsubscribe, however it is spelt."""
    if not (8 <= len(word) <= 16 and word[0] in "uinyjh" and "b" in word):
        return False
    return distance(word, "unsubscribe", 3) <= 3 and not word.startswith("subscri")
