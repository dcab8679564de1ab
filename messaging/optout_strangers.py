"""The wrong person, the law, permission taken back. Pure.

Such a text takes away what the texting rested on: the inquiry of the person written to, or their
consent (compliance.md R-REV-3, R-DNC-2, R-SPOOF-1).
"""

from __future__ import annotations

from messaging.optout_rules import Rule, rules

# Nobody here made an inquiry.
STRANGERS: list[Rule] = rules(
    "opt_out",
    """
    <!gave|give|put|entered|typed|wrote|told|left|listed|had <!you_the|them_the|me_the|put_the|entered_the|typed_the|wrote_the|in_the|down_the|gave_the|left_the|listed_the|had_the|have_the|on_the|if_the|if|hope|maybe|with_the|to_the|not_the|not|at_the|nothing|something|what_is|whats wrong WRONG !on|for|in|of|part|at|is|to|was|came|showed|it|its|size|for_my|number|signed|answered|got|use|no|i_need|called_me
    you|yall|i|we|think|they|u GLUE|have|has|got|had|must|may|might|probably|dialed|called|reached|contacted|texted|clearly|obviously|definitely|think|believe|i+ wrong WRONG !on|for|in|of|part|it|its
    called|dialed|reached|call|dial the wrong WRONG !on|for|in|of|part|it
    number is|was|seems wrong $
    butt|pocket|ass|booty|purse|mis dial|dialed|call|called|text|texted
    misdial
    NEG optin $|to|for
    wring|wong|rong number|person|guy
    <!i|we dont have the? right|correct person|number|guy|contact|one
    meant|intended for? someone|somebody else
    text ~2 for someone|somebody|another else|person
    dont know him|her|them|that_person|anybody|anyone|any|that_guy
    no such person|name|customer|patient|client
    not the|an? intended|right|correct recipient|person|one|number|party
    person|guy you want|wanted|are_looking_for|are_trying_to_reach|are_trying_to_contact|need ~3 not|isnt|gone|moved
    not|arent|isnt who i|you|we was|were|am|meant|wanted|want|think|need|thought|called|trying|dialed|looking
    mistakenly ~1 hit|tapped|pressed|clicked|touched|selected
    fat fingered|finger
    misclicked|misclick
    siri|alexa|watch|phone|bluetooth|pocket ~1 called|dialed you|by|itself|it|mistakenly|$
    called|dialed|call ~2 itself
    thought i|this was|am ~1 calling|dialing|call|texting|text|the|a|my
    text|contact a|an landline|child|minor|kid|baby|teenager|stranger
    barking up the wrong
    consent|permission ends|ended|end|expires|expired|stops|over|is_over
    unauthorized|unauthorised|unconsented text|contact|use|number
    text|this isnt|was_not meant? for me
    isnt|not meant for me|us
    you|yall ~1 looking|want|wanted|need for? someone|somebody else
    is|isnt|now someone|somebody elses phone|number|cell|line|now|$
    was|used_to_be PLURAL old? number|phone $
    he|she|they changed|got|has numbers|a_new_number|new_number|his_number|her_number
    ^ i just|recently|only? got this number|phone|cell $|and
    dont know any|anyone|anybody|nobody named|called|by|with
    ^ i|we|have|i_have? never been|done a|your|any|business customer|client|with !before
    didnt|not mean|meant|intend|wanted|want to? call|dial|contact you|yall|this|anyone|u? $
    mistakenly|mistake|an_accident|error ~3 disregard|ignore|my_bad
    hit|pressed|pushed|clicked|tapped|touched the? wrong|call button|contact|one|number|name|by|button
    forget|disregard|ignore|nevermind i ever? called
    disregard|ignore call|the_call|that_call|my_call
    not the company|place|business|person i|we|you !need
    calling|trying|call to_reach|to_call|for? a|the? different|another|other company|place|business|person|office|shop
    ^ dont know you|yall $
    <!i|we doesnt|dont|no_longer|never|not|didnt live|lives|living|reside|stay here|at_this|there|anymore $
    no_longer|doesnt have|has|owns|own|uses|use this|that number|phone
    not|isnt my number|phone !yet|on|but
    dialed|called|call|texted|rang|contacted|pressed|text GLUE|your|number|business|there|it|office|place* mistakenly|in_error !stop
    mistakenly|accident|mistake call|dialed|dial|called|text
    was|were|dialed|called|call|text|texted all? mistakenly $
    call|dial was|is a|an|by|just|just_an|just_a|total|complete? mistake $
    call was|is by|an|a|just_an? accident|mistake|mistakenly
    meant|mean|thought|was_trying|were_trying to|i|i_was call|called|dial|dialed|reach|contact|text|was_calling someone|somebody|another|different|my|a|else|the_other !you|back
    thought this|you|it was|were|is|was_a someone|somebody|another|different|my|a
    = KID ~2 called|dialed|call|text|texted ~4 mistakenly|mistake|ignore|disregard|oops
    KID called|dialed|call|text|texted you|yall|this sorry|oops|my_bad $
    KID ~2 mistakenly called|dialed|call|text|texted
    KID ~2 pressed|hit|playing|grabbed|got_a_hold|got_hold|messing|sat ~3 phone|you|button|redial
    i|we dont even|really? know you|yall|any_of_you|this_number|this_person|this_company|your_company|this_business|your_business guys|people? !guys|people|but|have|do|offer|are|can|will|take|guys_do|if|who|did|were|would|could|sell
    never heard of you|your_company|your_business|this_company|this_business|yall|you_guys
    no_one|nobody|noone ~2 at_this|by_that|by_the|with_that|of_that|named ~3 name|named|number|here|$
    no_one|nobody|noone by|with|named ~2 name|here|at|lives
    no !one|body WORD at_this_number|at_this_phone|on_this_number
    there is|isnt no|any|a? one|body|person|WORD by_that|at_this_number|with_that|named
    this|it|i|am not|isnt|is_not|am_not|is_no_longer|aint|never|no_longer|not_not the_person|who_you|him|her|them|your_customer|your_client|your_patient|your_guy|the_one_you|a_customer|a_client|the_right_person|the_right_number|the_number_for|person_you|the_correct
    not|isnt|no_longer who_you_think|who_you_are|who_you_want|who_youre|the_person_you|the_right_person|right_person|right_number|the_right_number|correct_number|the_person|who_you_were|his_number|her_number|their_number|my_number_anymore
    not|isnt|no_longer|longer PLURAL number|phone anymore|now|$
    number|phone belongs|reassigned|changed_owners|is_not_his|is_not_hers
    new owner of this number|phone
    number|phone ~3 new_owner|changed_hands|changed_owners|reassigned|someone_elses|a_different_person
    had|have this number for
    mistaken|incorrect identity|number|person
    you|yall text|are_text a|some? stranger|random_person
    disregard|ignore my|the|that|this|our last|missed|previous|accident|earlier? call
    previous|old|former|last owner
    i am not|no_longer your|a|the customer|client|patient|person
    """,
)

