"""The verbs of a promise and what makes a sentence none, in English and Spanish. Pure.

All of it on folded text (inbox/waits/promises.py).
"""

from __future__ import annotations

import re

_WE = (
    r"(?:\b(?:we|i|he|she|they|someone|somebody|one of us|(?:our|the|my|a|your) (?:\w+ )?(?:technicians?|tech|plumber|team|crew"
    r"|guys?|office|doctor|dr|nurse|assistant|manager|colleague|partner|attorney|lawyer|electrician|installer|driver"
    r"|front desk|dispatcher|specialist|person)|(?P<name>[a-z]{2,14}))(?:'ll| will| shall|'re going to| are going to|'m going to| am going to"
    r"| is going to| should)(?: be able to)?(?: definitely| certainly| also| then| just| gladly| personally)? )"
)
# The same without what they will do, for what they can or should.
_WHO = _WE.partition("(?:'ll| will|")[0].replace("?P<name>", "?P<able>") + " )"
_WE2 = _WE.replace("?P<name>", "?P<who>").replace("| should)", ")")
# Words before "will" that are nobody of ours.
LOOSE = frozenset(
    [
        "it",
        "this",
        "that",
        "there",
        "you",
        "your",
        "yours",
        "part",
        "parts",
        "package",
        "order",
        "delivery",
        "price",
        "cost",
        "everything",
        "nobody",
        "which",
        "what",
        "who",
        "when",
        "shipping",
        "insurance",
        "invoice",
        "quote",
        "estimate",
        "payment",
        "material",
        "materials",
        "work",
        "job",
        "appointment",
        "bill",
        "unit",
        "system",
        "water",
        "power",
        "they're",
        "and",
        "or",
        "but",
        "then",
    ]
)
_YOU = r"(?: (?:you|u|them|him|her|ya))?"
# Half a sentence, as people write: "Will call you at 5", "Calling you in 10", "Be there by 4".
_START = (
    r"(?:^|(?<=[,!.:;] )|(?<=- )|(?<=\bok )|(?<=\bokay )|(?<=\bthanks )|(?<=\bsure )|(?<=\bsorry ))"
)
CONTACT = re.compile(
    "|".join(
        [
            _WE
            + r"(?:call|text|ring|phone|contact|message|email|reply|respond|answer|update|follow up|reach out|reach"
            r"|be in touch|get in touch|get back to|give you a (?:call|ring)|have (?:\w+ ){1,3}call|be calling|be texting"
            r"|let you know|write|send you|have (?:an answer|a quote|an estimate|that|it)(?: \w+){0,2} (?:for|to) you"
            r"|confirm)\b" + _YOU,
            _START
            + r"\s*(?:will|i'll|we'll|calling|texting|gonna) ?(?:call|text|ring|phone|get back to|you\b|be in touch|let you know)\b"
            + _YOU,
            r"\b(?:you'll|you will|you can expect to|you should) (?:hear (?:back )?from (?:us|me|him|her|them|someone|our \w+)|(?:get|receive|have) (?:a|our|the) (?:call|text|quote|estimate|answer|reply|callback))\b",
            r"\bexpect (?:a|our|my|his|her) (?:call|text|reply|answer|callback)\b",
            # Spanish: the verb says who.
            r"\b(?:llamare(?:mos)?|llamara[n]?|escribire(?:mos)?|contestare(?:mos)?|respondere(?:mos)?|avisare(?:mos)?|confirmare(?:mos)?"
            r"|contactare(?:mos)?|comunicare(?:mos)?|devolvere(?:mos)? (?:la|su|tu) llamada|mandare(?:mos)?|enviare(?:mos)?)\b",
            r"\b(?:l[eoa]s?|te|os|se l[oa]s?|nos) (?:llam(?:o|amos|a)|escrib(?:o|imos)|contest(?:o|amos)|respond(?:o|emos)|avis(?:o|amos)"
            r"|confirm(?:o|amos)|comunicamos|contactamos|mand(?:o|amos)|envi(?:o|amos)|devolvemos la llamada)\b",
            r"\b(?:nos pondremos|me pondre|nos ponemos) en contacto\b|\bestaremos en contacto\b",
            r"\b(?:vamos|voy) a (?:llamar|escribir|contestar|responder|avisar|contactar|devolver|comunicar)\w*\b",
            r"\b(?:l[eoa]s?|te) (?:vamos|voy|van|va) a (?:llamar|escribir|contestar|responder|avisar|contactar|mandar|enviar|confirmar)\b",
            r"\b(?:recibira|tendra|recibiras|tendras) (?:una llamada|un mensaje|una respuesta|nuestra llamada|su respuesta|noticias)\b",
            r"\b(?:le|te) devolvemos la llamada\b",
        ]
    )
)
VISIT = re.compile(
    "|".join(
        [
            _WE2
            + r"(?:be (?:there|over|out there|out|with you|at your (?:place|house|home|door|office)|arriving|coming|stopping|on (?:his|her|our|my|the|their) way)|come(?: (?:by|over|out))?"
            r"|arrive|stop by|swing by|drop by|pass by|show up|visit|head (?:over|out)|get (?:there|to you|out there)|make it there"
            r"|pick (?:it|you|them) up|send (?:someone|somebody|a \w+|our \w+|(?!you|it|them)\w+) (?:out|over|by|to you)|have (?:someone|somebody|a \w+|our \w+|\w+) (?:there|out(?: there)?|over|at your \w+)|see you)\b",
            r"\b(?:we|i|he|she|they) should be (?:over|out)\b",
            _WHO + r"should be (?:there|with you|at your (?:place|house|home|door|office))\b",
            _START + r"\s*(?:will |should )?be (?:there|over|with you)\b",
            r"\b(?:on (?:our|my|his|her|the) way|omw)[, ]+(?:should be |will be |be )?there\b|"
            + _START
            + r"\s*there(?= in\b)",
            r"\b(?:we're|we are|i'm|i am|he's|he is|she's|she is)(?: about| around)?(?= (?:\d{1,2}|ten|fifteen|twenty|thirty) ?min\w* (?:away|out)\b)",
            r"\b(?:we're|we are|i'm|i am) (?:coming|stopping by|heading over|arriving)\b",
            r"\b(?:you can )?expect (?:us|me|him|her|our \w+|the \w+)\b",
            r"\b(?:llegare(?:mos)?|llegara[n]?|pasare(?:mos)?|pasara[n]?|iremos|ire|ira|iran|visitare(?:mos)?|visitara[n]?|vendremos|vendran?"
            r"|acudire(?:mos)?)\b",
            r"\b(?:estare(?:mos)?|estara[n]?|estamos|estoy) (?:alli|ahi|alla|aqui|con usted(?:es)?|contigo|en su (?:casa|domicilio|oficina)|en tu casa|por (?:ahi|alli|alla))\b",
            r"\b(?:alli|ahi|alla) (?:estare(?:mos)?|estamos|estara)\b",
            r"\b(?:llegamos|llego|pasamos|paso|vamos para alla|vamos a su (?:casa|domicilio)|lo visitamos|la visitamos|te visitamos|l[oae]s? visitamos)\b(?: por (?:su|tu|ahi|alla|alli)(?: \w+)?)?",
            r"\b(?:vamos|voy|va) a (?:llegar|pasar|ir|estar (?:alli|ahi|alla|con usted)|visitar)\w*\b",
            r"\b(?:mandaremos|enviaremos|mandamos|enviamos|mandare|enviare) (?:a (?:un|una|nuestro|alguien|su)|un tecnico|al tecnico|alguien)\b(?: tecnico| plomero)?",
        ]
    )
)
# Said of either side's coming: a promise of ours only where it has a window, as home visits have.
WINDOWS = re.compile(
    r"\b(?:see you|nos vemos|l[eoa]s? vemos|te vemos|we have you (?:down )?for|lo tenemos (?:anotado )?para)\b"
)
# Who can be there soon says that he comes; who can come on another day offers it.
ABLE = re.compile(
    "|".join(
        [
            f"(?:{_WHO}|{_START}\\s*)"
            r"can (?:be (?:there|over|out there|with you|at your (?:place|house|home|door|office))"
            r"|get (?:there|to you|out there)|make it there|come(?: (?:by|over|out))?(?! (?:get|pick|see|in)\b)|arrive|stop by|swing by)\b",
            # "Puede pasar" may be said to them; whoever is there where they are is ours.
            r"(?<!\busted )(?<!\bustedes )\bpued(?:e|en) (?:estar (?:ahi|alli|alla|con usted(?:es)?|contigo|en su (?:casa|domicilio|oficina)|en tu casa))\b",
            r"\b(?:puedo|podemos) (?:estar (?:ahi|alli|alla|con usted(?:es)?|contigo|en su (?:casa|domicilio|oficina)|en tu casa)|llegar|pasar|ir)\b",
            r"\b(?:el (?:tecnico|plomero|electricista|doctor)|la (?:doctora|tecnica)|nuestr[oa] \w+|un tecnico|alguien) puede (?:llegar|pasar|ir)\b",
        ]
    )
)
# Of what was promised to be in touch: a call, which nothing but a call keeps, unless a text may stand for it.
CALLS = re.compile(r"\b(?:call|calling|callback|ring|phone)\b|llam")
OR_WRITES = re.compile(
    r"\bor (?:\w+ ){0,2}(?:text|write|e-?mail|message|answer|reply)|\b(?:text|e-?mail|message) or\b"
    r"|\bo (?:l[eoa]s? |te )?(?:escrib|mand|envi|contest|un mensaje)"
)
# Nearly every text has none of these, and is not read any further.
STARTS = re.compile(
    r"'ll\b|\bwill\b|\bcan\b|pued|podemos|\bshall\b|going to|gonna|\bshould\b|\bexpect\b|\bcalling\b|\btexting\b|\bsee you\b|\bthere\b|\bon (?:our|my) way\b|\baway\b|\bout\b|coming|heading|stopping|arriving|you (?:down )?for"
    r"|ar[ea](?:mos|n)?\b|ire(?:mos)?\b|[aei]r[ae]\b|iran?\b|llam|escrib|avis|contest|respond|comunic|contact|llega|llego|pasa|paso|vamos|voy|visit|vemos|mand|envi|vend|estamos|estoy|recibir|tendra|devolv|confirm|tenemos"
)
# What makes the whole sentence no promise: denial, condition, doubt, somebody else's words, the past.
REFUSED = re.compile(
    "|".join(
        [
            r"n't\b|\bcannot\b|\bnot\b(?! later)|\bnever\b|\bunable\b|\bunfortunately\b|\bwithout\b|\bnobody will\b|\bno one will\b",
            r"\bif\b|\bunless\b|\bonce you\b|\bas long as\b|\bdepending\b|\bin case\b|\bassuming\b|\bprovided\b",
            r"\btry(?:ing)?\b|\bhop(?:e|ing|efully)\b|\bmight\b|\bmay\b(?! \d)|\bmaybe\b|\bprobably\b|\bpossibly\b|\bperhaps\b|\bcould\b|\bwould\b|\bideally\b|\bcancel",
            r"\bsaid\b|\btold\b|\bpromised\b|\bsupposed to\b|\bshould have\b|\bwill have (?:called|come|been)\b|\byesterday\b|\blast (?:week|night|time|month)\b|\bago\b|\bevery\b|\busually\b|\balways\b|\bnormally\b|\btypically\b",
            r"\bopen(?:s|ed|ing)?\b|\bclosed?\b(?! of)|\bour hours\b|\bappointment\b",
            r"\bno (?:puedo|podemos|podre|podremos|pude|pudimos|l[eoa]s?\b|te\b|nos\b|va\b|vamos|voy|llegar|llega|estar|ser|es|hay|ire|llam|pasar)|\bnunca\b|\btampoco\b|\bsin\b|\bnadie\b|\blamentablemente\b",
            r"(?<!a )\bsi\b(?!,)|\bcuando (?:usted|nos|me|tenga|este|confirme)|\ben caso\b|\bsiempre que\b|\bdependiendo\b",
            r"\bquiza[s]?\b|\btal vez\b|\bintentar|\btratar(?:e|emos|a)? de\b|\btrataremos\b|\bposiblemente\b|\bprobablemente\b|\ba lo mejor\b|\bpodria|\bojala\b|\besper(?:o|amos|ando)\b|\bpuede que\b",
            r"\bdij(?:o|e|imos|eron)\b|\bprometi|\bayer\b|\bdebia|\bhace (?:\d|un|una|dos)|\bcada\b|\bsiempre\b|\bnormalmente\b|\bpasad[oa] (?!manana)|\babiert|\bcerrad|\babrimos\b|\bcerramos\b|\bhorario\b|\bcita\b",
        ]
    )
)
