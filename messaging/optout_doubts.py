"""Complaints without a request, questions about who writes, and consent given. Pure.

A complaint makes a text ambiguous: a person looks and the machine is silent (compliance.md 6).
"""

from __future__ import annotations

from messaging.optout_rules import Rule, rules

COMPLAINTS: list[Rule] = rules(
    "ambiguous",
    """
    this|is borderline|bordering|pure|becoming harassment
    legal action will|shall
    i|we|am|will|going report|reporting this|it $
    this|that|you is|are a? mistaken|mistake $
    i|you have|got|are mistaken|mistake
    ^ you|yall|they mistaken|mistook
    never inquired|enquired
    no use|need for this|it|these|you
    why ~1 you|yall text|contact|send|bother_me|bother|texting GLUE* so|at|this|late|early|every|all|in_the
    ^ NUM text in|today|a|per|this|already|so_far|now
    this is the NUM|third|fourth|fifth|second|last text|message|time
    text at NUM
    the third|fourth|fifth|2nd|3rd|4th|5th|tenth text
    too|so early|late for text
    getting|get a_lot|lots|tons|so_many|a_ton of? text
    how many times ~5 text|contact|message
    constant|nonstop|endless|incessant text|notification|messages
    text ~1 less
    only text ~1 ~1 reminders|appointment|updates|notification
    take|remove me|us off|from the NUM
    take|remove me|us off|from for|until next|this|DAY|now
    phone|line doesnt|does_not|dont|cant|isnt do|for|get|take|support text
    is a|an|the|my office|work|business|fax|home line|phone|number
    this|these real|legit or spam|scam|fake
    wtf|what_is|what is? this? wtf|bs
    dont disturb after|before|until|during|at
    how|what|way ~5 stop|quit|end|exit|cancel|cease this|that|it|them $
    when|why ~1 will|wont|is|cant this|these|they going_to|ever? to? stop $
    dont|stop|never use|using this|my number|phone
    ^ not|no him|her|them $
    i|we need|have|want to cancel $
    ^ ~2 passed|passes away ~3 $
    ^ !phone|battery|car|truck|ac|heater|furnace|engine|fridge|tv|tree|plant|my_phone|my_battery|my_car|my_truck|my_ac|my_heater|the_ac|the_furnace|the_heater|the_car|the_battery|my_old|my_tv ~2 died|deceased $
    sold|lost|changed|gave_away this|that|their|his|her|the phone|number $
    number|line|caller blocked|reported $
    not my|mine|yours ~2 text|contact
    ^ oops|sorry|my_bad|sorry_about_that|ah? wrong !day|date|time|part|size|color|address|pic|picture|photo|email|tooth|button|link|door|side|street|turn|zip|month|house|one|kitchen|room|bathroom|bedroom|yard|car|unit|tree|model|file|page WORD $
    conversation|discussion|chat is|was? over|done|finished
    cut me loose|off $
    skip|ghost|block|excuse|spare|exclude me $
    ^ i|we? never|didnt|dont|not okayed|invited|invite|approved|approve|asked|wanted|want this|it|that|these $
    ^ i|my|sorry|oops|my_bad* mistake|error|bad $
    we|i|are|am done|finished talking|here
    this|it|a|my private|personal|unlisted number|cell|phone
    private|unlisted number
    dont|never let this|it happen again
    ^ i|we|have|i_have? never|not|am|am_not been|inquired|a|your|contacted ~2 customer|client|patient|about_anything|$
    ^ this|is|my|the|a|your|for* second|third|2nd|3rd|final|last request|warning|notice $
    next one|text ~3 cost|costs|will
    each|every|per text ~2 NUM
    am|will|going|gonna to? sue|block|report|file|call_the_cops|call_the_police $
    call|calling|filing|file|filed the|a|my? cops|police|report|complaint|lawyer $
    block|blocking|blocked and report|reporting|reported
    legal_action|lawsuit $
    who|nobody asked|authorized this|you|that|$
    respond|reply to strangers|unknown_numbers
    reported to NUM
    ^ removed|take_off $
    too|so|way_too many|much|damn_many more? text|notification|contact !call
    text|contact less
    like ~2 text today|already|so_far|this_week
    <!for|of ugh|these|this these? text $
    text woke|wake|waking|keep|kept|woken me|us|up|my
    prefer|rather|want|like a|to|you|have|have_a|if_you|that_you|it_if_you? phone|be_a? call|called|email|emailed|voice|phone_call over|instead|rather|to|me|not|$
    email|call|phone only $
    call|email me? instead|rather of|than? text
    not comfortable|a_fan|big_on|good_at text|with_text
    too much|many|often CONTACT
    text|contact|spam|send_text|send|blow_me GLUE|people|way|about|us|stuff|everyone* too|so|way|alot|a_lot|constantly|nonstop|every_day|everyday|all_day|nonstop|over_and_over too|fucking? much|often|many|frequently|fast|$
    why|how_come|wtf|reason|what_the_hell ~1 do|are|does|did|is|you|would|am|keep|was|have|r|keeps ~2 keep|still|always|constantly|continue|continuing|repeatedly|bother|bother_me|spam|so_many|again|keeps
    <!please|to|can|could|will you|yall|they|company|guys|people|who|whoever|this|place ~1 keep|keeps|kept|still|continue|always|constantly|continuously|repeatedly on|to? CONTACT|send|get|blowing|blow !track
    sick|tired|fed_up|annoyed|irritated|over|pissed|bothered|had_it|frustrated|done|enough of|with|by|at|off_by|off_with|to_death_of GLUE* CONTACT|THING
    sick|tired|fed_up|annoyed|irritated|over|pissed|had_it|frustrated|enough of|with|by you|this|these|yall $
    this|it is|was get|getting|so|too|beyond|just|gotten|becoming* ridiculous|annoying|old|excessive|crazy|insane|much|absurd|stupid|silly $
    ^ very|so|really|is|it|this|that|how|ugh|super|you|yall|are|too|getting|this_is|these_are|you_are|text|pretty|kinda|these_text|that_is|it_is|so_so|quite|these_text_are|your_text_are|this_is_getting|this_is_so|you_are_so|being|text_are|extremely* annoying|ridiculous|irritating|aggravating|intrusive|excessive|obnoxious|unacceptable|spammy|unprofessional|creepy|rude|bothersome|overkill|invasive|disturbing|pathetic|disgusting|unreal|crazy|insane|absurd $
    text|this|you|these|constant|it are|is|r|gets|get|getting getting|so|very|really|super|beyond|being|a_bit|just|too? annoying|ridiculous|irritating|aggravating|intrusive|excessive|obnoxious|unacceptable|spammy|out_of_hand|out_of_control|getting_old|pissing_me_off|creepy|spam|old
    text|you|this|it|yall|drives|driving|drive pissing|driving|pisses|annoying|drives me|us off|crazy|nuts|insane|mad|$
    this|that|it|these|you|text|yall|seems|looks|sounds|probably|obvious|must_be|smells|bunch is|are|r|like|be|of|to_be|an|as|just? a|some|just|an|obvious|total|another|be|like? spam|scam|scammer|scammers|spammer|spammers|fraud|phishing|junk|fake|scammy|spoof|spammers|hoax|sketchy
    ^ oh|another|more|stupid|obvious|total|nice|ok|ugh|no|marked|mark|flagged|reported|reporting|report|delete|deleted|and|as|blocked|block|fucking|this|it|lol|hello|so|just|definitely|reported_as|you|marking|sounds_like|looks_like|smells_like* spam|scam|scammer|scammers|fraud|phishing|junk|spammer|spammers|reported|blocked|blocking|reporting|fake|phish|bullshit|bs|crap|garbage|trash text|alert|likely|much|risk|as_spam|it|number|caller|this|and_reported|and_blocked|junk|you|as_junk|artist|artists|company? !on|in|at|by|to|out|off $
    ^ i|we|sorry|no|hey|um|but|and|sorry_i|no_i|sorry_but_i|hey_i|there|it? didnt|never|not|nobody|no_one|noone|havent|dont_remember|dont_recall|wasnt_me_who|isnt_me_who|isnt_me|must_not_have here|even|once|i|at_this_number|in_my_house|in_my|family|remember|recall|has|anyone|that|have|make|made|place|placed|a|any|ever|who|in_this_house|house|home* call|called|dialed|texted|text|contact|contacted you|yall|your|from
    ^ i|we|sorry|no|hey|um|but|and|sorry_i|no_i|sorry_but_i|hey_i* didnt|never|havent|dont_remember|dont_recall i|remember|recall|have|make|made|place|placed|a|any|ever* called|call|calling|dialed|phoned|rang you|yall|this|your|anyone|that|any|a|business|company|number|from_here|anybody|here|in|today|ever|or|text|called|call|plumber|place|$* $
    <!i|we|you|to|cant|they turn|shut|switch this|these|it off|down $
    good on all|this|these|that|all_this $
    you have|got|want|need someone|somebody else
    yall|you are? relentless|nonstop|persistent $
    ^ report|reporting|reported this|it|that $
    want|wanna|like|need|ready to leave|exit|go|quit $
    ^ this|it i|was? isnt|was_not|wasnt me $
    stop|quit|cease|never|enough|no_more GLUE* call me|us|here|this|number|my|phone|anymore|again|everyday|please|$
    dont GLUE* call anymore|again|ever|this|here|me_again|me_anymore|me_ever|us_again|my|ever_again|back_again|this_number|at_all
    i|we dont|cant|never do? text !while|and_drive|you|him|her|message|back
    this|phone|number|line is|cant|doesnt|does_not|dont|wont a|my|our|the? landline|land_line|business_line|work_phone|work_number|company_phone|fax|receive_text|get_text|text|home_phone|house_phone|accept_text|shared_phone
    i|we dont|cant like|get|receive|use|answer|want_to|respond_to|reply_to|do|read text !about|from_you|from_yall|back|until|yet|the
    text|you are|r bother|spam|contact|blow|interrupting|disturbing|waking
    please_dont $
    text my|our|the other|work|wife|husband|cell|office|home|mobile instead
    only|just want|need|send|get|like? me? text|contact|message me|us? about|for|if|when|during|between|on|regarding|with|after|before
    no|stop|dont|not|less|fewer|without GLUE|send|want|need|marketing|get|receive* promo|reminders|surveys|survey|reminder|mailers|flyers|reviews|letters
    stop|dont|less|fewer|no GLUE|send|want|need|marketing|get|receive* email
    reminders|reminder|notification|promo|text ~5 nothing|no_one|none else $
    you text more|as_much|too|worse
    do you ~2 have|need to text|contact this|so|that|me_this|me_so much|often|many
    pause|suspend|hold|mute|snooze these|this|them until|for|till|$
    how ~2 turn|shut|switch these off $
    cancel my|our|the account|subscription|service|services|membership with|at|through you|yall|your
    ^ enough lol|haha|lmao|already|now $
    REMOVE OWN+ off|from|off_of your|the|ur|this least|lease|lift|lust|mist|lips|lifts $
    promo|reminders|appointment_reminders|emergencies|important_things|updates|appointments|reminder only
    only appointment? reminders|promo|emergencies|appointment_notification|notification
    less|fewer|reduce|slow_down|ease_up|limit|cut_back|cut_down|dial_back|tone_down GLUE|on|with* text|notification|texts
    you text|contact|send a_lot|alot|way|everyday|daily|nonstop
    delete my|our|the account|profile|data|info
    cancel|close|end|terminate|deactivate|discontinue my|our|the|this|all account|subscription|service|services|subscriptions|membership|plan $
    cancel|stop|end it|that|this|everything|all $
    take|remove|get us|me off|from on|for|the|this|next? DAY
    is this|it a_bot_or|some_kind_of|a|another? scam|spam|phishing|hoax|joke
    my|the husband|wife|mom|dad|mother|father|son|daughter|owner|customer passed|died|deceased
    can_you|could_you|will_you|would_you|to|please|you pause|suspend|hold|mute|halt $
    pause|suspend|hold|mute|snooze the|all|these|my|your? text|notification|account|everything
    i|im|we|am|are done|finished|through|over $
    """,
)

