"""Texts no rule explains that still smell of a refusal: a person looks before the machine goes on. Pure.

A missed opt-out costs more than a short silence (compliance.md section 6, cost asymmetry), yet a
silence costs a customer: two kinds of evidence must meet in one sentence, and talk about the
service outweighs them.
"""

from __future__ import annotations

import re

from messaging.optout_words import each

_REFUSING = frozenset(
    each(
        "no not dont never cant wont didnt isnt arent nor without neither against refuse refusing "
        "refused decline declined stop quit cease halt end ending enough done finished "
        "unsubscribe optout cancel reject rejected forbid prohibited deny zero none nothing "
        "nobody avoid prevent prevents"
    )
)
_REMOVING = frozenset(
    each(
        "remove removed removal delete deleted erase erased lose drop dropped unlist off out away "
        "exclude purge clear forget scratch block blocked blocking disconnect detach rid leave "
        "alone unlink disable deactivate unenroll uninstall opted exit kill"
    )
)
_TEXTS = frozenset(
    each(
        "text texted contact contacted spam notification list number bot bots robot robots "
        "automated subscription phone inbox messaging communication conversation thread promo "
        "solicitation soliciting solicited database marketing unsolicited blast"
    )
)
_LASTING = frozenset(
    each("anymore again further forever more never permanently longer future already times")
)
_HOSTILE = frozenset(
    each(
        "fuck shit bullshit asshole assholes idiot idiots creep creeps creepy moron stupid dumb "
        "jerk jerks bitch bastard loser losers harass stalker hate annoying annoyed unwanted "
        "unsolicited intrusive scam scammer scammers fraud spammer spammers garbage crap wtf hell "
        "pissed mad angry irritating nuisance pest ridiculous obnoxious pathetic disgusting "
        "unacceptable unprofessional ugh stfu gtfo screw damn violation"
    )
)
# Talk about the service, in which all of the above means something else.
_SERVICE = frozenset(
    each(
        "appointment appt booking book booked schedule scheduled reschedule estimate quote price "
        "cost much available availability open today tomorrow monday tuesday wednesday thursday "
        "friday saturday sunday am pm oclock leak leaking sink toilet drain water heater furnace "
        "ac roof tooth teeth car truck tire brakes engine house door gate driveway order delivery "
        "invoice bill payment insurance policy claim case job repair fix fixed install installed "
        "broken service tech plumber dentist doctor office clinic patient tree stump mold pest "
        "ants roaches kitchen bathroom window lease landlord tenant address street unit apartment "
        "dog cat meeting driving later when need needs hours time size color photo photos picture "
        "pictures link website email battery screen charge yet accept accepting new boss neighbor "
        "neighbors mosquitoes bugs"
    )
)
_POINTING = frozenset(each("the these your those this all"))
# What people say of texts they do not mind.
_WELCOME = _SERVICE | frozenset(
    each(
        "got get see saw seen read thanks thank for reply replied missed received receive sent send "
        "love like liked yes ok okay me back photo about did didnt answer answering respond sorry "
        "late delay from i my we what who how why where does do is are was can will"
    )
)
_CLOSE = 5  # words apart, at most
_BREAK = re.compile(r" (?:[.?,]|but|btw|also) ")


def hunch(line: str, tokens: frozenset[str]) -> str:
    """Return the sentence of a line that smells of a refusal, '' where none does."""
    if "text" in tokens and tokens & _POINTING and len(tokens) <= 8 and not tokens & _WELCOME:
        return line.strip(" .?,")  # "nope to these texts", whatever the word before them
    hostile = tokens & _HOSTILE
    if not hostile and not (tokens & _TEXTS and tokens & (_REFUSING | _REMOVING)):
        return ""
    for sentence in _BREAK.split(line):
        words = sentence.split()
        if not words or len(words) > 40:
            continue
        said = frozenset(words)
        service = len(said & _SERVICE)
        if (
            said & _HOSTILE
            and not service
            and (said & _TEXTS or said & _REFUSING or len(words) <= 6)
        ):
            return sentence.strip()
        if service > 1:
            continue
        texts = [n for n, word in enumerate(words) if word in _TEXTS]
        against = [n for n, word in enumerate(words) if word in _REFUSING]
        removing = [n for n, word in enumerate(words) if word in _REMOVING]
        near = any(0 < abs(t - a) <= _CLOSE for t in texts for a in against + removing)
        if near and (service == 0 or said & _LASTING):
            return sentence.strip()
    return ""