# What a lawyer will say; registries and complaints to authorities.
LEGAL: list[Rule] = rules(
    "opt_out",
    """
    <!handle|do|about|any|take|your|a tcpa !case|cases|claim|claims|lawyer|lawsuit|question|defense|compliance
    report|reporting|reported|complain|complaint|complaining|file|filing|filed|call|contact|turn|turning|forward|forwarding|notify ~6 fcc|ftc|bbb|better_business|lawyer_general|crtc|ico|authorities|carrier|police|consumer_protection
    fcc|ftc complaint|violation|report|rules|regulations
    text ~2 is|are illegal
    this|it is illegal $
    violation|violating|violates of|the|my|federal? GLUE* law|laws|rights|privacy|tcpa|fcc|regulations
    report|reporting|reported|block|blocking|blocked and_block|and_blocking|and_reporting|and_report|and_reported|and|or? you|this_number|your_number|as_spam_and|this_as_spam|you_as_spam|this_to|the_number|this_text|these_text $
    report|reporting|block|blocking|blocked you|yall|your|u !off|in|from_the
    sue|suing|sued you|your|yall|u|this_company|the_company|for_harassment
    my|our lawyer will|is_going_to|shall|is be? contact|contacting|hear|sue|in_touch|call_you|reach_out|handle_this|get_a_copy|texted|text
    my|our lawyer gets|knows|has a_copy|about_this|this
    next|another|one_more|any_more|again|more|further text|contact|one ~6 sue|sued|lawyer|police|cops|report|reported|fcc|ftc|bbb|block|blocked|legal|court|lawsuit|harassment|complaint
    text|contact|bother|hear_from|contacted me|us|you again|one_more_time|once_more|another_time ,? and|then|or? ~5 suing|sue|report|reporting|block|blocking|call_the|police|cops|lawyer|filing
    i|we|am|will|going_to|gonna sue|suing|sueing $|if_you_text|if_you_contact|if_i_get|if_you_send|if_you_bother|if_this|if_it|if_you_dont_stop|if_they_dont_stop|if_you_keep|if_you_message
    sue|suing|report|reporting|file|filing if|when ~2 keep|continue ~2 text|contact|bother
    if these|the|your|this text|notification|harassment ~3 dont|doesnt|isnt|arent stop|end|quit
    text|contact ~3 will|would|could result|end|lead in|with|to
    anymore|any|more|next|another|one_more text|contact and|or|then i|we
    warn|warning you ~3 text|contact|message
    i|we ~3 block|report|reporting|blocking|call|calling|file|filing|go|going ~5 if|when you|i|this|yall|u|another|one_more ~3 text|contact|hear_from|notification|bother
    one more text and|or|you|i
    text|contact me|us|here again|one_more_time and|or|you|i_will
    hear|hearing from my|our|a? lawyer|counsel|attorney
    seek|seeking|demand|demanding|claim|claiming damages|compensation|statutory
    contact|contacting|getting|involve|involving|calling ~3 my|our lawyer !about_my|for|about|said|told|is|to_help|who|general
    see you in court
    you|u have|are|were|be|been been? blocked|reported !in|from|by|off
    take you|this|yall to court|small_claims
    take|taking|pursue|pursuing|face|facing|involve|involving legal action !against_my|against_the|on
    legal action against you|your|if|will_be|follows
    lawsuit against_you|if_you|coming|incoming
    cease and|n desist|decist !letter|order|notice|case|drafted|from
    you|your|this|that|it|these|text|yall GLUE|is|are|harass|considered|pure|straight|becoming|called* harassment|bother_me|disturb_me|annoying_me
    this|that|you|text|it is|are harassment|bother_me|bother_us|invasion_of
    this|that|it|text ~1 against_the_law|illegal $|to_text|to_contact|to_send
    consider this notice|harassment|my|a|formal|written|official
    illegal to text|contact|send
    """,
    by="threat",
)