# Who writes, and from where they have the number; what it costs.
QUESTIONS: list[Rule] = rules(
    "help",
    """
    ask|know|tell_me|say|wondering who this|you|u|i is|are|am
    who told|asked|gave you to text|contact|permission|consent
    who do|does|am i|this ~6 speaking|belong|with|talking
    do|will you sell|share|give my number|info|data
    where is|are|did|do|was this|you|it|these text|texting|come|coming|from|messaging|$ from?
    where are you text|texting from
    what is|are|was your|the|ur name|company|business|store|rates|company_name $
    what|which store|business|company|brand|clinic $|is_this
    name of company|business|store|your
    identify yourself
    who|whom is|are|r|was|dis|am this|these|you|it|dis|texting|text|that|there|u|contact|calling|call|this_is|from|messaging !send|use|using|sending|hiring|looking|plumber|going|tech|coming|guy|doctor|for|in_charge|appointment|the_best|available|with_at|covered_by|insurance|invoice
    who this|dis|tf|you|it_be|u|is_dis|texting|text|be_this|that $
    who texted|contacted|messaged|sent me|us|my_phone|this|these|it|that|$
    who texted|contacted|messaged me|us|my_phone|this_number|$
    who am i speaking|talking|text|talk|chatting|contact|speaking_to|messaging
    who|what|which ~2 do_you work|represent
    name of|for your|the|this company|business|office|shop
    who|whose this|dat|these $
    who is number|phone
    what|did ~2 i signup|sign_up|sign|signed_up|subscribe|signed
    cost|charge|charged|costing|billed|free ~6 text|reply|plan|data|minutes|respond|messages|these|sms
    is|are this|these ~1 free $
    does this cost money|me|anything|$
    are|is standard|regular|normal? rates
    rates charged|apply|for
    was this text ~4 for_me|to_me|me
    who|whose number|business|company|phone is|are|am this|i|these|that
    <!if who|what|which company|business|place|org|organization|office|shop|service|brand is|are|am|r this|you|it|that|u|i|calling|text|texting|called
    what is it|all about|regarding|concerning|in_regards_to
    what is|are|was|r this|these|that|dis for $
    what is|are|was|r this|these|that|dis text|number|about|regarding|all|concerning|notification|program|service|company|business|$ !NUM_|charge|bill|part|on_my
    what this|dis|that is? about|for|number|text|$
    what ~2 this|these|it|that|text ~1 about|regarding|concerning|in_regards_to|in_reference_to|pertaining_to
    what number|company|business|place is|are|did this|that|it|you|i
    how|where|when|who ~3 you|yall|they|u|gave|give|sold|get|got ~4 my|this|our number|info|name|phone|contact|cell
    how|where you|u|yall|did get|got|getting|have|find my|this|our number|info|name|phone|contact
    who gave|give|sold|told you|yall|out|them GLUE* number|info
    do|should i|we know you|this_number|u|yall
    have|did we|i met|talk|spoken|speak|talked|do_business|spoke $
    why am|are|did|do|was|is i|you|we|u|this|yall|someone|r get|text|receive|getting|have|contact|texting|send|got|texted|received|number|contacting|reaching|message|messaging !back
    why you|u|yall text|contact|send|texting|have|messaging|got|texted
    why text|contact|message me|us
    what do you|u want|need $
    what program|list|service is|am this|these|i|on|it
    how often|frequently|many do|will|are these|you|they|those come|coming|send|get
    where did my number come|get
    how do|can i contact|reach support|someone|a_human|a_person $
    how|what often|frequently|many|frequency ~3 text|notification|contact|send|messages
    <!how_much cost|charge|charged|charges|fee|fees|rates|rate|free|price|pay|extra|money|billed|bill ~4 text|messages|sms|reply
    text|messages|these|sms ~3 cost|free|charge|charged|rates|rate|fees|fee|extra
    msg|data|text|message data|rates|and_data rates|apply
    terms of|and service|conditions|use
    privacy policy
    what|where|do ~3 your|the privacy|terms
    is this|it|that legit|legitimate|real|for_real|really_from|a_real_company|a_real_business|some_kind_of|official|a_legit_business|a_legit|an_official
    text help
    """,
    by="question",
)

