"""English ways of refusing texts, by grammar: ceasing, refusing, removing, leaving. Pure.

Sources: compliance.md R-REV-1 and R-REV-3 (any words a reasonable person would read as a wish to
stop), R-REV-12 (what suits were pleaded on). How a pattern is written: optout_rules.
"""

from __future__ import annotations

from messaging.optout_rules import Rule, rules

# "Stop (with) the texts", "quit sending me stuff", "I told you to stop", "how do I get out".
CEASING: list[Rule] = rules(
    "opt_out",
    """
    = CEASE GLUE* CONTACT|THING !back
    = CEASE GLUE* ADJ text|spam|notification !back
    CEASE send GLUE* number|info|things|anything|everything|something|links|link|messages $
    CEASE send GLUE* $
    CEASE reply|replying|respond|responding
    CEASE blow|blowing|blowin|hit|hitting|filling|clogging|flooding|blasting|bombarding|ringing|buzzing|cluttering ~2 my|me|us|our|phone|inbox
    CEASE testing|taxing|texas|tech|test|texan|text_in|texted_in me
    dont|never|no|stop tax|test|tex me
    CEASE trying|pretending|soliciting|selling|annoying|doing_this|doing_that|with_this|with_that|wasting_my|wasting_our|wasting_your|using_my|sharing_my|being_annoying|marketing_to|pushing
    stop 2|to|and|or|for|means end|quit|optout|unsubscribe|cancel|stop|remove|receive|exit
    my|your|the stop request|command|text|reply
    SAID GLUE* i? want? ENDS $
    SAID GLUE* ENDS REPEAT|text|contact|spam|send
    want|need|like|make|wish|get|have|for you|yall|this|these|them|these_text|all_this|all_these|text|spam|it_all|your_text|the_text|notification to? stop|stopped|quit|end|cease $
    i|we want|wish|need|would_like|choose|elect|wanna|trying|like|decided|chosen to stop|quit|end|exit|cease $|receive|get|this|these|text|all|your|any|contact
    i|we choose|choosing|am_opting|am_going to revoke|exit
    end GLUE* text|notification|communication|conversation|chat|thread|contact
    end this|these|it_all|all $
    cancel GLUE* text|notification|communication|spam
    cancel me|us $|from_your|from_the_list|from_this_list
    unsubscribe|optout from|me_from|us_from|of GLUE* email|promo !and|or|text
    unsubscribe !no_i_meant
    optout
    opt me|us|my_number|this_number|my_phone|my_name ~1 out
    quit it|this|that|with|already $
    knock it|this|that|the_crap|the_shit|the_bs off
    cut it|this|that|the_crap|the_shit|the_bs out $
    cut the crap|shit|bs $
    lay|back off !the|main|a|of|hwy|highway|route|exit|main_road|from
    CEASE bother $
    CEASE talking|asking|yapping to? me|us
    text|contact unwelcome|unwanted $
    bot|bots|robot|robots|ai|automation need|needs|got|gotta|have|has|must to? go|end|stop|cease|quit $
    end|stop|cancel|terminate ~2 subscription to|for|of GLUE* text|notification $
    ease off|up on|with the? text
    give it a rest
    nix|ditch|scrap|skip|drop|dump|axe|kill|cut|lose|trash|toss|silence|unplug|nuke|call_off|shut|turn_off|dump GLUE+ text|notification|bot|bots|robot|robots|dogs
    no|nope|nah|naw|hard_no|pass|thumbs_down|no_thanks|no_thank_you to|on|for GLUE* text|notification|spam
    put ~3 stop|end|halt to this|these|text|$
    bring this|these|it ~2 end
    text|notification|these_text|spam need|needs|got|gotta|have|has|must to? go|end|stop|cease|quit $
    you|yall|this|these need|needs|got|have|has|must|better to? stop|quit|cease $
    consider|treat|accept|count|log|take_this|take_that ~3 stop|optout|unsubscribe|revocation|revoke
    this|that text? is|as my|a|an|me|our|the? formal|official? stop|optout|unsubscribe|removal|revocation|revoke|cancel
    process|honor|honour|respect|accept|complete|obey GLUE* removal|optout|stop|wishes|unsubscribe
    optout|stop|removal|unsubscribe request
    done|through|finished|over with|talking_to you|yall|this_company $
    enough with|of GLUE* CONTACT|THING|you
    enough text|spam
    am|i|we|so|all done|through|finished with|get|receive GLUE* CONTACT|THING
    turn|shut|switch off? GLUE* text|notification|spam|automated
    disable|deactivate|mute|silence|kill|terminate GLUE* text|notification|spam
    how|where|what|way ~4 unsubscribe|optout|get_off|get_out|get_removed|be_removed|remove_me|remove_my|get_this_off|opted_out
    how ~3 stop|quit|end|exit|cancel|cease these|the_text|get|receive|text|them_text $
    how ~3 stop|quit|exit|cease $
    way|how|what|word|where|link ~5 stop these|$
    you can|may|could|should stop now|already|anytime|any_time|$
    when|why ~1 will|wont|cant|are|do|dont|wouldnt you|yall going_to|ever? to? stop|quit $
    ^ stoop|shop|spot|step|stomp|top|stock|sop|drop|stopped|stops|quite|quiet|quick|quid|quieting|quiting|slop|stob|stab|stub|swap|stoop CONTACT|send me|us|my|this|here|$
    quiting|quitting|stoping GLUE* CONTACT|send
    did|do|have|can|cant|dont|didnt|wont|havent you ~1 not? get|see|read|understand|receive|got ~1 stop|unsubscribe|optout
    understand about|by stop|no|unsubscribe
    lets|let_us|gotta|got_to stop this|these|it|$
    how many times do|must|will|should|did|does|have i|we
    if|that|you you|yall? stopped|quit|ceased CONTACT|send
    ^ i exit $
    ^ i? exit this|program|list|text|the_list|now|service
    = cancel GLUE* ADJ text|notification $
    cancel this|the service and|& text
    text|contact no_more|nomore|me_no_more
    <!i|you|we|they|to|can turn|shut|switch these|em|this_crap|this_thing|all_this off $
    what ~6 to stop|end|quit|cease get|receive|these $|text|these|this|from|your|any|all|notification
    stop until i say|ask|tell|text|reach|contact|need
    ^ discontinue $
    cut|cut_off|kill|cut_out|end|lose GLUE* text|notification|messages
    turn|shut|switch off? GLUE* bot|bots|robot|ai|automation off? $
    make this|these|them stop|end|quit
    make GLUE* text stop|end|go_away
    what ~4 to_make you|this|these|them stop
    you|yall|u|these need|have|has|needs|got|better|must|should|ought to? stop|quit|cease $
    you wont|dont|cant|refuse_to|never|just_wont|will_not stop|quit|leave_me|leave_us|listen
    """,
)

