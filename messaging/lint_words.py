"""The words the content lint looks for, and the harmless neighbours that clear them. Pure data.

How a phrase is written: words stand one after the other, `a|b` is either, `a~` is a or as, `?a` may
be missing, `#` is any number, `%` and `$ £ €` are themselves. A hyphen in a text separates words and
an apostrophe is dropped, so "no-cost" is `no cost` and "don't" is `dont`. A phrase never reaches
over the end of a sentence. Accents are gone before anything is compared.

A phrase of INNOCENT clears whatever it overlaps: "weed killer" clears "buy weed", "red wine stain"
clears "wine". Words with a plain meaning in a trade (nipple, cock, stripper, slot, shot, pot, weed,
gun, bar, hookup) are never listed alone.
"""

from __future__ import annotations

from typing import NamedTuple


class Topic(NamedTuple):
    """One kind of finding. `about` completes “is about …”; hard: refused from a person's hand too."""

    code: str
    about: str
    hard: bool
    phrases: tuple[str, ...]


def lines(listed: str) -> tuple[str, ...]:
    """Return the lines of a list without the space around them."""
    return tuple(line.strip() for line in listed.strip().splitlines())


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


def topic(code: str, about: str, phrases: str, *, hard: bool = False) -> Topic:
    """Return a Topic; one phrase a line."""
    return Topic(code, about, hard, lines(phrases))


INNOCENT = lines(
    """
    rubbing|isopropyl|denatured|wood|blood|no|avoid|avoiding|without|non|from alcohol
    alcohol free|based|wipe~|swab~|pad~|level|test
    drugs or|and alcohol
    root|ginger|butter beer
    beer fridge~|cooler~|refrigerator~
    wine cellar~|fridge~|cooler~|rack~|refrigerator~|room|cabinet~|stain~|spill~
    whiskey|whisky|bourbon|tequila|wine|beer|rum|rifle|pistol|tobacco|casino ?range creek|river|row|ridge|hill|street|st|county|avenue|ave|road|rd|lane|ln|drive|dr
    white power cord~|outlet~|supply|strip~|tool~|coat|coated|wash|washed|washing|steering|window~|brick~|adapter~|button~|light~|cable~
    your country club|house|home
    discount tire
    rifle co|colorado
    cigarette|cigar|tobacco|nicotine smoke|smell~|odor~|odour~|burn~|lighter~|butt~|stain~|damage|residue
    no|avoid|avoiding|without|quit|stop cigarettes|cigars|vaping|tobacco|vapes|nicotine
    vape|vaping detector~|detection|sensor~|alarm~|smell|residue
    tobacco free
    weed killer~|control|barrier~|mat~|fabric|eater~|whacker~|wacker~|trimmer~|puller~|removal|and|n|free|seed~
    casino lights
    shotgun house~|style|approach
    rifle|rifled|rifling through
    great deal of
    cant|cannot|no|not|dont|wont guarantee~|promise~|guaranteed
    could|can|may|will|do|would not ?be guarantee|promise|guaranteed
    dont|do|without|no|never ?not ?text|send|share|include|give ?us ?your ?any symptoms
    filling|fillings out|in|up
    crown point|molding|moulding|street|st|plaza|ave
    smoke|drug|toll|hands|hassle|stress|pain free
    feel free
    save our|this|the|my number|contact
    """
)

