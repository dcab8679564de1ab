"""STOP, QUIT, END and the others where they mean something else, and what limits a refusal. Pure.

"Stop by", "stop the leak", "quit on me", "please don't stop": such words are covered before the
rules look, so that a real opt-out beside them still counts.
"""

from __future__ import annotations

import re

from messaging.optout_rules import Rule, Table, rules
from messaging.optout_words import each

COVERS: list[Rule] = rules(
    "not_opt_out",
    """
    # Visits, signs, parts.
    stop by|over|off|in|into|through|past|around|here|there|up|along|outside|across|down|near|behind|light|lights|sign|signs|valve|valves|watch|watches|loss|motion|gap|cock|payment|payments|leak|leaks|work|order|orders|n_shop|bath|tap|bit|log|block|blocks|collar|clock|action|limit|n_go|drill|codon|moving|lamp|lamps|switch|button|bar|gate|ring|box|plate|screw|tape !CONTACT|send
    stop at !once|all|this
    <!please|you|just stop WORD? termites|ants|mice|mosquitoes|mosquitos|roaches|rats|bugs|bees|wasps|hornets|fleas|bedbugs|spiders|squirrels|raccoons|moles|gophers|weeds|mold|mildew|rust|erosion|snoring|foreclosure|eviction|garnishment|bleeding|pain|swelling|squeaking|drafts|condensation|rot|frost|algae|moss !CONTACT|send
    cant stop laughing|smiling|crying|coughing|itching|vomiting|bleeding|thinking|talking|staring|looking|scratching|shaking|sneezing|eating|watching WORD? WORD? WORD?
    can|could|when|if|do i|we|he|she|they have_to|need_to|want_to|get_to? stop take|taking|wearing|using|eating|drinking|giving|watering|icing|brushing|flossing|charging|running|driving|paying|working|feeding|smoking
    <!please stop .|, you had|got|me|us at|there|with
    i|we ~2 never|didnt get|got|have your number|contact !out
    report the|my|an|a accident|crash|claim|leak|theft|outage|damage|problem|issue|break_in WORD? WORD? WORD?
    delete|remove|ignore|disregard my last|previous|other|first text !from
    stop|quit it|that? ,|.? that|you|it|this is|are !not|so_annoying|very_annoying|annoying|getting ~3 funny|kind|sweet|cute|amazing|great|awesome|hilarious|cheap|generous|wonderful|adorable|gorgeous|beautiful
    <!me|more|your|these NUM percent|dollars|bucks|cents? off !GLUE_|the_list|your_list|this
    stop on the|my|your|our|DAY|main|by|in
    stop for !now|good|ever|real|me|us|CONTACT|the_love|god|a_while|a_bit|today|this|these|$
    stop to pick|get|see|look|check|drop|talk|ask|grab|buy|eat|visit|measure|pay|have|say|chat|think
    stop and see|say|talk|look|check|pick|get|grab|visit|chat|eat|drop|shop|go|smell|give|help|fix|measure
    <!as|put|is which|what|a|an|the|your|our|his|their|next|last|first|second|third|each|every|any|one|bus|truck|train|rest|pit|door|gravel|curb|gas|f|non|full|short|tab|quick|metro|subway|transit|taxi|shuttle|school|tram|trolley|bike|traffic|back|whistle|corp|corporation|angle|pole|dead|emergency|hard|sudden|complete|abrupt|e|route|scheduled|another|some|single|brief|final|coffee|lunch|bar|plumbing|window|drawer|wheel|parking|expansion|gutter|fire|kick|shower|trailer|main|water|supply|hose|straight|isolation|toilet|sink|gate|driveway|end|roadside stop !CONTACT|send|request|command|reply|it|this|keyword|please
    # What does not stop, who cannot, and what somebody else should.
    <!you|guys|they|people|yall wont|doesnt|didnt|cant|never|hardly|barely seem_to|get_it_to|make_it|get_this_to? stop NOTUS
    THIRD ~2 wont|doesnt|didnt|cant|never|to|not|will|should|would|could|must|did|does|has_to|needs_to|keeps|refuses_to|dont ~1 stop
    stop WORD WORD? from !you|your|this|here|CONTACT|send
    stop him|her|my|debt|the ~3 from
    will|would|does|did|to|before|until|if|when|once|after|that|hope|hopefully|where|and|can|how|make_sure it to|will|would|does|might|ever? stop NOTUS
    <!text|these|this|it|that|you|notification|contact|spam|yall|guys|bot|harassment takes|take|took|taking|long|forever|hard|slow|time|place|brakes|car|able|unable|doctor_said|told_me|tells_me|told_us|asked_me|supposed|have|has|had|refuses|chance|planning|used|plan|plans forever? to stop NOTUS
    get it|the|my !OURS ~2 to stop NOTUS
    want|need|wait_for|waiting_for it|the|my !OURS ~2 to stop NOTUS
    stopped|starts|started|start and|then stop NOTUS
    # Ceasing something that is no text.
    stop the|a|an|my|our|your|his|her|their|this|that|these|those|any|some|more|from|it_from|all+ !ABOUT|$ WORD NOTUS
    how do|can|to|would|should|does ~2 stop !ABOUT|$|my|your|the WORD NOTUS
    can|could|will|would you|someone|anyone|somebody|we|it|that|this|they guys|all|help|come|also|to|help_me? stop !ABOUT|$|my|your|the WORD NOTUS
    need|want|like|trying|try|help|helps|way|something|someone|plumber|used|tried|going you|someone|somebody|me|us|it? to? stop !ABOUT|$|my|your|the WORD NOTUS
    stop !blowing|hitting|filling|clogging|flooding|blasting|bombarding|trying|wasting|lying|lieing|pushing|selling|soliciting|pretending|doing|sharing|using|replying|responding|annoying|being|reminding|notifying|playin|kiddin|joking|messing|following|tracking|asking|contact|bother|notification|everything|anything|nothing|something|marketing|emailing|buzzing|robocalling|interrupting|telling|begging|hounding|waking|advertising|promoting !ABOUT ING !at_me|up_me|on_me|me|us|at_us|to_me NOTUS
    what_time|when|where|how_late|how_early|how_far|how_soon do|does|did|should|can ~3 stop NOTUS
    should|must|may i|we|he|she|they ~4 stop NOTUS
    do|did|does i|we|he|she|they need|have|want? to? stop !$ NOTUS
    is|was|isnt it? ok|okay|safe|fine|better|time|best for_me? to stop NOTUS
    # Negated.
    <!you|if|why|they|guys|yall dont let_me|let_it|let_them|let_that|want_it_to|want_this_to|want_them_to|want_you_to? stop|cancel|unsubscribe|optout|remove|quit|end|delete
    <!you|yall|they|guys|people|why|if wont|cant not? stop|unsubscribe|optout|quit|cancel|end NOTUS
    <!you|yall|they|guys|people|text|these|notification|harassment dont|didnt|never|not|isnt|without|no_need|no_reason to? want|wanted|mean|meant|say|said|ask|asked|asking|tell|need|wish|try|trying|type|typed|text|texted|send|sent|reply|replied|hit|planning|plan|going|looking|intend|intending|choose|think|remember? you|for|guys|the|a|me|it|any|this|them|that|to|be|word|i|did|said|text|send|type|hit|reply|press|push|say* stop|unsubscribe|optout|quit|cancel|end|revoke|remove|removed|be_removed !GLUE_|CONTACT
    did|was|have|had i|we ~2 unsubscribe|optout|stop !send|CONTACT|these|this|getting|get
    am i still|already? unsubscribe|optout|optin|opted
    sue|suing|against a|the|this|my|some|another WORD? company|landlord|neighbor|business|store|bank|caller|collector|agency|dealer|person|place that|who? wont|doesnt|keeps|keep|kept|refuses_to stop? CONTACT|call
    landlord|neighbor|ex|collector|bank|tenant|boss wont|will_not|doesnt|keeps|refuses_to stop? CONTACT|call and|or? call|text?
    sent|got|received|need|draft|write|wrote|sending him|her|them|the|my_landlord|a? a? cease and desist
    the|a|this|that|my|your|inspection report you|that|i|we
    the|a|my|his|her|these|those|this|our|old !number|name|names|phone|info|contact|contacts|text|list|wife|husband|mom|dad|mother|father|family|household|whole|entire|person|line|cell|mobile|work|home|number|fucking WORD to|needs_to|need_to|has_to|have_to|should|can|could|must|will? be|get|getting|been removed|deleted|taken_off|erased
    # Quitting, ending, revoking, removing other things.
    quit on|working|running|smoking|claim|drinking|cold|cooling|heating|charging|my_job|his|her|job|draining|flushing|vaping|spinning|turning|blowing_cold|blowing_hot|blowing_air|taking|making|the_job|yesterday|last|this_morning|again_last|in|after|during|halfway
    it|he|she|we|ac|heater|furnace|engine|fridge|unit|motor|pump|washer|dryer|transmission|battery|to|has|have|compressor|mower|starter|alternator|they|who|tech|guy|car|truck|dishwasher|toilet|tv|phone|laptop|computer quit !CONTACT|send|blowing_up|with|the|these|all|your|it|this|any|that|this_text|now|$
    i quit !CONTACT|send|this|these|$ WORD
    quit playing|playin|kidding|kiddin|joking|messing|teasing NOTUS
    revoke his|her|their|a|an|power|probation|license|will|trust
    revoke the|my|our !consent|permission|info|number|text WORD
    optout of NOTUS !this|these|your|the_list|CONTACT|notification|future|further|all|everything|any|receive|get|it|that|me|the_program|promo|list|the_text|the_notification WORD
    in|out|at|by|near|to|toward|the|dead|other|far|left|right|back|front|west|east|north|south|rear|top|bottom|high|low|week|year|month|both|tail|loose|book|open|either|my|your|our|year|on end !CONTACT|this|these|all|send|any|your|it|the_text|the_notification|the_contact|now|$
    end of|table|unit|result|user|date|time|cap|zone|game|up|tables|grain|mill|piece|cut|row|stage NOTUS
    remove that|them|him|her|the|a|an|some|old|one|two|these|those|any|snow|mold|paint|wallpaper|her|his !number|list|text|phone|contact
    remove my|our !number|name|info|phone|contact|text|account|me|us|consent|permission|data WORD !number|list
    # Politeness and news that refuse nothing.
    dont|no need|reason|have|feel to text|reply|respond|contact|send|call|come !me_again|anymore
    dont|no hesitate|bother|rush|worry|hurry to|coming|with|about|sending|calling* reply|respond|text|contact|send|call|coming|come|about !me_again|anymore
    <!you|i_want dont|didnt|never|havent|cant|havent_been_able_to|isnt get|got|receive|received|see|seen|saw|getting|find|open|read|had|have|have_any your|the|a|any|that|my|this|an|it|last|his|her|from|new|confirmation|reminder|appointment* text|notification|texted|contact|info|messages !anymore|because|from_you_anymore|on_this|at_this|here
    <!prefer|rather|wish|if|that|like you|yall|they|guys|nobody|no_one|anyone|someone|technician|tech never|didnt|dont|havent even|ever|you? text|contact|send|texted|contacted|sent|called|call|reply|respond|replied|responded|get_back|reach me|us|back|it|anything|$
    dont|do_not disturb while|mode|turned|is|sign|on
    not receive notification
    why dont|not|cant you|we? text|send|contact
    dont|not forget|miss|remember to|your|the|a|my* text|send|contact|call|reply
    dont|no|never|not|cant phone? call me|us|here|anymore|again|my_phone|my|work|job|the|office|house* ,? just|only|please|can_you|but|i_prefer|you_can? text|email !me_either|either|or|ever
    dont|no|never|not|cant|stop|quit phone? call me|us|here|anymore|again|my_phone|my|work* ,|.? i_am_in|because_i_am_in? class|a_meeting|meetings|work|school? .|,? just|only|please|can_you|but|i_prefer|you_can|and? text|email is|works|work|instead|only|better|fine|me_instead|me_back|me_only|me_the|me_your|preferred|okay
    dont|no|never|not|stop|quit call my|the work|job|office|house|landline|wife|husband .|,? text|use this|my|me
    gave|give|put|entered|typed|wrote|left|listed|told ~3 wrong WORD
    no call text
    unsubscribe from the|auto|my !text|list|notification|contact|program|group WORD !text
    unsubscribe from auto|autopay|refill
    unsubscribe button|link|page|option|form|feature on|is|in|at|doesnt|wont|isnt|not|broken
    dont take|remove|delete|drop|erase|lose|forget|block|clear me|us|my|our|this off|from|off_of? the|your|this? list|schedule|waitlist|calendar?
    dont mind
    have|got|had your|the|this number|contact|info saved|handy|stored|written
    charge|fee|cost|penalty ~2 to|for|if_i|if_we cancel
    not now|yet|today|tomorrow|home|here|there|sure|working|right
    did|didnt|you|guys|yall|they|u|have ~1 forget|forgot|forgotten about? me|us|my|our|to|the
    do|did|is|was|have|am i|this|it|we|that ~3 the wrong WORD
    sent|delivered|brought|ordered|bought|picked|got_sent|shipped ~2 wrong WORD
    good|best|right|better|correct|new number
    i|we|he|she|they|someone|can|might will|can|could|might|may|would|shall stop !CONTACT|send|$
    quit !blowing|hitting|filling|clogging|flooding|blasting|bombarding|trying|wasting|lying|pushing|selling|soliciting|pretending|doing|sharing|using|annoying|being|asking|emailing|buzzing|advertising|promoting|marketing !ABOUT ING !me|us NOTUS
    contact lens|lenses|us_form|form|info_for|person
    no text|messages yet|has|came|received|on_my|about|in|so_far|today
    dont|cant|didnt|not text and_drive|while_driving|while_i_drive|while_i_am_driving|while_i_am_on|him|her|them !phone|number|cell|line|again|anymore
    dont|stop|not text|send|contact my_old|that|his|her|the_other|my_other|my_wife|my_husband|my_work|the_old|the_house|the_office|my_mom|my_dad WORD? .|,? use|text|try|send|contact|message this|me|my|the|it|to
    leave ~2 text|voicemail|note
    text|sms only !about|for|if|when
    list off the|market|price
    bother you|him|her|them|at_all
    no bother
    sorry|hate|mean|meant to bother
    want to bother you
    it did|will|does|might|may|should|just|would|finally stop
    no notification|text|contact yet
    no email just|only|please_just
    police report
    my lawyer said|told|suggested|is|needs|wants|asked !contacting|going_to|suing
    power of lawyer
    bother out
    list|listed|listing off|on|of|for|is|still the|sale|market|price
    spam musubi|filter|folder|sushi|can|cans|sandwich|fried|on|and_eggs|and|roll|rolls
    """,
    is_strict=True,
)