# "Do not text me", "no more messages", "I don't want these", "can you not".
REFUSING: list[Rule] = rules(
    "opt_out",
    """
    <!i|we|you|they|he|she|why|who|it|guys|people dont|never TRY* CONTACT|bother !back_if|when|at_once|on_a|coming|with_it|him|her|them|his|their|THIRD|my_husband|my_wife|my_ex|my_boss|my_kid|my_kids|my_son|my_daughter|my_landlord|a|an|other|another|the_other|the_seller|the_tenant|the_owner|the_group|the_customer|the_office|the_buyer|the_same|the_police|my_insurance|my_mom|my_dad|my_sister|my_brother|my_friend|my_tenant|my_doctor|the_landlord|the_insurance|yet
    NEG WANT you|anyone|anybody|yall|them|people|strangers|bots to? TRY* CONTACT|bother|send
    never|nobody|no_one|didnt said|say|told|gave|asked you|yall could|can|to|may|were_allowed_to TRY* CONTACT|bother|send
    <!i|we|you|they|he|she|why|who dont|never GLUE* CONTACT me|us|this|my_number|my_phone|my_cell|again|anymore|here|our_number|our_phone
    <!i|we|you|they|he|she|why|who|to dont|never reply|respond|reach_out|reach !to_the|to_my|to_him|to_her|to_them|to_his
    <!who|he|she stop|dont|no|never|not text|message|bother|contact|spam|send_text me|us|to_me|my_number|my_phone|this_number|this_phone|anymore|again|please_no
    not to be? CONTACT
    not|never|isnt trying|tryna|tryin|looking|wanting|hoping|in_the_mood to|for? be|get|receive|have|deal_with|hear|any* text|texted|contacted|notification|from_you !yet|back_yet
    not|never|isnt tryna|looking_for|looking_to_get|trying_to_get|trying_to_receive text|notification
    not|never|isnt trying|tryna|tryin|looking|wanting|hoping to|for? be|get|receive|have? $|these|spam|bother|bothered|on_your|on_nobodys|on_any|on_a_list|on_a_text !to_be|difficult
    ^ dont do text !and|while|him|her|back
    you|yall never got|had|have|saw|knew my|this number
    want|like|wish|need|going to discontinue $|this|these|the_text|text|all
    <!you|to|why|they i|we dont do text !while|and|you|him|her|at|on|after|with|for|until|before|back
    ask|asked|asking|told|said|rather|prefer|can|could|would|request|requested|will|appreciate|should|mind|hope that|if|it_if? you|yall|u|to? guys|would|all|could? not|dont|didnt|stop|never|wont be|get|getting|being|to|to_be|send_me|send|please? CONTACT|send_text|texting
    ask|asked|prefer|rather|like|appreciate|better it? if? you|yall didnt|dont|wont|not TRY* CONTACT|bother|send
    ask|asked|asking|prefer|rather|want|like|request|requested|told|said that? you|yall|u? guys? would|will? not to? TRY* CONTACT|bother|send
    can|could|would|will|please you|yall|u? guys? not TRY* CONTACT|bother|send_text
    mind|appreciate|prefer|rather not|no|dont|wont GLUE* CONTACT|THING
    you dont|should_not|do_not need|have|get|got|mustnt to CONTACT|send|keep !back
    dont|never|not_to|stop_to TRY* send GLUE* text|notification|stuff|anything|crap|shit|junk|links|link|things|messages|promo_text
    <!i|we|you|they dont|never send GLUE* $
    ^ not text|contact|bother|send me|us|anymore|again
    no|not send me|us|my|to? any|more? me? any|more? text|stuff|this|these|anything
    no no|more|further|additional|mo|other|future|new|mas GLUE* text|contact|spam|crap|shit|stuff|junk|solicitation|notification|conversation|bots|bot|communication|automation|these|robot|robots|messages
    absolutely|positively|definitely|strictly no GLUE* text|contact|spam
    ^ ok|okay|thanks|thank_you|sorry|please|i_said|yes|hey|hi|sir|and|but|so? no|zero GLUE* text|contact|spam|solicitation|soliciting|sms|bot|bots|robots|notification !back|yet|from_you|came|received|on|through|has|was|is|lens|showed|lenses|needed|necessary|required|about|in|number
    <!have|has|had|got|get|is|are|was|see|saw|with|there|say|says|sent|there_is|i_have|if no call|calls|email|reply and|or|no text|email
    make|making sure|it_so|certain ~5 dont|not|isnt|never|no|stop ~3 text|texted|contacted|contact|notification|messages
    hope|better|dont|never|not|see ~3 another|any_more|anymore|one_more|a_single text|notification|message
    be|is|make|was|consider the|your|my|this|it last|final text|contact|message|warning|notice|time_you
    no more of? this|these|it|that|those $
    <!have|has|had|got|get|is|are|was|see|saw|with|there|say|says|sent|show|shows|getting|received no text|notification|messages $
    refuse|decline|reject|deny|against|oppose|opposed|object|forbid|prohibit|forbidden GLUE|being|for|anyone* CONTACT|notification
    <!i|we|they|he|she no_longer TRY* CONTACT|bother|send me|us|this|my|text|anything
    no use|interest|desire|reason|time|tolerance|patience for|in|to? GLUE* text|notification|spam|texted|contacted
    no need for GLUE* text|notification|spam
    not|arent|isnt supposed|allowed|permitted|authorized|welcome|entitled to ~2 CONTACT
    under no ~4 CONTACT
    number|phone|line not|isnt|never for GLUE* CONTACT
    <!i|we you|yall cant|may_not|cannot|must_not|better_not TRY* CONTACT|bother|send !back
    you|yall|are not|arent|isnt|never supposed|allowed|permitted|authorized|welcome to TRY* CONTACT|bother|send
    nobody|no_one told|asked|authorized|said|allowed|wants you ~3 CONTACT
    who said|authorized|allowed you|could ~3 CONTACT
    never hear|to_hear from you|yall|this
    dont want ~4 CONTACT me|us
    not another|one_more|a_single|one_single text|message
    want nothing|no_part|none|no GLUE* to_do_with|of|from|with|part you|this|these|it|text
    dont want|need|like any_more|anymore|more of? these|this|it|them|any|$
    dont want|need|wish anything|any_part|any|to_do|to_be|to_have ~3 with|of|from you|this_text|your_text|your_company
    want|need|said|meant|preferred|prefer|appreciate no text|contact|spam|notification
    no call no text
    ^ i_said|thanks|ok|please|thank_you|sir? no|not more|any_more|anymore $
    <!didnt|yes NEG FOR* WANT FOR* text|contacted|texted|notification|spam|crap|shit|junk|solicitation|solicitations|soliciting|hear_from|hear_back|hearing_from|from_you|from_yall|business_with|list|communication|to_be_bothered|be_bothered|bothered|be_contacted|bot|robot|conversation|contact !lens|lenses|back|you_sent
    NEG FOR* want|wish|need|like|care|agree|consent|ask|asked|signup|sign_up|signed_up|subscribe|request|requested|interested|agreed for|to|in|with|on|part_of|get|receive|have|see|any_of|all? get|receive|have|see|be_part_of|of|be_on? this|these|it|those|that|stuff|this_stuff|this_crap|this_shit|these_things|anything_from_you|any_of_this|all_this $
    no|never|not|neither longer|want|to|wanting|wants|not_want|again? to|want|wish|wanting|need|be? to|get|receive|to_get|to_receive|be_get|to_have|interested_in GLUE* text|notification|these|this|contacted
    text|contact|notification is|are|am|be|r? not|isnt|arent|no_longer|never welcome|wanted|authorized|allowed|appreciated|permitted
    text|contact|notification is|are|am|be unwelcome|unwanted|unsolicited
    unwelcome|unwanted|unsolicited text|contact|spam
    i|we|just want|wanna|need|would_like|demand to? get|be|opt? out|off $
    ^ want|need off|out $
    ^ off your|the|this|all? list $
    ^ take off your|the|this? list $
    i|we want|wanna|need out|off of|from? GLUE* LISTED
    keep your|the GLUE* text|spam to_yourself|away
    spare me GLUE* text
    good|fine|okay|ok|pass|set on|with|without|w_o|off GLUE* text|notification
    not|dont want|need|like|wish|interested GLUE* text|spam|notification
    hate|despise GLUE* text|spam|notification ~6 stop|no|dont|remove
    can|could|will|would|please you? all|guys|please? chill|relax|calm_down on|with GLUE* text
    chill on|with the? text
    """,
)