# Consent that was never given, or is taken back.
PERMISSION: list[Rule] = rules(
    "opt_out",
    """
    revoke|revoking|revoked|withdraw|withdrawing|withdrawn|rescind|rescinding|retract|retracting|take|pull|pulling|cancel|remove|taking|void|terminate|end|decline|deny|refuse GLUE|prior|previous|express|implied|written|back* permission|consent|approval|optin !form|forms
    <!insurance|doctor|landlord|parents NEG|zero|nobody|no_one have|had|give|gave|giving|given|grant|granted|granting|get|got|provide|provided|do|i|you|yall|anyone|express|prior|written|my|our|any|the|been|was|agree_or|agree_to|u|ever* FOR* PERMIT !needed|required|necessary|anything_over|over|form|forms|slip|from_the|to_treat|signed|letter|from_my|yet
    permission|consent|approval|authorization|optin is|has_been|are|was|hereby|now? hereby|now|not? revoked|withdrawn|rescinded|denied|removed|cancelled|retracted
    permission|consent not|never given|granted
    revoke it|this|all|effective|$
    NEG|didnt|never|dont_remember|dont_recall remember|recall|even|ever? give|gave|giving|given|sign|signed|signing|signup|agreed|agree|authorize|authorized|subscribe|subscribed|enroll|enrolled|opted|optin|opt|registered|register|signing_up you|out|yall|anyone|up|to|for|in|anybody? you|my|this|for|to|your|any|a|the|be|get|these|out|receive|or|of|up|it|in* number|text|list|notification|these|contacted|texted|anything_from|$ !to_schedule|to_book|to_come|and_need
    NEG|didnt|never|dont_remember|dont_recall remember|recall|even|ever? give|gave|giving|given|sign|signed|signing|signup|agreed|agree|authorize|authorized|subscribe|subscribed|enroll|enrolled|opted|optin|opt|registered|register|signing_up you|out|yall|anyone|up|to|for|in|anybody? you|my|this|for|to|your|any|a|the|be|get|these|out|receive|or|of|up|it|in* this|it|that $
    <!have|had never|didnt sign|signed|signup|subscribe|subscribed up? $
    you are|arent|isnt|were not? authorized|allowed|permitted|welcome to
    not authorized|allowed|permitted to CONTACT|have|use|send
    nobody|no_one gave|give|said|told you GLUE* permission|consent|right|ok $|to_text|to_contact|to_send|to_use|to_have|to_message|to_keep
    you have|got|had no right|permission|business|reason|consent|authority to? CONTACT|call|have|be
    who gave|give|told|sold you? ~4 number|info|phone ~4 remove|delete|lose|stop|erase|take|dont
    who gave|said|told|gives you GLUE* permission|right|consent to_text|to_contact|to_send|to_message|to_use
    without my|our|any|prior? permission|consent $
    CONTACT ~4 without my|our|any? permission|consent
    """,
)
