"""Classes of words the rules of the opt-out reader are written in. Pure.

The words are those optout_meanings reads others as: "text" stands for messages, txt and SMS too.
"""

from __future__ import annotations

_CLASSES = {
    # To end something.
    "CEASE": "stop quit cease halt discontinue desist refrain suspend stopping terminate quitting "
    "ceasing discontinuing",
    # To be in touch in writing, as a verb.
    "CONTACT": "text contact spam notify contacted texted solicit bother_me bother_us bother_my "
    "bother_this bother_people bothered disturb_me disturb_us disturb_my disturb_this "
    "hit_me_up hit_us_up blow_up blowing_up blow_my blowing_my blow_me hit_my write_me "
    "chat_me inbox_me annoying_me annoying_us annoying_my annoying_this annoy bother_the "
    "disturbing_me disturb_the",
    # What arrives.
    "THING": "text spam notification solicitation junk crap shit stuff bs bullshit nonsense "
    "conversation thread chat automation bot bots robot robots ai harassment blasts blast "
    "outreach contact",
    # Words between that change nothing.
    "GLUE": "the these those this that all any your you with of me us my our to from up out more so "
    "such a an it further other future additional automated auto automatic random stupid "
    "annoying dumb unwanted unsolicited mass constant daily bulk fake spam weird computer "
    "robot bot ai group again anymore here now right already trying being been be sent get "
    "receive send have keep start guys people every at_all on both either unnecessary useless "
    "pointless endless constantly continuously nonstop incessant silly ridiculous unknown "
    "business sales bombarding flooding blasting attempting try continue crap shit call_and "
    "call_or email_and email_or email_call_and call_email_and call_nor whatsoever single "
    "and_desist kind sort type types generated asap by via through over repeated multiple "
    "long repetitive pesky lame another marketing_text_and blowing robo whatever "
    "ridiculous_amount",
    "NEG": "dont never not no didnt cant nor neither wont no_longer isnt arent",
    # After a "don't", before what is not to be done.
    "TRY": "you dare go try trying think thinking about attempt attempting bother want to need be "
    "continue keep keeping start starting again directly call and or email send me any more "
    "further anymore under circumstances also come reach out for all over at on with contact "
    "spam us",
    "WANT": "want wish need like care desire agree agreed consent consented ask asked asking request "
    "requested requesting authorize authorized interested interest signup subscribe "
    "subscribed prefer sign signed accept accepting allow permit authorise support welcome "
    "appreciate enjoy wanting choose give_consent opt optin expect enrolled enroll",
    # Between refusing and what is refused: no bare "to", which would make it the writer's own act.
    "FOR": "for in any of these those this that your the all a more further other future additional "
    "to_be to_get to_receive to_have to_hear to_see to_keep to_continue to_start you_to "
    "yall_to anyone_to be being get receive received have keep hear hearing from you me us "
    "anymore longer automated auto automatic random annoying unsolicited spam stupid dumb "
    "part on with such at_all call_or call_and email_or email_and side or_need or_want "
    "nor_need ur kind sort another to_opt my phone it ai robot bot marketing sales anything "
    "people guys interested in_receive about to_any to_this to_these to_your to_the up_for "
    "to_part consent someone anyone continue to_deal",
    "REMOVE": "remove delete erase drop scratch strike scrub purge clear omit take pull cut wipe "
    "exclude lose kick cross block trash pulling knock expunge unlist",
    "OWN": "me us my our this the that mine all of info name and or phone contact number personal "
    "any from your cell both everything whole family dang entire myself",
    "LISTED": "list text contact spam notification program system thing campaign service stuff chat "
    "group thread conversation phone inbox line contacts records phones messages books file "
    "files",
    "ENDS": "unsubscribe optout stop quit cease",
    # Other people, who are no business of the texts.
    "THIRD": "he she him her ex landlord tenant creditor creditors collector collectors neighbor "
    "neighbors neighbour neighbours boss husband wife scammer scammers stalker debt bank "
    "agency irs girlfriend boyfriend coworker employer insurance doctor dentist kids kid son "
    "daughter dog",
    "KID": "kid kids son daughter toddler child baby dog cat grandson granddaughter nephew niece old",
    "DAY": "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs "
    "fri sat sun today tomorrow tonight tmrw weekend week month noon morning afternoon "
    "evening january february march april june july august september october november "
    "december",
    "WRONG": "number person contact recipient no party customer client house place business company "
    "shop office store text plumber dentist clinic doctor people human family name guy girl "
    "phone extension dept",
    "PERMIT": "permission consent approval consented",
    "SAID": "said told telling tell asked asking ask texted sent send replied typed wrote begging beg "
    "saying say requested demanding demand",
    # What our texts are called: what follows STOP where it is meant.
    "OURS": "text contact contacted texted bother_me bother_us spam notification send promo email "
    "messages blowing",
    # What may follow STOP or stand for the texts, besides.
    "ABOUT": "text contact contacted texted bother bothered spam notification promo email call number "
    "list bot bots ai robot robots send reply replying respond responding conversation thread "
    "communication automated auto automatic harassment now already immediately and or ok "
    "right asap it all madness insanity nonsense games game crap shit bs bullshit thing "
    "things stuff junk blast blasts service services subscription account i you thanks thank "
    "bro man dude if before because guys okay everything everyone of lol haha this that these "
    "those me us please harass machine computer get receive getting with what who why instant "
    "second minute moment please this_is a_lot anything nothing program campaign info",
    "REPEAT": "and but so already multiple several before last like why 2 3 4 5 times yesterday twice "
    "what how please again once or",
}

CLASSES: dict[str, list[str]] = {
    name: [word.replace("_", " ").strip() for word in words.split()]
    for name, words in _CLASSES.items()
}
CLASSES["ABOUT"] += CLASSES["THING"] + CLASSES["CONTACT"] + ["annoying"]
CLASSES["ASKS"] = ["?", "."]