# "Take me off the list", "lose my number", "I want to be removed".
REMOVING: list[Rule] = rules(
    "opt_out",
    """
    remove|delete|erase|lose|forget|clear|strike|unlist|exclude|omit|trash|burn|block|dump|get_rid_of|scratch|expunge|cross|pull|take_out|wipe|forget_about|destroy|scrub OWN* number|name|phone|me|us|mine|myself NOTELSE !card|tag|DAY|from_DAY|for_DAY|from_next
    remove|delete|erase|unlist|exclude|clear OWN* info|contact|record|records|contact_info $
    remove|delete|erase|cross|strike|scratch OWN* from|off|out_of your|the|this|all|any|ur|that GLUE* LISTED|records|contacts|phone
    REMOVE OWN+ off|from|out|out_of|off_of of|off? GLUE|promo|ur* LISTED
    get me|us|my_number|my_name|my_phone|this_number off|out|out_of|off_of of? GLUE|promo|ur* LISTED
    take me|us|my_number|my_name|this_number of GLUE* LISTED
    REMOVE OWN+ off|from|out_of of|off? this|it|here|there|that $
    drop|ditch|toss my|this|our number
    drop me|us from|off
    remove from|off GLUE* LISTED|here
    number|info|phone|name|data|contact|list ~6 remove|delete|erase|lose|forget|clear|destroy|trash it|them|that|me $
    who|where|how ~4 number|info ASKS remove|delete|erase|lose|forget|take it|me|my_number
    remove $
    take|get|keep|pull|kick|cut|leave|pulling|knock|have OWN* number|name|phone|me|us|mine|number_down off|out|from|of of|from|out? GLUE* LISTED|here|everything|it|records|dial
    take|get|have OWN+ off $
    take|get|kick me|us|my_number|my_name|this_number|our_number|our_name|my_phone|this_phone off|out GLUE* $
    take off my|this|our number|name|phone
    take off GLUE* list $
    want|need|wanna|like|wish|have|get|be|am|been|being|me|us|number|name|it_is|getting|asked|asking|request|requested to_be|to_get|to_have|be|my_number|me|us|my_name|been|you_to? removed|deleted|erased|taken_off|unsubscribe|off|unlisted|disconnected|out|dropped|struck|excluded from|of|off? GLUE* LISTED|records !on
    want|need|like|wish|have|get|request|asking|asked to_be|my_number|me|us|my_name|my_info|to_get|this_number removed|deleted|erased|taken_off|unlisted|out_of_here $
    be removed|deleted|taken_off $
    number|phone|name ~3 come|comes|taken|removed|get|gets off|from GLUE* LISTED|records
    throw|throw_away|toss|chuck|shred my|this|our number|info away|out?
    zap|nuke|kill|burn|shred|dump my|this number|contact|info
    disconnect|detach|yank|boot|bump|eject|free|release|excuse|unsubscribe me|us|my_number from|off|of GLUE* LISTED|this|it
    REMOVE OWN+ out of this|it|here|$
    ^ removed OWN+ off|from|out_of GLUE* LISTED
    REMOVE OWN+ off|from|off_of your|the|ur|this less|lest|lisp|lis|liszt|lit|listen|lits $
    remove|take|delete me|us off list
    blacklist|unlist|unregister|deregister|inactivate|unenroll|disenroll me|us|my|this|our
    make me inactive
    request|requesting|demand|want|need|ask|asking removal
    put|add|mark|flag|place|list me|us|my|this|our ~6 no|dont|not|never list|contact|text|call|dnc
    leave GLUE* list|group|program|thread|chat|campaign|service $
    please? removal from|request
    dont|do|not|no|never call|contact|text|disturb and_text|or_text? list|registry|registered
    dnc
    national|federal|state dont|do registry|call
    dont|no text|call|contact? list|registry
    registered|listed|am|are|is|been on_the|on_a|as|with_the? dont call|contact $
    on the dont call|contact $
    <!i lost my|this number $
    forget|lose|delete|erase|burn you|that_you|u ever|even|know|have|had|got|get? know|have|had|ever_had? me|my|this|my_number
    dont want to? do|have|be any? business|contact|anything|dealings|part with|of
    <!i|we|you|they|if dont|shouldnt|stop|never have|using|keep|having my number !handy|with|on|saved|it|its|call
    <!i|we|you|they|to dont|never use my|our|this number|phone anymore|again
    lose my|our|this|the number|digits|contact|info|numb
    shouldnt|dont be contact|text
    """,
)

