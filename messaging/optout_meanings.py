"""What English words are read as: one word for every way of saying it. Pure.

The rules of the opt-out reader are written in these words, so that one rule covers "stop sending
me messages", "quit txting us" and "cease all sms".
"""

from __future__ import annotations

from messaging.optout_words import each, misspellings


def _groups(lines: str) -> dict[str, str]:
    """Return {way of saying it: word it is read as} from lines "word: way way"."""
    found = {}
    for line in lines.strip().splitlines():
        word, _, ways = line.partition(":")
        for way in ways.split():
            found[way] = word.strip()
    return found


CANON = _groups(
    """
    text: texts txt txts txtx tx texting textin txting txtng txtin txtn textn texing txing texxt texxting tecting textx testin txtmsg
    text: message messages messaging messagin messging msg msgs msging mesg mesgs mssg mssgs mesage mesages messege messeges messge messges
    text: messsage messsages messags messaage mssage mssages messagse texte textings textmessage textmessages
    text: sms smses mms imessage imessages dm dms spamtext spamtexts robotext robotexts
    texted: messaged msged msgd txted txtd texed messged smsed
    send: sending sends sendin snding sendng snd sned sendign senidng
    contact: contacting contacts contactin conact contct contat communicate communicating soliciting solicit writing write wrtie ping pinging
    contacted: messaged solicited pinged
    blowing: blowin
    hitting: hittin
    bother: bothering botherin botherng bothr pester pestering harass harassing harrass harrassing harras harrasing harasing haras annoy
    disturb: disturbing
    bother: hound hounding badger badgering spamming spaming bugging buggin hassle hassling stalk stalking torment tormenting nagging nag botheringme
    bothered: harassed harrassed pestered disturbed spammed hounded bugged
    notify: notifying
    notification: notifications notif notifs notices alert alerts update updates communication communications correspondence correspondences notifcations
    promo: promos promotion promotions promotional promotionals ad ads advert adverts advertisement advertisements advertising coupon coupons offers deals specials discounts newsletter newsletters marketing solicitations solicitation campaign campaigns
    email: emails emailing mails mailing mail e-mail e-mails
    call: calls calling callin phoning ringing dialing callign cals robocall robocalls voicemails voicemail
    number: numbers num nbr nmbr numba numer nuber numbr nummber phonenumber digits
    phone: cell cellphone mobile fone phones cellular iphone
    list: lists database databases system roster directory listing mailinglist
    name: names
    info: information infos data details
    permission: permissions authorization authorisation authority permision permssion
    consent: consents concent consnt
    me: us mee myself mw
    you: u ya yu yous yinz
    your: ur yr yours youre yalls yall's
    yall: y'all yawl ya'll
    dont: dnt donot dony dont't dotn don'tt dun dontt dint doont dobt dnot donnot
    wont: willnot wonnt
    cant: cannot couldnt cnat
    didnt: didn didint dident
    isnt: aint
    please: pls plz plse pleas pleez pleaze pleaes plese pleasee pleese plss pllease ples plox pleeez pleez
    are: r
    and: n nd
    with: w wit wth
    because: cuz cause bc coz becuz
    be: b
    for: fr
    want: wants wantin wnat wnt
    receive: receiving recieve recieving recive reciving receve recevie
    received: recieved recived
    get: getting gettin gets gettng
    ever: evr
    wrong: wrng wong worng wrnog wronge rong incorrect
    person: persn guy dude individual lady woman man gal feller fella
    forget: 4get
    remove: rmv removing romove removve remov
    erase: erasing wipe wiping scrub purge purging
    delete: del deleting delte deleet dleete delet
    take: taking tak tk
    lose: loose losing loosing
    interested: intersted intrested interest interestd intersred intersested interrested
    leave: leaving leav leeve
    alone: aloan alon
    again: agin agian agen agaain
    anymore: anymor nomore
    more: mor mre
    these: theese dese thse thees theses
    this: dis thiis ths thsi
    the: teh da tha hte
    that: tht dat thatt
    know: kno knw
    who: whos who's
    stop: stahp stawp staph stopp stoppp stap stopit halt
    shut: shutup
    halt: hault
    fuck: fck fuk phuck fuq fawk fvck feck
    lawyer: attorney attorneys lawyers solicitor
    mistakenly: accidental accidentally accidently acidentally mistakingly unintentionally inadvertently
    mistake: mistkae mistaken
    dialed: dialled dialing
    misdial: misdialed misdialled misdials
    illegal: unlawful
    unsubscribe: unsubscribed unsubscribing unsubscribes unsubs unsub unsubscription unsuscribe desubscribe
    optout: optingout optedout
    """
)