# What texting is asked for: covered unless the sentence refuses before it.
ASKED: list[Rule] = rules(
    "not_opt_out",
    """
    text|send|message me when|back|if|at|the|a|once_i|once_you|once_we|once_it|once_the|once_your|once_its|once_everything|as_soon|your|later|an|for|with|after|before|tomorrow|next|on
    """,
    is_strict=True,
)
REFUSALS = frozenset(
    each(
        "not never dont no cant wont didnt isnt stop quit cease refrain discontinue nobody who why "
        "without longer halt end desist optout unsubscribe tired sick"
    )
)


# Refusals of other things than texts.
_NOT_YET = re.compile(
    r"\b(?:not|cant|dont|no|wont) (?:now|yet|today|talk|call|come|make|right|sure|working|home|available|able|"
    r"hear|find|problem|rush|hurry|worries|be|know|have|need|urgent|in|at|there|here)\b"
)


def refuses(line: str, place: int) -> bool:
    """Whether the sentence refuses something before a place of the line."""
    before = line[max(line.rfind(f" {stop} ", 0, place) for stop in ".?,") + 3 : place]
    return not REFUSALS.isdisjoint(_NOT_YET.sub(" ", before).split())


# What limits a refusal to a time, a place or a condition: it becomes ambiguous.
LIMITED = re.compile(
    r" (?:(?:me|us|this|that|my|our|to|number|phone|here|again|anymore|text|contact|from|you|any|send|stuff|it|these|"
    r"notification|things|messages) ){0,5}"
    r"(?:until|till|til|untill|before(?! i )|after(?! this| all| that)|during|while|when|whenever|unless|except|between|outside|"
    r"if(?! you dont| not)|at (?:work|night|\d+\w*|home|school|church|midnight|lunch|the office|this hour|this time|all hours|"
    r"such|odd|weird|dinner|bedtime|\w+ am|noon|my job|my work)|on (?:the )?(?:weekends?|\w+days?|weekend|holidays?|my day|my work|my other|my off|my lunch)|"
    r"so (?:late|early|often|much|frequently|many|soon|fast)|this (?:late|early|much|often|week|weekend|morning|afternoon|month)|"
    r"that (?:late|early|often|much)|too (?:late|early|often|much)|as (?:often|much|frequently)|today|tonight|tomorrow|"
    r"in the (?:morning|evening|middle|afternoon|am|early)|every (?:\d+|day|hour|week|single|few|other|five|two|morning|night|time)|"
    r"(?:\d+|multiple|several|ten|five|three|two|a million) (?:times|x) (?:a|per|every|each|daily)|more than|over and over|late|early|daily|hourly|"
    r"for (?:a while|a bit|a few|a week|a month|a couple|a day|the day|the night|the weekend|the rest|the next|the week|the month|today|tonight|\d+)|"
    r"in (?:english|class|meetings?|a meeting|all caps)|about (?:the|my) (?:old|other|reviews?)) "
)
# What a threat hangs on is one more text: "I will sue if you text me again".
ANOTHER = re.compile(
    r" (?:if|when|unless|until|over|more than)(?: [^.? ]+){0,7}? (?:text|texted|contact|contacted|bother|notification|"
    r"another|again|more|once|hear|this|these|it|stop|quit|continues?) "
)
# Parts of what is sent: refusing one does not clearly refuse the rest.
PARTIAL = frozenset(each("promo email reminders reminder surveys survey reviews review links link"))