# "Leave me alone", "go away", "get off my phone".
LEAVING: list[Rule] = rules(
    "opt_out",
    """
    leave me|us|my_family|my_phone|my_number|this_number|this_phone|people|my_wife|my_husband the_hell|the_fuck? alone|be|out_of
    leave alone
    leave|leaf|leve me|us along|a_lone|alon|aloan|be|aloen
    leaf|leaving me|us alone
    let me|us be|alone $
    <!wont|will|to|doesnt|didnt|cant|not|would|i|we|they|it|gonna|may|might|never|should|you go away !for|on|to|next|this|until|in
    go to_hell|pound_sand|jump|fuck|kick_rocks|kick_sand|suck|play_in_traffic
    <!i|we|always|you|to|might|will|would|not|people|they get lost $|and|you
    get bent|stuffed|a_life
    buzz|bug|piss|sod|bugger|jog|naff|eff|f|fuck|shove right? off !my_car
    back|sign|log|clear off $
    off|out|outta|out_of|off_of my|our phone|number|line|text|inbox|life|dms
    beat it $
    scram
    gtfo
    stfu
    take a hike
    kick rocks
    shove it
    stay away|out from|of me|us|my
    ^ stay away|out $
    shut up already|now|and|with|$
    fuck you|off|yourself|yall|your_text|these_text|your_company|outta|right_off
    f you|off
    screw you|off|yourself
    kiss my
    eat shit
    suck my|it
    shut this|that|these|the_text|your_bot off|down|up
    take a|the hint
    begone|shoo|scram|hush|shush
    be gone
    hop|bounce off
    drop dead
    up yours|your $
    go f|eff|fuck yourself|off
    ^ last|final warning|notice $
    zip it $
    ^ die|shoo $
    kill yourself
    ^ go? find|try|text|bother|contact|annoy|harass|pester someone|somebody|anyone else
    go find|try|text|bother|contact|annoy someone|somebody else
    someone|somebody else to bother|text|contact
    what|which part of no|stop|quit|dont|leave|not|unsubscribe
    bye felicia
    miss me with
    hell|heck no text|to|more|stop|leave|dont
    no_one|nobody wants|want|asked|cares|care GLUE* text|this|these|you
    ^ dont disturb $
    dont disturb|bother me|us|my|this
    not your customer|client|patient|friend|business
    pretend|act ~2 i|you|we|my_number|this_number|it dont|never|didnt|doesnt|isnt
    keep|leave me|us|my_number off|out of? GLUE* LISTED|this|it
    """,
)
