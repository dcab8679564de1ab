"""What makes a text an advertisement (compliance.md 1.3) or a promise. Pure data, written as in lint_words."""

from __future__ import annotations

from messaging.lint_words import topic

_OFFERED = (
    "estimate~|quote~|consult~|consultation~|inspection~|assessment~|evaluation~|diagnosis|diagnostic~|exam~|"
    "checkup~|cleaning~|whitening|shipping|delivery|installation|install|gift~|trial~|sample~|service|"
    "upgrade~|tune|month~|visit~|case|review"
)
PROMO = (
    topic(
        "PROMO",
        "an offer",
        f"""
        $|£|€ #
        # dollars|bucks
        # % off|discount|savings
        # percent off|discount
        half|dollars off|price
        % off
        discount~|discounted|coupon~|promo~|promotion~|promotional|rebate~|voucher~|bogo|giveaway~|sweepstakes
        gift card~
        free|complimentary ?no ?obligation ?initial ?in ?home ?phone ?written ?on ?site {_OFFERED}
        no cost|obligation|charge {_OFFERED}
        for|absolutely|100|totally|completely ?% free
        % free
        free of charge
        buy one get
        get|request|book a ?free quote|estimate|consultation today|now
        claim your|this|a
        on|flash|summer|winter|spring|fall|holiday|big|annual|year|clearance ?end sale
        sale ends|price~|starts|today
        black friday
        cyber monday
        special|great|best|hot|amazing|incredible|exclusive ?limited ?time deal~|offer~|pricing|price~|rate~|promotion
        deal of
        our|todays|weekly|daily|monthly|seasonal|current specials|special|offers|offer|deals
        new customer|customers|patient|patients|client|clients special~|discount~|offer~|deal~|price
        prices|pricing|rates|packages start|starts|starting|from|as
        lowest|unbeatable|affordable|low|competitive|cheap|cheapest ?flat price~|pricing|rate~|cost
        save $|big|up|money|today|now|hundreds|thousands|on
        save # %|percent|dollars
        savings on|of|event
        cash back
        price match
        loyalty point~|program
        rewards|membership|maintenance program|club|plan~ ?only|for|from|special
        win a|an|big|prizes
        youve won
        enter to win
        descuento~|oferta~|cupon|cupones|promocion|promociones|rebajas|gratis|ahorre|ahorra|financiamiento
        """,
    ),
    topic(
        "PROMO",
        "pressure to hurry",
        """
        limited time|spots|slots|offer|availability|supply
        act now|fast
        hurry in|before|offer|while|limited|ends|only|now
        last|final|ultima chance|oportunidad
        dont|not miss out|this|these
        today|weekend only
        offer|special|deal ?is ends|expires|valid|good
        ends|expires soon|tonight|midnight
        while supplies|stocks|they last
        only # left|spots|openings|remaining
        spots|appointments|slots|space ?are ?is filling|going|limited ?up ?fast
        order|buy|shop|book|claim|enroll|subscribe|register now
        before ?its too late
        this offer|deal|price
        """,
    ),
    topic(
        "PROMO",
        "a request for a review or a referral",
        """
        leave|write|post|give|drop ?us ?me ?a ?an ?your ?quick ?google|yelp|facebook|online ?5|five ?star review~|rating~
        review|rate us
        rate|share your|our experience|visit|technician|service
        5|five star~ ?review~
        google|yelp|facebook|online review~
        how did|were we do|doing
        tell|let us|me ?know how we did
        refer a|your|friends
        referral bonus|program|reward~|discount~|credit
        tell your friends|neighbors|family
        friends and family discount
        deje|dejenos|escriba ?una resena
        """,
    ),
    topic(
        "PROMO",
        "financing",
        """
        financing
        0|zero|low ?% apr|interest|down|money ?down
        no money|interest down|for|until|financing
        low|easy|affordable monthly payment~
        payments as|starting low|at|as
        buy now pay
        pre approved
        preapproved
        """,
    ),
    topic(
        "PROMO",
        "further services",
        """
        we also offer|do|provide|sell|install
        our services include
        we specialize in
        ask ?us about our
        check out our
        did you know we
        while were at it
        upgrade today|now
        add on service~
        sign up today|now
        sign up for our
        join our|the club|plan|list|newsletter|program|membership
        visit our website|site|store|showroom|shop
        """,
    ),
)

PROMISE = topic(
    "PROMISE",
    "a promise",
    """
    within ?the ?next ?about ?#|a|an|one|two|three|four|five|ten|fifteen|twenty|thirty|sixty ?few minute~|min~|hour~|hr~|second~
    back|there|you|arrive|over|out in ?about ?under #|a|an|one|two|five|ten|fifteen|twenty|thirty ?few minute~|min~|hour~|hr~|second~
    in under|less ?than # minutes|min|mins|hours
    # minutes|min|mins or less
    guarantee|guarantees|guaranteed|guaranty
    we|i|you promise
    today|tomorrow|tonight|there|done|fixed for sure
    for sure today|tomorrow|tonight
    definitely|certainly ?be today|tomorrow|there|fixed|tonight
    no matter what
    100|hundred ?% ?percent satisfaction|success|sure|certain
    will win your|the
    garantizado|garantizamos
    """,
)