# Consent to texts, and an opt-out taken back.
CONSENT: list[Rule] = rules(
    "opt_in",
    """
    give|grant|have|giving you|yall|my? my? permission|consent to? text|contact|send|keep
    <!forbid|told|asked|want|told_you|tell you|u|yall|it_is|ok|okay|fine|feel_free|free|go_ahead can|may|could|are_free|are_welcome|to|and|have_permission|have_my_permission|have_my_consent|are_allowed|do_have_permission|are_ok to? keep|start|continue|always|resume|go_back_to? CONTACT|send_me_text|send_text|send_me_notification|send_me_messages !the|my_wife|my_husband|back_with|him|her|them|when|your|photos|pictures
    yes|ok|okay|sure|yeah|please|agree|consent|permission|want you|to|i|do|it_is_ok? to|can|may|want|agree|consent? start|keep|continue|resume|receive|get|receiving|subscribe|again|sign_me_up_for GLUE* text|notification !from|me_the|about
    start|resume|restart|continue|begin GLUE* text|notification|messages|send
    <!you|they|yall|people|guys|do|who|why keep text|send me|us|text|the|notification|them|it|$ !informed
    keep the|them|your text|coming text? coming|$
    text|contact me|us again|anymore_is_fine $
    yes|ok|okay|sure|yeah ,? send me|us text|notification
    ^ re subscribe me|us|$
    ^ sart|strat|satrt text|notification $
    text is|are|works|is_totally ok|fine|okay|good|great|welcome|best|perfect|alright $
    opt|sign|add|put|subscribe|enroll|include me|us|my_number|back back_in|back_up|in|back|again !the_dont|your_dont|the_no|your_no|the_dnc|your_dnc|dnc|hold
    signup me|us|back|again
    sign me up $
    sign me up for GLUE* text|notification
    ^ please|yes|ok? subscribe|resubscribe|optin me|us|again|back|$
    resubscribe
    want|like|love|ready|rejoin|wanna to|back? rejoin|resubscribe|optin|subscribe|be_added_back|start_receive|get_text_again|receive_text_again|receive_your_text|back_on|back_in|receive_text|get_your_text|get_text|receive_notification|start_get_text
    i|we agree|consent|opt to|in? receive|get|text|text_from|being|be GLUE* text|texted|contacted|notification|$
    i agree|consent to text|receive|get
    turn|switch GLUE* text|notification back? on
    turn back? on GLUE* text|notification
    unblock|unstop me|us|$
    change|changed my mind ~5 text_me|keep_text|can_text|resume|start_text|want_text|want_the_text|text_again
    yes|ok|sure i consent|agree $
    ^ i optin|consent|subscribe $
    ^ i? want your|the|to_get|more? text $
    can|could|may i get|receive|have ~1 text again|back
    sure|yes|ok text me $
    text|text_me is ok|fine|okay|good|great with|by|for? me
    permission|consent granted|given|approved $
    feel free to CONTACT
    want|wanna|like|need|miss text|your_text|the_text|notification again|back
    ^ ok|okay|yes|sure|yeah|and|please* text|contact me|us anytime|whenever|any_time|all_you_want
    <!not add|put me|us|my_number back
    add|put my|me|this|us number|back|name ~2 list|back $
    notify me again
    """,
    by="consent",
)

# An opt-out taken back: its own words would read as a new one.
RETRACTIONS: list[Rule] = rules(
    "opt_in",
    """
    undo|reverse|ignore|cancel my|that|the? stop|unsubscribe|optout $
    that stop was|is for|meant|to_my|to_someone|intended !you|your|all|this
    so|but|now ,? please? go_ahead and|with? text|contact|resume|send !again_and
    stop was|is a|an|by? mistakenly|mistake|accident|error
    turn|switch my|the|your|these|those|all? text|notification back? on
    mistakenly|oops ~2 stop|stopped|unsubscribe|optout|opted|end|quit
    <!i stop|unsubscribe|optout|quit|stopped ~4 mistakenly|fat_finger
    didnt|not mean|meant|intend|supposed|trying to? ~3 stop|unsubscribe|optout|quit|opted_out $|sorry|oops|turn|keep|sign|add|resume|can
    ignore|disregard|undo|reverse|scratch my|that|the|last|previous|earlier|when_i_said|i_said+ stop|unsubscribe|optout $
    turn|switch text|notification|the_text|these_text|your_text back on
    take back my? stop|optout
    """,
    by="consent",
    is_strict=True,
)
