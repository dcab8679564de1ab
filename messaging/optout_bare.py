"""Short replies that are read as a whole: one word, one emoji, a courtesy. Pure."""

from __future__ import annotations

import re

from messaging.optout_words import each, phrases

# Said with an instruction and changing nothing of it.
FILLERS = frozenset(
    each(
        "please kindly just now thanks thank you u ty thx thanx tks tnx tysm appreciated sir maam "
        "mam madam miss mr mrs ms bro bruh brah dude man guys guy yall folks friend buddy pal hun "
        "hon honey dear ok okay k kk alright aight hey hi hello yo well so um uh oh omg lol lmao "
        "haha yes yeah yea yep yup nah no nope immediately asap already seriously really "
        "literally god sake gods forever period instantly again all everything everyone sorry but "
        "and then por favor gracias ya porfa porfavor merci svp vous plait bitte danke obrigado "
        "grazie prego team company hiya gosh jeez geez jesus christ fucking fuckin freaking damn "
        "wtf ugh argh kthx kthxbye bye cheers mate pls plz plse plox me us simply"
    )
)
# Courtesies of several words, left out of a short reply.
CLOSINGS = re.compile(
    r"\b(?:have a (?:nice|good|great|blessed|wonderful|lovely) (?:day|one|night|evening|weekend|time)|"
    r"for the love of (?:god|all things holy)|for (?:gods|christs|fucks|petes|heavens) sake|(?:oh )?my god|right (?:now|away)|"
    r"at once|once and for all|for good|good (?:morning|afternoon|evening|day|night|grief)|"
    r"thank (?:you|u)(?: so| very)? much|thanks (?:so much|a lot|in advance|again)|the word|i said|god bless(?: you)?|"
    r"if you (?:would|could|can|dont mind)|right this (?:second|minute|instant)|s il vous plait|"
    r"i mean it|i beg you|im begging you|with this|as soon as possible|for the last time|last time)\b"
)
# What may follow a stopper alone: the person written to, or the texts.
ITS_OBJECT = frozenset(
    each(
        "me us my our this number phone text contact notification from list the your these any "
        "all receive send get name"
    )
)
AFFIRMATIVE = frozenset(
    each(
        "yes y yeah yea yep yup yass yas yess si sii sip oui ja sim da да так да是 是 是的 对 네 예 はい "
        "نعم اجل ايوه vang opo oo tak wi evet हां हाँ ha haan hai ναι"
    )
)
# Courtesies that leave a doubtful word doubtful.
POLITE = frozenset(
    each(
        "please kindly just now thanks thank you u ty thx thanx tks sir maam ok okay k hey hi "
        "hello well so um uh oh omg lol sorry bro bruh dude and very pls plz already"
    )
)
# One short reply that can mean two things.
AMBIGUOUS = frozenset(
    each(
        "no nope nah naw n s x nay negative done finished finish over out leave pass enough "
        "terminate pause hold wait suspend mute silence silenced off spam scam junk fraud fake "
        "phishing annoying ugh wtf why what huh never dont unknown decline declined reject refuse "
        "refused abort kill disable stops deactivate disconnect block blocked "
        "blocking report reported bye goodbye stopped stopping whatever nothing nvm nm nevermind "
        "later seriously really bullshit bs lies liar creep ridiculous rude harassment bot erase "
        "withdraw opt close closed completed complete void detach expire paused cancelled "
        "canceled ended quitting leaving snooze scammer scammers spammer spammers unbelievable "
        "hmm landline unwanted unwelcome irrelevant bruh wrong mistake accident undo dismiss "
        "ignore disregard uninterested nein non nyet нет nao nie 不 不用 不要 아니요 いいえ لا khong nope "
        "harassing misclick unauthorized wut smh wow whoa weird confused expired invalid denied "
        "deny withdrawn gone busy maybe delete idc peace ughhh gtg caput"
    )
)
AMBIGUOUS_PHRASES = phrases(
    """
    no thanks|no thank you|no ty|no thx|nah thanks|nope thanks|no thank u|not interested|no interest
    im not interested|not interested thanks|am not interested|no longer interested|uninterested
    never mind|forget it|forget about it|no need|not needed|dont need it|dont need anything
    i dont need anything|dont need you|all set|im all set|all good|im good|i am good|we are good
    were good|im fine|we are all set|were all set|good here|im good thanks|nah im good|no im good|were good|no were good|we good|im good thank you|im ok|im okay|we good|nothing thanks
    not now|not today|not right now|maybe later|not anymore|no more questions|hard pass|ill pass|i pass
    thats enough|that is enough|ok enough|enough already|enough is enough|had enough|ive had enough
    enough please|im done|i am done|im finished|were done|we are done|all done|done here|done now
    done thanks|im out|i am out|count me out|over it|im over it|dont want|not wanted|lose it|i cant|cant do this|not me|wasnt me
    it wasnt me|i didnt|i did not|i wont|dont care|i dont care|dont want it|i dont want it
    dont want this|i dont want this|dont want any|please dont|dont please|please no|no please|no no
    no no no|go on|what the hell|what the fuck|are you serious|are you kidding|you serious|really now
    give me a break|come on|get real|chill out|relax|slow down|calm down|take it easy|too much|too many
    too often|this is too much|way too much|a lot|not cool|not ok|not okay|not nice|not funny|no sir
    no maam|hell no|absolutely not|no way|definitely not|not for me|thanks but no thanks|no gracias
    no me interesa|no grazie|nao obrigado|nao obrigada|nein danke|non merci|no quiero nada|no quiero
    stop what|stop who|end what|cancel what|cancel it|cancel that|cancel this|end it|remove it
    delete it|remove that|remove this|delete this|leave it|turn off|turn it off|turn this off|switch off
    shut off|shut it off|shut down|no bots|hang up|shut it down|email only|prefer email|really|no good|nothing|not available|no comment
    bad number|bad|bad bot|no deal|dont bother|do not|i do not|i said no|said no|no means no|told you no
    i already said no|already said no|no no thanks|it has to stop|this has to stop
    can you stop|could you stop|will you stop|would you stop|can u stop|what do you want me to stop
    i stop|why stop|not stop|got it stop|sign off|over and out|the end|i quit|im quitting
    sorry no|no sorry|nope sorry|no i dont|no i didnt|no i am good|no im good|no im fine|no im not
    ya no|ya estuvo|asi esta bien|estoy bien|por ahora no|ahora no|dejalo|dejalo asi
    mejor no|no hace falta|no necesito nada|no es necesario|cancelalo|olvidalo|nada gracias
    cancel subscription|cancel sub|deactivate me|cancel my plan|cancel service|cancel my service|cancel account
    time to stop|lets stop|let us stop|lets end this|quit or stop|yes or no|not mine
    i guess not|no longer needed|not needed anymore|dont need it anymore|dont need you anymore|no need anymore
    i dont need help|i dont need help anymore|dont need any help|dont need help|im not looking for anything|not looking
    not at this time|not at the moment|not right now|some other time|maybe some other time|another time
    ill let you know|i changed my mind|changed my mind|drop it|let it go|moving on|good thanks|were fine|im ok thanks
    not interested at this time|not interested right now|gonna pass|no but thanks|no im ok|no tysm|no worries nevermind|ok nevermind
    what do you mean|i dont understand|i dont get it|come again|makes no sense|this makes no sense|ok and
    enough for today|its over|good bye|see ya|peace out|not valid|who cares|what the heck|this is bs|this is weird|im busy
    bad time|wrong time|not a good time|take it off|take this off|take that off|erase it|mute this|email instead
    email me instead|email instead please|please email|email please|cancel membership|cancel plan|close my account|close account
    cancel everything|cancel all of it|discontinue service|terminate service|its midnight|i cant read texts|do you stop|you can stop
    id rather talk on the phone|can we talk instead|no texts just call|im not interested at this time|i have a lawyer
    chill|let me out|dont want nothing|dont want none|i dont want nothing|i dont want none|lets end this here
    this is a bit much|a bit much|bit much|its a bit much|lets end it|lets end it here
    were all good here|all good here|all done here|were done here|finito|hold off|hold off please|terminate it
    not at work|not at my job|not during school|not during school hours|not during work|not during work hours
    not while im working|not while im at work|not in the middle of the night|whoa enough|we dont need your services
    i dont need your services|dont need your services|we dont need your service|did i ask for this|hold off for now
    mistake|must be a mistake|i think theres a mistake|there must be a mistake|i think this is a mistake|it was a mistake
    """
)
# What dictation and prediction make of our words, and our words bent ("Revoked").
HEARD = phrases(
    """
    stoop|strop|stoup|stob|snop|stomp
    opt doubt|opt oat|opt owl|opt ow|up doubt|opped out|apt out|upt out|out opt|opt our|opt hour|ops out
    of doubt|hopped out|oped out|oct out|on subscribe|and subscribe|an subscribe|end subscribe|in subscribe
    revoked|revokes|revoking|revoke d|exited|exiting|quits|cancelling|canceling|cancels|halted|ceased
    unsub scribe|stop talking|stop asking|stop testing|stop taxing|stop tech|stop texas|outp|oput|stop taxis|stop text|star texting me
    i am revoking|im revoking|it is revoked|discontinued|removes|removal|terminated|suspended|opt doubt me
    i revoke it|top texting|top texts|spot texting|opt out t|cancellation please|desisted|desisting
    """
)
HELP_PHRASES = phrases(
    """
    help|help me|info|information|help please|info please|help info
    support|customer service|identify yourself|and you are|you are|your name|company name|company|aide|ayuda|hilfe|ajuda|aiuto|menu|commands|options
    stop help|text help|reply help|помощь|допомога|pomoc|帮助|幫助|도움말|도움|ヘルプ|مساعدة
    tulong|ed|tro giup|मदद|informacion
    """
)
HELP_FILLERS = frozenset(
    each("please pls plz more me thanks thank you hi hello hey sir ok now need")
)
START_PHRASES = phrases(
    """
    start|unstop|restart|resubscribe|re subscribe|subscribe|subscribe me|optin|opt in
    resume|join|join me|yes start|start again|begin|empezar|comenzar|iniciar|inicio
    alta|reanudar|suscribir|suscribirme|suscribirse|activar|開始|开始|订阅|訂閱
    시작|구독|開始する|ابدأ|اشترك|начать|старт|подписаться|почати|rejoin|enroll|enroll me
    signup|commencer|demarrer|reprendre|comecar|iniciare|starten
    anmelden|unquit|un stop|uncancel|un cancel|unblock|yes text me|bat dau|simulan
    komanse|zacznij|start me|opt me in|opt back in|reactivate
    reenroll|re enroll|un unsubscribe|enable|text me again|i consent
    opt me back in
    """
)

# Emoji alone.
STOP_EMOJI = frozenset("🛑✋🚫⛔🤚📵")
DOUBT_EMOJI = frozenset("🖕🙅🤦👎❌🤬😡😠😤🙄😒🔕🤮💩🗑✖🛇🔇❎❓❔🤨⏸⏹🔚")
EMOJI_EXTRAS = frozenset("♀♂🏻🏼🏽🏾🏿🙏")