SHAFT = (
    topic(
        "SHAFT",
        "sex",
        """
        porn|porno|pornography|pornographic|pornstar~|pornhub|onlyfans|milf~|camgirl~|blowjob~|nudes
        xxx video~|pic~|movie~|site~|chat
        nude|naked pic~|photo~|video~|girl~|women|cam~
        sex chat|toy~|cam~|video~|tape~|dating|service~|shop~|party|parties|partner~|tonight|pics
        hot|horny|local|sexy singles|milfs|girls|women
        casual|local|sex|sexy hookup~
        escort service~|agency
        escorts available|near|tonight|in
        call|cam girl~
        strip club~
        male|female|exotic stripper~|dancer~
        adult video~|movie~|toy~|entertainment|novelty|novelties|chat
        sugar daddy|baby|babies|daddies
        happy ending massage
        erotic|horny|hentai|viagra|cialis
        """,
        hard=True,
    ),
    topic(
        "SHAFT",
        "hate",
        """
        nigger~|nigga~|faggot~|kike~|wetback~|gook~
        white supremacy|supremacist~|power
        heil|sieg hitler|heil
        gas the jews
        go|go|went back to your country
        kill yourself|urself
        """,
        hard=True,
    ),
    topic(
        "SHAFT",
        "selling drugs or weapons",
        """
        buy|buying|sell|sells|selling|deliver|delivering|smoke|smoking ?some ?the ?best weed
        weed delivery|dispensary|edibles|gummies|menu
        buy|sell|sells|selling|deliver|delivering ?your ?some ?legal|cheap|pure cannabis|marijuana|thc|cocaine|heroin|meth|mdma|lsd|shrooms|ecstasy|fentanyl|oxycodone|oxy|xanax|adderall|percocet
        weed|cocaine|heroin|mdma|lsd|ecstasy|marijuana|cannabis|shrooms|xanax|oxy for sale
        buy|buying|sell|sells|selling ?your ?new ?used|cheap guns|firearms|handguns|rifles|pistols|ammo|ammunition
        gun|guns|firearms|handguns|rifles|pistols|ammo|ammunition for sale
        """,
        hard=True,
    ),
    topic(
        "SHAFT",
        "alcohol",
        """
        beer~ ?on ?tap
        wine~|liquor~|vodka|whiskey~|whisky|bourbon|tequila|rum|booze|alcohol|alcoholic|margaritas|cocktails|keg~|moonshine
        happy hour
        hard seltzer~
        cocktail hour|party|bar|lounge|menu
        champagne brunch|toast|bottle~
        """,
    ),
    topic(
        "SHAFT",
        "firearms",
        """
        firearm~|handgun~|rifle~|shotgun~|pistol~|ammo|ammunition|glock~|gunsmith~
        gun shop~|show~|range~|store~|dealer~|permit~|license~|holster~|sale~
        guns and|n ammo
        conceal|concealed carry
        ar 15~
        ak 47~
        """,
    ),
    topic(
        "SHAFT",
        "tobacco",
        """
        cigarette~|cigar~|tobacco|vape~|vaping|ecig~|ecigarette~|hookah~|juul~|snus|zyn
        e cig~|cigarette~|liquid~|juice~
        nicotine pouch|pouches|salt~|vape~
        smoke shop~
        """,
    ),
    topic(
        "SHAFT",
        "cannabis or drugs",
        """
        cannabis|marijuana|thc|kush|kratom|edibles|shrooms|prerolls|cocaine|mdma
        cbd oil~|gummies|gummy|cream~|product~|tincture~|edible~|flower|vape~|infused|store|shop
        buy|our|spectrum|with|hemp cbd
        delta 8|9|10
        magic mushrooms
        pot brownies|dispensary|shop
        pre rolls
        crystal meth
        420 friendly
        """,
    ),
    topic(
        "HIGH_RISK",
        "gambling",
        """
        casino~|sportsbook~|jackpot~|lottery|lotto|roulette|gambling
        sports bet~|betting|wager~|wagering
        place your bet~
        bet now|today
        online poker|slots
        slot machine~
        free spins
        """,
    ),
    topic(
        "HIGH_RISK",
        "loans or debt relief",
        """
        payday|title|cash|instant|quick loan~|advance~
        debt relief|consolidation|settlement|forgiveness|free
        credit repair
        fix|repair|rebuild your credit
        bad credit ok|okay|loan~|fine|welcome
        no credit check~
        student loan|loans forgiveness
        consolidate|settle|erase your debt~
        """,
    ),
    topic(
        "HIGH_RISK",
        "crypto",
        """
        bitcoin~|ethereum|dogecoin|crypto|cryptocurrency|cryptocurrencies|nfts
        forex trading|signals
        """,
    ),
    topic(
        "HIGH_RISK",
        "earning schemes or traded leads",
        """
        get rich
        earn ?money from home
        work from home job~|opportunity|opportunities|and
        make|earn money fast|online|now
        multi level marketing
        passive income
        lead generation
        double your money
        """,
    ),
)

