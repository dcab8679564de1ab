"""The content lint: what is found, what is left in peace, and what a first text gets."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from messaging.lint import (
    HEALTH,
    LAW,
    Context,
    completed,
    has_brand,
    has_opt_out_line,
    is_marketing,
    lint,
    lint_template,
)
from messaging.segments import measure
from tenants.playbooks import PLAYBOOKS

LATER = Context("Lakeside Plumbing", "rule", "C1", False, "plumbing")
FIRST = replace(LATER, is_first=True)
DENTAL = replace(LATER, brand="Bright Smile", vertical="dental")
LEGAL = replace(LATER, brand="Hart & Moss", vertical="legal")
AUTHORS = ["rule", "api", "system", "assistant"]


def codes(body, context=LATER):
    return [finding.code for finding in lint(body, context)]


def severities(code, body, context=LATER):
    """How severe a machine's text with this is, and a person's."""
    told = []
    for author in ("rule", "person"):
        found = [f for f in lint(body, replace(context, author=author)) if f.code == code]
        assert len(found) == 1, (author, codes(body, replace(context, author=author)))
        told.append(found[0].severity)
    return tuple(told)


# --- innocents: the neighbours of every list ---------------------------------------------------

INNOCENT = """
Use the heat gun on the old caulk, then the caulk gun.
Bring the nail gun, the grease gun and the spray gun.
We can open your gun safe, no drilling needed.
Clean it with rubbing alcohol or alcohol wipes first.
Isopropyl alcohol takes the glue off.
The tech will bring alcohol-free cleaner.
Is the shower bar loose, or the grab bar?
Our lead tech got a flu shot, so he is an hour late.
We treat weeds in the lawn and lay weed barrier.
You can buy weed killer at the hardware store.
The vape detector in the restroom needs a new sensor.
There is a smell of cigarette smoke in the duct.
Is it a cigarette burn on the carpet?
We get red wine stains out of carpet.
Your wine cellar cooling unit has come in.
The beer fridge has lost its charge.
Which pot lights flicker? Is the flower pot on the meter?
The pipe nipple is cracked and the ball cock leaks.
We use a paint stripper, then a wire stripper.
Is the washer hookup hot and cold? Is there a gas hookup?
The black pipe is screwed into a male adapter.
The dishwasher needs a new drain and a cock valve.
Please escort the tech to the roof.
Our next open slots are 2 and 4.
We will hit the joint with compound.
It is a shotgun house on Dauphine Street.
The rafters are strapped, the crack is sealed and the coke oven is off.
Do you have a fire retardant door?
The tranny fluid is low.
The floor is bare wood, stripped and sanded.
Is the ecstatic dog friendly?
The fireplace poker set is in.
The crawl space is in Essex, not Sussex.
Our office is on Bourbon Street, off Rifle Range Rd and Wine Creek Lane.
The white power cord is loose.
Is your country club open?
The account is with Dick at Cumming Supply in Cockeysville.
Feel free to call us at our toll-free number.
We're free at 3. Does that work?
The house is smoke-free and drug-free.
There's a 50% chance of rain.
Set the humidity to 45%.
That's no big deal.
A great deal of water came in.
No hurry, take your time.
You hurry home and shut the main valve.
We'll review the estimate with you.
Please review the contract.
Save our number, please.
Which sale date is in your contract?
We got your estimate request.
Your quote is ready, call us when you like.
The discountenanced valve is out.
The water pressure is low.
What is your price range?
Do you want to upgrade the panel?
Sorry we missed your last call.
So you don't miss our call back, what is a good time?
We can't guarantee a time.
No promises, but we will try.
The visit takes 30 minutes.
Please come 15 minutes early.
Do you work from home?
Is it a lead pipe or a galvanized one?
The title of the house is in my name.
Is the crypt room damp?
We moved to 12 Casino Drive.
Reply 1 for morning or 2 for afternoon.
Call us at (312) 555-0100 or mail office@joes.example.com
Mail joe@bit.ly if you like.
We're at 5pm.ish, e.g. after work, i.e. late.
Thanks.Is 3 ok?
Ready.To be sure, call.
That is fine.So is 4.
The part is 2.5in wide and costs nothing.
The router is at 192.168.1.1 and version 1.2.3.4
Mon.-Fri. 8 a.m./5 p.m. and/or by phone.
It leaks a bit. Ly thought so too.
H V A C is what we do, A B C Heating.
The code on the keypad is 4 7 1 1.
""".strip().splitlines()


@pytest.mark.parametrize("body", INNOCENT)
def test_innocent_texts_are_left_in_peace(body):
    for context in (LATER, replace(LATER, author="person"), LEGAL):
        assert lint(body, context) == ()


def test_a_good_first_text_of_every_playbook_has_no_finding():
    for key, playbook in PLAYBOOKS.items():
        for template in playbook.texts:
            assert lint_template(template, replace(FIRST, vertical=key)) == ()


# --- links -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        "See bit.ly/abc",
        "See BIT.LY/ABC.",
        "(https://bit.ly/abc)",
        "https://tinyurl.com/x, thanks",
        "http://www.goo.gl/x",
        "is.gd/x or tiny.cc/x",
        "budurl.me/x",
        "soo.gd/x",
        "s2r.co/x",
        "bc.vc/x",
        "clicky.me/x",
        "lc.chat/x",
        "preview.tinyurl.com/x",
        "https://real.example@bit.ly/x",
        "real.example@bit.ly/x",
        "https://bit.ly\\@real.example/x",
        "https://bit.ly:443/x",
        "https://bit.ly./x",
        "https://b%69t.ly/x",
        "https://x.com/?u=https%3A%2F%2Fbit.ly%2Fa",
        "https:bit.ly/x",
        "b\u200bit.ly/x",
        "bi\u00adt.ly/x",
        "b\u0456t.ly/x",
        "ｂｉｔ．ｌｙ/x",
        "ⓑⓘⓣ.ly/x",
        "bit。ly/x",
        "b̶i̶t̶.̶l̶y̶",
        "b i t . l y / x",
        "b-i-t.l-y",
        "bit (dot) ly/x",
        "bit[.]ly/x",
        "bit dot ly slash x",
        "bit . ly/x",
        "bit. ly/x",
    ],
)
def test_public_shorteners_are_found_however_written(body):
    found = lint(body, LATER)[0]
    assert (found.code, found.severity, found.rule) == ("SHORTENER", "block", "R-CAR-2")
    assert severities("SHORTENER", body) == ("block", "block")


@pytest.mark.parametrize(
    "body",
    [
        "rabbit.ly/x is ours",
        "https://bit.ly.joes.example/x",
        "https://notbit.ly/x",
        "https://joes.example/bit-ly",
        "https://mybit.lynx.example/",
        "It was a bit.do you agree?",
    ],
)
def test_their_neighbours_are_not(body):
    assert "SHORTENER" not in codes(body)


def test_an_own_domain_is_no_excuse_for_a_shortener():
    assert codes("bit.ly/x", replace(LATER, own_domains=frozenset({"bit.ly"}))) == ["SHORTENER"]


@pytest.mark.parametrize(
    ("body", "code", "host"),
    [
        ("https://joes.example@evil.example/pay", "URL_CREDENTIALS", "evil.example"),
        ("https://joes.example%40evil.example/pay", "URL_CREDENTIALS", "evil.example"),
        ("https://10.0.0.1/pay", "URL_IP", "10.0.0.1"),
        ("10.0.0.1/pay", "URL_IP", "10.0.0.1"),
        ("http://[2001:db8::1]/pay", "URL_IP", "[2001:db8::1]"),
        ("http://3232235777/", "URL_IP", "3232235777"),
        ("http://0x7f.1/", "URL_IP", "0x7f.1"),
        ("https://ex\u0430mple.com/pay", "URL_UNICODE", "example.com"),
        ("example.\u0441om", "URL_UNICODE", "example.com"),
        ("https://xn--exmple-4nf.com/", "URL_UNICODE", "xn--exmple-4nf.com"),
    ],
)
def test_tricks_in_links(body, code, host):
    assert severities(code, body) == ("block", "warn")
    assert [f.found for f in lint(body, LATER) if f.code == code] == [host]


def test_an_accent_in_a_host_is_only_warned_of():
    assert severities("URL_UNICODE", "Vea niñoplomeria.com") == ("warn", "warn")


LINKED = "Lakeside Plumbing: book at {}. Reply STOP to opt out."


@pytest.mark.parametrize(
    "link",
    [
        "https://joes.example/book",
        "JOES.COM",
        "www.joes.repair",
        "joes.me/book",
        "joes.com?ref=1",
        "joes.co.uk",
    ],
)
def test_a_link_in_a_first_text(link):
    body = LINKED.format(link)
    assert severities("LINK_IN_FIRST", body, FIRST) == ("block", "warn")
    allowed = replace(FIRST, links_in_first=True)
    assert severities("LINK_IN_FIRST", body, allowed) == ("warn", "warn")
    for vertical in ("dental", "legal"):
        strict = replace(allowed, vertical=vertical)
        assert severities("LINK_IN_FIRST", body, strict) == ("block", "warn")
    assert "LINK_IN_FIRST" not in codes(body, LATER)


def test_a_business_called_like_its_website_may_say_its_name():
    context = replace(FIRST, brand="Roofs.com")
    assert lint("Roofs.com: Sorry we missed you. Reply STOP to opt out.", context) == ()
    assert "LINK_IN_FIRST" in codes("Roofs.com/sale: Hi. Reply STOP to opt out.", context)


def test_links_to_strangers_are_warned_of_where_the_own_domains_are_known():
    context = replace(LATER, own_domains=frozenset({"Joes.example"}))
    assert codes("https://book.joes.example/x", context) == []
    assert severities("LINK_FOREIGN", "https://other.example/x", context) == ("warn", "warn")
    assert codes("https://notjoes.example/x", context) == ["LINK_FOREIGN"]


# --- SHAFT and the like ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "about", "by_person"),
    [
        ("We have beer on tap", "alcohol", "warn"),
        ("Happy hour is from 4 to 6", "alcohol", "warn"),
        ("Ask for a glass of wine", "alcohol", "warn"),
        ("Our handguns are in", "firearms", "warn"),
        ("The gun show is on", "firearms", "warn"),
        ("Get your AR-15 checked", "firearms", "warn"),
        ("New vapes and e-cigs", "tobacco", "warn"),
        ("Cigars are in", "tobacco", "warn"),
        ("Our CBD oil is in", "cannabis", "warn"),
        ("Delta-8 and kratom", "cannabis", "warn"),
        ("Medical marijuana cards", "cannabis", "warn"),
        ("Hot singles in town", "sex", "block"),
        ("Watch porn", "sex", "block"),
        ("Cheap viagra", "sex", "block"),
        ("White power", "hate", "block"),
        ("Go back to your country", "hate", "block"),
        ("We sell guns", "selling", "block"),
        ("We deliver weed", "selling", "block"),
        ("Ammo for sale", "selling", "block"),
    ],
)
def test_shaft(body, about, by_person):
    found = [f for f in lint(body, LATER) if about in f.sentence]
    assert found and {f.code for f in found} == {"SHAFT"} and found[0].rule == "R-CAR-1"
    by_hand = [f for f in lint(body, replace(LATER, author="person")) if about in f.sentence]
    assert (found[0].severity, by_hand[0].severity) == ("block", by_person)
    for author in AUTHORS:
        assert lint(body, replace(LATER, author=author))[0].severity == "block"


@pytest.mark.parametrize(
    "body",
    [
        "c a n n a b i s",
        "c.a.n.n.a.b.i.s",
        "can-nabis",
        "c\u200ban\u00adna\u2060bis",
        "с\u0430nn\u0430bis",
        "ｃａｎｎａｂｉｓ",
        "cånnábis",
        "cann4bis",
        "c@nn@bis",
        "🅒🅐🅝🅝🅐🅑🅘🅢",
        "CANNABIS!",
        "ᴄᴀɴɴᴀʙɪs",
        "g e t c a n n a b i s",
    ],
)
def test_hidden_words_are_found(body):
    found = [f for f in lint(body, LATER) if f.code == "SHAFT"]
    assert found and "cannabis" in found[0].found


@pytest.mark.parametrize(
    ("body", "about"),
    [
        ("Play at our casino tonight", "gambling"),
        ("Free spins for you", "gambling"),
        ("Need a payday loan?", "loans"),
        ("Debt consolidation and credit repair", "loans"),
        ("No credit check!", "loans"),
        ("Bitcoin is up", "crypto"),
        ("Make money fast", "earning"),
    ],
)
def test_high_risk(body, about):
    assert severities("HIGH_RISK", body) == ("block", "warn")
    assert any(about in f.sentence for f in lint(body, LATER))


def test_the_business_s_own_name_is_never_held_against_it():
    context = replace(FIRST, brand="Whiskey & Rifle Coupon Plumbing LLC")
    body = "Whiskey and Rifle Coupon Plumbing: Sorry we missed your call. Reply STOP to opt out."
    assert lint(body, context) == ()
    assert codes("We have whiskey", replace(context, is_first=False)) == ["SHAFT"]


# --- advertising and promises ------------------------------------------------------------------

ADVERTISING = """
Drain cleaning for $99
It is 89 dollars
20% off this week
20 percent off all filters
Half off today
Get a free estimate
Free in-home consultation
No-cost inspection
Complimentary exam for you
The quote is free of charge, get your free quote
Use coupon TEN
New patient special
Our prices start at a low rate
Lowest prices in town
Save $50
Save 10%
Our summer sale is on
Black Friday is here
Limited time only
Act now
Last chance
Don't miss out
Today only
The offer ends Friday
While supplies last
Only 3 spots left
Spots are filling fast
Book now
Leave us a review
Please leave a quick Google review
Rate us
How did we do?
Refer a friend
Tell your friends
Financing available
0% APR
No money down
We also offer duct cleaning
Check out our store
Join our club
Sign up today
Visit our website
Descuento para usted
Presupuesto gratis
fr\u200bee estimate
F R E E estimate, c-o-u-p-o-n
""".strip().splitlines()


@pytest.mark.parametrize("body", ADVERTISING)
def test_advertising(body):
    found = is_marketing(body)
    assert found is not None and found.code == "PROMO" and found.found
    assert severities("PROMO", body) == ("block", "warn")
    transactional = replace(LATER, category="C2")
    assert severities("PROMO", body, transactional) == ("warn", "warn")
    assert "PROMO" not in codes(body, replace(LATER, category="C3"))


@pytest.mark.parametrize("body", INNOCENT)
def test_what_is_no_advertising(body):
    assert is_marketing(body) is None


def test_the_words_are_named_once_and_the_longest():
    found = is_marketing("Free estimate! A FREE estimate, and $99 off.")
    assert found is not None and found.found == "free estimate, $99"
    assert "“free estimate”, “$99”" in found.sentence


@pytest.mark.parametrize(
    "body",
    [
        "We will be there within 30 minutes",
        "Within the next hour",
        "We'll call you back in 10 min",
        "In less than 20 minutes",
        "Satisfaction guaranteed",
        "It is fixed today for sure",
        "We promise",
        "No matter what",
        "We will win your case",
    ],
)
def test_promises_are_warned_of(body):
    assert severities("PROMISE", body) == ("warn", "warn")


def test_an_assistant_never_says_it_is_a_person():
    assistant = replace(LATER, author="assistant")
    for body in ("I'm a real person", "I am human", "I'm not a bot"):
        assert codes(body, assistant) == ["HUMAN_CLAIM"]
        assert codes(body, replace(LATER, author="person")) == []
    assert codes("A real person will call you.", assistant) == []
    assert codes("I'm an automated assistant, not a person.", assistant) == []


def test_stop_is_never_replaced_by_a_digit():
    assert severities("STOP_REPLACED", "Reply 2 to opt out") == ("block", "warn")
    assert severities("STOP_REPLACED", "Text 9 to unsubscribe") == ("block", "warn")


# --- health ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        "Your root canal is at 2",
        "Your crown is in",
        "Your teeth cleaning is on Tuesday",
        "Your test results are in",
        "Your results are back",
        "You tested positive",
        "The doctor diagnosed a fracture",
        "Please take your amoxicillin",
        "Your prescription is ready",
        "Is your swelling down?",
        "What symptoms do you have?",
        "What are your symptoms?",
        "Your blood work came in",
        "You have an appointment about your diabetes",
        "Your HIV test is due",
        "Sus resultados llegaron",
    ],
)
def test_health_is_kept_out_of_texts(body):
    assert severities("PHI", body, DENTAL) == ("block", "warn")
    assert "PHI" not in codes(body, LATER)


@pytest.mark.parametrize(
    "body",
    [
        "Your appointment is Tuesday at 2 PM.",
        "Can you come at 3 instead?",
        "Please reply with a good time to call you back. No health details please.",
        "Please don't text your symptoms, we will call you.",
        "Texts aren't secure, so no symptoms please.",
        "Thanks for filling out the form, you are all set.",
        "Our calendar is filling up, does 4 work for you?",
        "We are at 20 Crown Street, across from your bank.",
        "We moved. Root canals are done at the other office.",
        "If this is an emergency call 911.",
        "Your insurance card is fine.",
    ],
)
def test_times_alone_are_fine(body):
    assert lint(body, DENTAL) == ()


def test_a_first_text_of_a_practice_names_neither_person_nor_service():
    first = replace(DENTAL, is_first=True)
    ending = "Reply STOP to opt out."
    assert severities("PHI", f"Bright Smile: Hi Dana, call us. {ending}", first) == (
        "block",
        "warn",
    )
    assert severities("PHI", f"Bright Smile: We do root canals. {ending}", first)[0] == "block"
    for fine in ("Hi there, call us.", "Hello! How can we help?", "Hi from Bright Smile."):
        assert lint(f"Bright Smile: {fine} {ending}", first) == ()
    assert lint(f"Lakeside Plumbing: Hi Dana, call us. {ending}", FIRST) == ()


def test_health_and_law_know_their_playbooks():
    assert set(PLAYBOOKS) & HEALTH == {"dental"}
    assert set(PLAYBOOKS) & LAW == {"legal"}
    assert not HEALTH & LAW


# --- size and letters --------------------------------------------------------------------------


def test_empty_texts():
    for body in ("", " \n", "\u200b\u200b", "\ufeff"):
        assert severities("EMPTY", body) == ("block", "block")
        assert codes(body, replace(LATER, category="C0")) == ["EMPTY"]


def test_too_long():
    assert codes("a" * 1530) == []
    assert severities("TOO_LONG", "a" * 1531) == ("block", "warn")
    assert severities("TOO_LONG", "a" * 1601) == ("block", "block")
    assert severities("TOO_LONG", "ж" * 671) == ("block", "warn")
    assert "TOO_LONG" in codes("a" * 100_000, replace(LATER, category="C0"))


def test_a_first_text_that_leaves_no_room_for_name_and_way_out_says_so():
    body = "a" * 1570
    assert completed(body, FIRST) == body
    assert {"TOO_LONG", "NO_BRAND", "NO_OPT_OUT"} <= set(codes(body, FIRST))


def test_a_first_text_of_three_segments_is_warned_of():
    body = f"Lakeside Plumbing: {'How can we help? ' * 18}Reply STOP to opt out."
    assert measure(body).segments == 3
    assert [(f.code, f.severity) for f in lint(body, FIRST)] == [("LONG", "warn")]
    assert codes(body, LATER) == []


def test_letters_that_cost_more_are_named():
    body = "We’re on our way, and we will call you once we stand in front of your door. 🚿"
    (found,) = lint(body, LATER)
    assert (found.code, found.severity, found.found) == ("UCS2", "warn", "’🚿")
    assert "2 segments instead of 1" in found.sentence
    assert codes("We’re on our way 🚿") == []  # it costs the same
    assert codes("Olé [ok] €5".replace("€5", "{}") + "a" * 140) == []


def test_letters_of_another_alphabet_within_a_word_are_warned_of():
    for body in ("W\u0430ter is off", "wa\u200bter is off"):
        assert severities("HIDDEN", body) == ("warn", "warn")
    for body in ("Привет, вода есть", "10 kΩ, 5 µm", "👨‍👩‍👧 ❤️ ok", "שלום\u200f ok"):
        assert codes(body) == []


# --- C0 ----------------------------------------------------------------------------------------


def test_our_own_texts_are_never_kept_back_for_words():
    ours = replace(FIRST, category="C0", brand="Rifle Casino")
    for body in (
        "Rifle Casino: You're unsubscribed and won't get more texts from us.",
        "Free estimate at bit.ly/x, beer, porn",
        "ж" * 100,
    ):
        assert lint(body, ours) == ()
        assert completed(body, ours) == body


# --- first texts -------------------------------------------------------------------------------


def test_a_first_text_needs_name_and_way_out():
    body = "Sorry we missed your call. How can we help?"
    for code in ("NO_BRAND", "NO_OPT_OUT"):
        assert severities(code, body, FIRST) == ("block", "warn")
    whole = completed(body, FIRST)
    assert whole == (
        "Lakeside Plumbing: Sorry we missed your call. How can we help? Reply STOP to opt out."
    )
    assert lint(whole, FIRST) == ()
    assert completed(body, LATER) == body


def test_without_a_name_a_first_text_stays_here():
    for brand in ("", "  ", "\x00"):
        context = replace(FIRST, brand=brand)
        whole = completed("Hello", context)
        assert whole == "Hello Reply STOP to opt out."
        assert codes(whole, context) == ["NO_BRAND"]
    sign = replace(FIRST, brand="🐝")
    assert completed("Hello", sign) == "🐝: Hello Reply STOP to opt out."
    assert "NO_BRAND" not in codes(completed("Hello", sign), sign)


@pytest.mark.parametrize(
    "line",
    [
        "Reply STOP to opt out.",
        "Text STOP to end",
        "Txt STOP 2 quit",
        "reply stop to unsubscribe",
        "Reply with STOP to cancel",
        "Reply 'STOP' to opt-out",
        "Reply “STOP” to end messages",
        "STOP to end, HELP for help",
        "STOP=end",
        "To opt out, reply STOP",
        "Opt out: STOP",
        "Send STOP if you want no more texts",
        "Reply STOP or HELP",
        "Reply STOP",
        "Responda STOP para darse de baja",
        "Envíe STOP para no recibir más mensajes",
        "Responde con la palabra STOP",
        "Répondez STOP pour vous désabonner",
        "You may opt out at any time by texting STOP".replace("texting", "text"),
    ],
)
def test_the_way_out_is_recognised(line):
    body = f"Lakeside Plumbing: Hello. {line}"
    assert has_opt_out_line(body)
    assert completed(body, FIRST) == body


@pytest.mark.parametrize(
    "body",
    [
        "We stop by at 3",
        "Text us when the leak stops",
        "Did your text stop working?",
        "Please stop the water",
        "Don't reply STOP to this",
        "Reply STOPPED when it is",
        "Reply 2 to opt out",
        "STOP the water now",
        "Reply CANCEL to cancel your visit",
        "",
    ],
)
def test_what_is_no_way_out(body):
    assert not has_opt_out_line(body)


@pytest.mark.parametrize(
    ("brand", "body"),
    [
        ("Joe's Plumbing", "joes plumbing here"),
        ("Joe's Plumbing", "This is JOE’S PLUMBING!"),
        ("Joe's Plumbing, LLC", "Joe's Plumbing: hi"),
        ("Smith & Sons", "Smith and Sons here"),
        ("A-1 Drains", "It's A1 Drains"),
        ("Flow-Rite", "FlowRite here"),
        ("FlowRite", "Flow Rite here"),
        ("Peña Roofing", "Pena Roofing"),
        ("24/7 Locks", "24/7 locks: hi"),
    ],
)
def test_the_name_is_recognised(brand, body):
    assert has_brand(body, brand)
    assert completed(f"{body}. Reply STOP to opt out.", replace(FIRST, brand=brand)).startswith(
        body
    )


@pytest.mark.parametrize(
    ("brand", "body"),
    [("Ace", "What's the place?"), ("Joe's Plumbing", "Joe is plumbing"), ("", "x"), ("Bo", "Bob")],
)
def test_other_words_are_not_the_name(brand, body):
    assert not has_brand(body, brand)


BRANDS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["Joe's Plumbing, LLC", "A-1", "Ace", "STOP Pest", "Smith & Sons", ".", "é"]),
)
PIECES = st.lists(
    st.sampled_from(
        ["Ace", "Reply STOP to opt out.", "text stop", "Joe's Plumbing", "hi", " ", "\n"]
    )
    | st.text(max_size=20),
    max_size=12,
).map(" ".join)


@given(st.one_of(st.text(max_size=400), PIECES), BRANDS, st.booleans())
def test_completing_twice_changes_nothing(body, brand, is_first):
    context = replace(FIRST, brand=brand, is_first=is_first)
    once = completed(body, context)
    assert completed(once, context) == once
    assert len(once) <= 1600
    if not is_first:
        assert once == body


@given(st.text(max_size=300), st.sampled_from(["Lakeside Plumbing", "Joe's, Inc.", "A-1 Drains"]))
def test_name_and_way_out_are_there_exactly_once(body, brand):
    assume(body.strip() and not has_brand(body, brand) and not has_opt_out_line(body))
    context = replace(FIRST, brand=brand)
    whole = completed(body, context)
    assert whole.count(brand) == 1 and whole.startswith(f"{brand}: ")
    assert whole.count("STOP to opt out") == 1 and has_brand(whole, brand)
    assert not {"NO_BRAND", "NO_OPT_OUT"} & set(codes(whole, context))


@given(st.integers(1500, 1700), st.sampled_from(["Lakeside", "x" * 120]))
def test_nothing_grows_over_the_limit(length, brand):
    body = "a" * length
    whole = completed(body, replace(FIRST, brand=brand))
    assert whole == body or len(whole) <= 1600


# --- templates ---------------------------------------------------------------------------------


def test_templates_are_read_with_their_fields_filled():
    assert lint_template("Hi {caller_name}, call {phone}.", FIRST) == ()
    assert [f.code for f in lint_template("{business}: free estimate {next_open}", FIRST)] == [
        "PROMO"
    ]
    assert [f.code for f in lint_template(" {caller_name} bit.ly/x", FIRST)] == [
        "SHORTENER",
        "LINK_IN_FIRST",
    ]
    assert [f.code for f in lint_template("", FIRST)] == ["EMPTY"]


def test_a_practice_s_first_template_names_nobody():
    first = replace(DENTAL, is_first=True)
    for template in ("Hi {caller_name}, call us.", "{ caller_name }: call us."):
        (found,) = lint_template(template, first)
        assert (found.code, found.severity, found.found) == ("PHI", "block", "{caller_name}")
    assert lint_template("Hi {caller_name}, see you at 2.", DENTAL) == ()


# --- whatever comes ----------------------------------------------------------------------------


@given(
    st.text(max_size=400),
    st.text(max_size=30),
    st.sampled_from(["rule", "person", "api", "system", "assistant"]),
    st.sampled_from(["C0", "C1", "C2", "C3"]),
    st.booleans(),
    st.sampled_from(["plumbing", "dental", "legal", "nonsense"]),
)
def test_whatever_comes_is_answered_and_the_worst_first(
    body, brand, author, category, is_first, vertical
):
    context = Context(brand, author, category, is_first, vertical)
    found = lint(body, context)
    assert found == lint(body, context)
    assert [f.severity for f in found] == sorted(f.severity for f in found)
    assert all(f.sentence and f.fix and f.rule for f in found)


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "a.",
        "a ",
        "b i t . l y ",
        "http://",
        "@",
        "((",
        "your ",
        "free ",
        "reply ",
        "STOP ",
        "ﷺ",
    ],
)
def test_hostile_texts_are_answered(piece):
    body = (piece * 1600)[:1600]
    for vertical in ("plumbing", "dental"):
        found = lint(body, replace(FIRST, vertical=vertical))
        assert "NO_BRAND" in [finding.code for finding in found]