# CANCEL with one of these beside it is talk about a booking, not about texts.
BOOKINGS = frozenset(
    each(
        "appointment appointments appt apt appts booking bookings reservation reservations order "
        "orders visit job estimate quote consultation consult cleaning class session meeting "
        "check cheque payment membership contract policy insurance lease loan card flight trip "
        "ticket tickets delivery repair inspection reschedule rescheduled rescheduling resched "
        "rebook refund fee cancellation installation install pickup pick move warranty plan slot "
        "spot time surgery procedure exam checkup test treatment filling haircut massage facial "
        "party event table ride rental room tech technician plumber crew truck sick fever flu "
        "emergency conflict schedule noise debt credit am pm oclock come coming came show window "
        "yesterday cleaners service late"
    )
)
PLAYFUL = frozenset(
    each(
        "kind hilarious lol lmao lmfao rofl haha hahaha hahahaha hehe omg jk kidding hilarious "
        "funny sweet cute amazing awesome generous"
    )
)
LAUGHING = re.compile("[😂🤣😆😅😄😁😜😝😉🥰😍🤪]")
_COVERS, _ASKED = Table(COVERS), Table(ASKED)
_LETTER = re.compile(r"\w")


def covered(line: str, words: frozenset[str]) -> str:
    """Return the line with innocent uses of our words covered by underscores, places unchanged."""
    for cover in _ASKED.awake(words):
        for found in cover.pattern.finditer(line):
            if not refuses(line, found.start()):
                hidden = _LETTER.sub("_", found.group())
                line = line[: found.start()] + hidden + line[found.end() :]
    for cover in _COVERS.awake(words):
        line = cover.pattern.sub(lambda found: _LETTER.sub("_", found.group()), line)
    return line