# Said with any request and changing nothing: left out before the rules look.
DROPPED = frozenset(
    each(
        "please just kindly literally seriously actually really ever even fucking fuckin effing "
        "frigging freaking frickin freakin friggin damn damned dam goddamn bloody dang "
        "motherfucking fkn fckin fn fcking fing tf um uh uhh umm sir maam mam madam honestly "
        "simply immediately"
    )
)


def _several(lines: str) -> dict[str, tuple[str, ...]]:
    """Return {one word: the words it is read as} from "word: words" between bars or line ends."""
    found = {}
    for entry in lines.replace("|", "\n").strip().splitlines():
        word, _, meant = entry.partition(":")
        found[word.strip()] = tuple(meant.split())
    return found


# One word that is read as several.
SPLIT = _several(
    """
    wanna: want to|gimme: give me|lemme: let me|hmu: contact me|dontext: dont text|gotta: got to
    im: i am|ive: i have|id: i would|ill: i will|youre: you are|youve: you have|youll: you will
    theyre: they are|hes: he is|shes: she is|its: it is|itll: it will|thats: that is|theres: there is
    whats: what is|wheres: where is|whos: who is|howd: how did|whered: where did|outta: out of
    wouldnt: wont|shouldnt: dont|mustnt: dont|werent: arent|wasnt: isnt|aint: isnt|hadnt: didnt
    autotext: auto text|autotexts: auto text|autotexting: auto text|robotexting: auto text|ur: your|yall: you|idk: i dont know|idc: i dont care|dontcontact: dont contact
    """
)


def _pairs(lines: str) -> dict[tuple[str, str], str]:
    """Return {two words: the one they are read as} from lines "word: one two, three four"."""
    found = {}
    for line in lines.strip().splitlines():
        word, _, ways = line.partition(":")
        for way in ways.split(","):
            first, second = way.split()
            found[first, second] = word.strip()
    return found


# Two words that are read as one.
PAIRS = _pairs(
    """
    dont: do not, do nt, don t, do no, dont not, should not, shouldn t, must not
    cant: can not, can t, could not, couldn t
    wont: will not, won t, would not, wouldn t
    didnt: did not, didn t
    doesnt: does not, doesn t
    isnt: is not, isn t, was not, wasn t
    arent: are not, aren t
    optout: opt out, opting out, opted out, opts out
    optin: opt in, opting in, opted in
    unstop: un stop, re start
    signup: sign up, signed up, signing up
    list: mailing list, calling list, texting list, contact list, text list, message list, messaging list, sms list, contacts list, txt list
    text: text message, text messages, text msgs, txt msg, txt msgs, sms messages, txt messages, txt message, text msg
    number: phone number, cell number, phone numbers, telephone number, mobile number, cell phone
    anymore: any more, any longer
    mistakenly: by accident, on accident, by mistake, in error, by error, on mistake
    contact: reach out, reaching out, hit up, hitting up, follow up, following up
    fucking: f ing, f in, eff ing, the fuck, the hell, the heck, the f, tha fuck, da fuck, the fck, the fuk, the frick
    """
)
for _word in ("stop", "cancel", "unsubscribe", "remove", "revoke", "optout"):
    for _n in range(1, len(_word)):
        PAIRS.setdefault((_word[:_n], _word[_n:]), _word)
PAIRS |= {("opt", slip): "optout" for slip in misspellings("out") if slip not in ("ot", "in", "on")}
PAIRS |= {
    (slip, "out"): "optout"
    for slip in misspellings("opt")
    if slip not in ("pot", "top", "apt", "got", "lot")
}