HUMAN = topic(
    "HUMAN_CLAIM",
    "being a human",
    """
    im|i|am ?am ?a ?an human|person
    im|i ?am ?a real|live|actual person|human
    im|i|am|is|are|youre ?am ?texting ?with not a|an bot|robot|ai|machine|computer|chatbot
    """,
)

WAY_OUT_REPLACED = topic(
    "STOP_REPLACED",
    "another way out than STOP",
    "reply|text|send|press ?with # to|2|for opt|stop|unsubscribe|end|quit|cancel ?out ?texts ?messages",
)

# Named together with the person these say something about their health.
PHI_TERMS = topic(
    "PHI",
    "somebody's health",
    """
    root canal~
    crown~|veneer~|denture~|implant~|braces|invisalign|whitening|extraction~|filling~|cavity|cavities|abscess|gingivitis|periodontal|orthodontic~|retainer~
    wisdom tooth|teeth
    gum disease|graft~|surgery
    dental|deep|teeth|tooth|scheduled|next|your cleaning~
    tooth ache|pain
    toothache~|surgery|surgeries|biopsy|biopsies|mri~|xray~|ultrasound~|mammogram~|colonoscopy|endoscopy|anesthesia|sedation|stitches|sutures
    x ray~
    ct scan~
    blood test~|work|pressure|sugar
    pap smear
    lab|labs test~|work|result~
    prescription~|medication~|medicine~|antibiotic~|amoxicillin|ibuprofen|insulin|opioid~|suboxone|methadone|adderall|xanax|ozempic|metformin|statin~|antidepressant~|steroid~|vaccine~|vaccination~|refill~|dosage
    chemo|chemotherapy|radiation|dialysis|physiotherapy|rehab|detox|botox|filler~|ivf
    physical|speech|couples|cognitive|behavioral|hormone therapy
    therapy|counseling session~|appointment~|visit~
    cancer|tumor~|tumour~|diabetes|diabetic|asthma|hypertension|cholesterol|hepatitis|herpes|chlamydia|hiv|aids|std~|sti~|covid|flu|pneumonia|arthritis|eczema|acne|migraine~|concussion|fracture~|hernia|sciatica|scoliosis|cataract~|glaucoma
    depression|anxiety|adhd|bipolar|ptsd|addiction|autism|psychiatric|psychiatrist|eating disorder
    pregnant|pregnancy|abortion|miscarriage|prenatal|infertility
    endodoncia|caries|embarazo|embarazada|receta~|cirugia
    """,
)
# These say it by themselves, or ask for it (R-HIPAA-2: symptoms are not asked for by text).
PHI_ALONE = topic(
    "PHI",
    "somebody's health",
    """
    diagnosis|diagnoses|diagnosed|prognosis
    your|his|her|the|their ?test|lab|blood|scan|biopsy|mri|imaging|latest ?test|work|lab results
    results are|came in|back|ready|normal|abnormal|positive|negative
    tested|test|came ?back positive|negative|abnormal
    your|his|her|their therapy|counseling|recovery|treatment|condition|medication~|prescription~|procedure|pain|swelling|bleeding|infection|symptoms|chart
    what|any|which|describe|list ?are ?other ?your ?the symptoms
    your|sus resultados|diagnostico
    sus resultados
    su diagnostico|tratamiento
    """,
)
PERSON_WORDS = _words("you your yours youre youll youve u ur patient his her their su sus usted")
# "Hi there" greets nobody by name.
NO_NAMES = _words(
    "there everyone all folks neighbor from this thanks thank we you its it friend sorry our welcome again y"
)
