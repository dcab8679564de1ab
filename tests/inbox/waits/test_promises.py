"""What a text promises, and what does not: lines as people write them, in English and Spanish."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.hours import Span, Week
from inbox.waits.promises import fold, read, warn_at

ZONE = ZoneInfo("America/Chicago")
WEEK = Week(
    ZONE, tuple(Span(day, time(8), time(17)) for day in range(5)), frozenset({date(2026, 11, 26)})
)
NOW = datetime(2026, 11, 17, 10, tzinfo=ZONE)  # a Tuesday

# text; what; from (day.hour:minute, - for none); until
PROMISED = """
We'll call you back within 30 minutes.|call|-|17 10:30
We will call you within the hour|call|-|17 11:00
I'll call you in an hour.|call|-|17 11:00
I'll ring you in about 20 minutes|call|-|17 10:20
We'll text you in 15-20 min|contact|-|17 10:20
We'll get back to you in half an hour|contact|-|17 10:30
Someone will call you in the next 2 hours.|call|-|17 12:00
Dr. Begay will call you within two hours|call|-|17 12:00
We'll get back to you by 5.|contact|-|17 17:00
We'll call you by 5 pm today|call|-|17 17:00
We will call you today by 5pm|call|-|17 17:00
We'll text you before noon|contact|-|17 12:00
We'll email you the quote by end of day|contact|-|17 17:00
I'll send you the estimate by EOD|contact|-|17 17:00
We'll have a quote for you by Friday|contact|-|20 17:00
We'll have that for you by tomorrow|contact|-|18 17:00
We'll call you before Friday|call|-|19 17:00
We'll call you today.|call|-|17 17:00
I'll call you tomorrow|call|18 8:00|18 17:00
I'll call you tomorrow morning|call|18 8:00|18 12:00
I'll call you first thing tomorrow|call|18 8:00|18 10:00
We'll call you first thing in the morning|call|17 8:00|17 10:00~
I'll text you this afternoon|contact|17 12:00|17 17:00
We'll call you at 12:15.|call|17 12:15|17 12:15
We'll call you at 5:15 today.|call|17 17:15|17 17:15
I will call you tomorrow at 9.|call|18 9:00|18 9:00
I will call you tomorrow at 2|call|18 14:00|18 14:00
I'll call you Thursday at 10:30am|call|19 10:30|19 10:30
We'll call you between 2 and 4 this afternoon|call|17 14:00|17 16:00
We'll call you tomorrow between 10 and 2|call|18 10:00|18 14:00
We'll call you tomorrow after 3|call|18 15:00|18 20:00
Tomorrow morning we'll call you.|call|18 8:00|18 12:00
Within 30 minutes we will call you|call|-|17 10:30
By 5 we'll get back to you|contact|-|17 17:00
Will call you at 3|call|17 15:00|17 15:00
Calling you in 10 min|call|-|17 10:10
You'll hear from us by 4 pm|contact|-|17 16:00
You'll get a call within the hour.|call|-|17 11:00
Expect a call within 2 hours|call|-|17 12:00
You can expect to hear from us within 24 hours|contact|-|18 10:00
We'll be in touch within 2 business days|contact|-|19 17:00
We'll reply within one business day|contact|-|18 17:00
We'll follow up by Monday at noon|contact|-|23 12:00
We're going to call you in 45 minutes|call|-|17 10:45
Sorry about that, we'll call you by 11|call|-|17 11:00
OK will call you in 5 minutes|call|-|17 10:05
Thanks Maria! Ray will call you by 2:30.|call|-|17 14:30
I'll let you know by tomorrow noon|contact|-|18 12:00
We'll answer by the end of the week|contact|-|20 17:00
We'll call you next week|call|23 8:00|27 17:00
I'll call you on November 24th|call|24 8:00|24 17:00
I'll call you Nov 24 at 9 am|call|24 9:00|24 9:00
We'll call no later than 3pm|call|-|17 15:00
Our office will call you around 4|call|17 16:00|17 16:00
We'll be there in an hour|visit|-|17 11:00
We'll be there in 20|visit|NONE|-
We'll be there by 4.|visit|-|17 16:00
We should be there in 25 minutes|visit|-|17 10:25
Ray will be there by 4|visit|-|17 16:00
Our technician will be there Tuesday 9 to 11|visit|24 9:00|24 11:00
The plumber will arrive between 9 and 11 tomorrow|visit|18 9:00|18 11:00
We'll come tomorrow morning|visit|18 8:00|18 12:00
We'll come by Thursday from 1 to 3|visit|19 13:00|19 15:00
We'll come out Friday 9-11am|visit|20 9:00|20 11:00
We will send someone over by 3|visit|-|17 15:00
We'll have someone there in 90 minutes|visit|-|17 11:30
We'll have a technician out tomorrow between 8 and 10|visit|18 8:00|18 10:00
On our way, be there in 15 minutes|visit|-|17 10:15
On my way! There in 10 min|visit|-|17 10:10
We're 20 minutes away|visit|-|17 10:20
I'll stop by tomorrow after 3|visit|18 15:00|18 20:00
We'll swing by this evening|visit|17 17:00|17 20:00
See you Tuesday 9 to 11|visit|24 9:00|24 11:00
See you tomorrow between 1 and 3 pm|visit|18 13:00|18 15:00
We have you down for tomorrow 8-10 am|visit|18 8:00|18 10:00
Expect us Thursday morning|visit|19 8:00|19 12:00
I'll pick it up by noon|visit|-|17 12:00
We'll be with you in half an hour|visit|-|17 10:30
We'll be there tonight by 8|visit|-|17 20:00
We'll be there at 11 a.m. sharp.|visit|17 11:00|17 11:00
Turn the valve clockwise until it stops. We'll be there by 4.|visit|-|17 16:00
Thanks for the photo. We'll come Thursday at 9!|visit|19 9:00|19 9:00
Le llamamos en 30 minutos.|call|-|17 10:30
Le llamaremos en una hora|call|-|17 11:00
Te llamo en media hora|call|-|17 10:30
Le devolvemos la llamada en menos de una hora|call|-|17 11:00
Nos comunicaremos con usted dentro de 2 horas|contact|-|17 12:00
Lo llamaremos antes de las 5|call|-|17 17:00
Le llamaremos antes de las 5 de la tarde.|call|-|17 17:00
Le respondemos antes del mediodía|contact|-|17 12:00
La llamo mañana|call|18 8:00|18 17:00
La llamo mañana por la mañana|call|18 8:00|18 12:00
Le escribo mañana a las 9|contact|18 9:00|18 9:00
Le llamamos hoy mismo|call|-|17 17:00
Le llamaré el jueves a las 3|call|19 15:00|19 15:00
Vamos a llamarle esta tarde|call|17 12:00|17 19:00
Le vamos a llamar en 15 minutos|call|-|17 10:15
Voy a llamarte a las 4 de la tarde|call|17 16:00|17 16:00
Recibirá una llamada en la próxima hora|contact|NONE|-
Recibirá una llamada antes de las 3|call|-|17 15:00
Nos pondremos en contacto mañana|contact|18 8:00|18 17:00
Le avisamos a más tardar a las 2|contact|-|17 14:00
Te confirmo en unos 20 minutos|contact|-|17 10:20
Le mandamos el presupuesto antes del viernes|contact|-|19 17:00
En 10 minutos le llamamos|call|-|17 10:10
Mañana a primera hora le llamamos|call|18 8:00|18 10:00
Le contestamos pasado mañana|contact|19 8:00|19 17:00
Llegamos el martes de 9 a 11|visit|24 9:00|24 11:00
Llegaremos entre las 9 y las 11|visit|NONE|-
Llegaremos mañana entre las 9 y las 11|visit|18 9:00|18 11:00
Llegamos en 30 minutos|visit|-|17 10:30
Estaremos allí en una hora|visit|-|17 11:00
Estaremos ahí antes de las 4|visit|-|17 16:00
Pasaremos mañana por la mañana|visit|18 8:00|18 12:00
Pasamos por su casa el jueves por la tarde|visit|19 12:00|19 19:00
El técnico llegará a las 2|visit|17 14:00|17 14:00
El plomero estará ahí en 20 minutos|visit|-|17 10:20
Iremos el viernes de 1 a 3|visit|20 13:00|20 15:00
Lo visitamos el lunes a las 10|visit|23 10:00|23 10:00
Vamos a pasar esta tarde|visit|17 12:00|17 19:00
Mandamos a alguien en una hora|visit|-|17 11:00
Vamos para allá, llegamos en 15 minutos|visit|-|17 10:15
Nos vemos mañana de 9 a 11|visit|18 9:00|18 11:00
Iré el 24 de noviembre a las 9|visit|24 9:00|24 9:00
They can be there in 45 min|visit|-|17 10:45
Can be there in 45 min|visit|-|17 10:45
I can be with you within 30 minutes.|visit|-|17 10:30
Ray can be there in an hour|visit|-|17 11:00
We can come by in 40 minutes|visit|-|17 10:40
Our tech can be with you within 30 minutes|visit|-|17 10:30
We can be there by 12|visit|-|17 12:00
Should be with you by 5|visit|-|17 17:00
We should be with you by 5|visit|-|17 17:00
Our plumber should be with you by 5|visit|-|17 17:00
Ray should be there in 20 minutes|visit|-|17 10:20
We'll call or text you within 30 minutes|contact|-|17 10:30
We'll text or call you within 30 minutes|contact|-|17 10:30
We'll call you or send a text within the hour|contact|-|17 11:00
We'll give you a call in 10 minutes|call|-|17 10:10
You'll get a call back within the hour|call|-|17 11:00
We'll reach you within the hour|contact|-|17 11:00
Puede estar ahí en 45 minutos|visit|-|17 10:45
El técnico puede estar ahí en 45 minutos|visit|-|17 10:45
Podemos estar con usted en media hora|visit|-|17 10:30
Puedo llegar en 30 minutos|visit|-|17 10:30
El plomero puede llegar en media hora|visit|-|17 10:30
Llegamos en media hora|visit|-|17 10:30
Le llamamos o le escribimos en 30 minutos|contact|-|17 10:30
"""
NONE = """
Can you call by 5?
Will you call us by 5?
Should we call you at 5?
We can come Tuesday 9 to 11, does that work?
We'll be there at 4, OK?
Shall we call you tomorrow morning?
We can speak tomorrow at 11 or 2. Which suits you?
We can look Thursday morning
We have Tuesday 10:20 or Wednesday 3:40.
Our hours are 9 to 5
We're open Monday to Friday 8 to 5
We open at 8:00 on Monday.
We will be open tomorrow from 9 to 12
We'll be closed Thursday and Friday
We close at 5 today
We're closed until Monday at 8:00 AM
Please call us before noon
Text us by 5 today
Reply by 5 and a person answers
Call us back within 30 minutes
If you reply by 5 we'll call you today
If you send photos, we'll get back to you within an hour
Once you confirm, we'll come tomorrow at 9
We'll call you within an hour if we find the part
We can't be there by 5
We won't be there by 5
We will not make it there today
I'm not able to call you before 5
Unfortunately we'll be there after 5 only
We called you at 5
We called you 30 minutes ago
We told you we'll be there at 9
You said you will be home by 5
We were supposed to be there at 9
We'd be there by 5
We try to answer within 30 minutes
We'll try to call you by 5
Hopefully we'll be there in an hour
We might be there by 4
Maybe we'll come tomorrow morning
We could come tomorrow morning
We usually call back within an hour
We always reply within 30 minutes
It will take 2 hours
It will be $50 to $100
The repair will cost 9 to 11 dollars
We'll give you 10% off by Friday
We'll call you soon
We'll call you shortly.
We'll call you as soon as we can
We'll call you back ASAP
We'll call you at 9 or 11
We'll call you today or tomorrow
She is in court until 3 and will call after that.
The part will arrive in 3 days
Parts will be there by Friday
Your order will be there tomorrow
You will be there by 5
This will be there in 20 minutes
Your appointment is Tuesday at 9
See you Tuesday at 9
See you tomorrow
See you soon
Yes, Ray is running 20 minutes behind. Sorry about that.
Your message: "We'll call you by 5" was sent
He wrote “I'll be there in an hour”
> We'll call you by 5
Sorry we missed your call. How can we help?
Sorry we missed your call. Please reply with a good time to call you back.
We'll text you the address: 9 to 5 Market Street
We'll call you at 312-555-0142
We'll call you from 312 555 0100
We'll text you a link
We'll send you 2 quotes
We'll call 5 suppliers
Within 30 minutes of your appointment we'll call you
Bring your card along, we'll check it at the desk.
Happy to. Would after school work, around 3:30?
Got it. Is it just the kitchen or other drains too?
We do. When can we reach you for ten minutes?
Would Friday at 10 work instead?
The water will be off from 9 to 11
Power will be out until 5
Payment is due by Friday
We need the form by 5 pm
You can reach us until 5
You'll get 20% off by Friday
Every Monday we'll call you at 9
We never come before 9
No one will be there by 5
¿Puede llamar antes de las 5?
¿Le llamamos a las 5?
¿A qué hora llegan?
Nuestro horario es de 9 a 5
Abrimos mañana a las 8
Estaremos cerrados el jueves
Estamos abiertos de 9 a 5
Estaremos abiertos mañana de 9 a 12
Atendemos de lunes a viernes de 8 a 5
Llámenos antes de las 5
Por favor llame antes del mediodía
Si nos escribe antes de las 5, le llamamos hoy
Si confirma, llegamos mañana a las 9
Cuando nos confirme pasaremos mañana
No podemos llegar antes de las 5
No llegaremos a las 9
No le llamaremos hoy
Le llamamos ayer a las 5
Dijimos que llegaremos a las 9
Trataremos de llamarle antes de las 5
Quizás lleguemos mañana
Tal vez pasaremos mañana por la mañana
Esperamos llegar en una hora
Le llamamos pronto
Le llamaremos lo antes posible
Su cita es el martes a las 9
La cita será mañana a las 10
Nos vemos mañana
Nos vemos el martes a las 9
El costo será de 50 a 100 dólares
La pieza llega en 3 días
Responda STOP para no recibir más mensajes
Sí, claro. ¿En qué le podemos ayudar?
Siempre llamamos en una hora
Le llamamos a las 9 o a las 11
Can you be there in 45 min?
can you be there in 45 min
Can we be there in 45 min?
You can come within 30 minutes
You can be there in 30 minutes
You can come by in 20 minutes
Can come and get it in 20 minutes
We can be there by 5
We can be there Tuesday 9 to 11
We can come tomorrow morning
We can come by between 3 and 5
We can be there in 45 min or tomorrow at 9
If you like we can be there in 45 min
We can't be there in 45 min
Parts can be there in 2 hours
The part should be with you by 5
It can be there in 20 minutes
Usted puede pasar en 30 minutos
Puede pasar en 30 minutos
Puede recogerlo en una hora
¿Puede estar ahí en 45 minutos?
¿Podemos pasar en una hora?
No podemos llegar en una hora
Podemos pasar mañana por la mañana
Si quiere podemos llegar en una hora
Usted puede estar ahí en una hora
You should be there in 20 minutes
You can call us within 30 minutes
We can call you in 30 minutes?
"""


def moment(words: str) -> datetime | None:
    if words == "-":
        return None
    day, clock = words.split()
    hour, minute = clock.split(":")
    return datetime(2026, 11, int(day), int(hour), int(minute), tzinfo=ZONE)


LINES = [tuple(line.split("|")) for line in PROMISED.strip().splitlines()]


@pytest.mark.parametrize(("text", "what", "begins", "ends"), LINES, ids=[line[0] for line in LINES])
def test_a_promise_is_found_with_its_time(text, what, begins, ends):
    found = read(text, NOW, WEEK)
    if begins == "NONE":  # a time nobody can be held to, or not without a guess
        assert len(found) <= 1
        return
    if ends.endswith("~"):
        assert found and found[0].due_at == moment("18 10:00")
        return
    assert len(found) == 1, found
    assert (found[0].what, found[0].from_at, found[0].due_at) == (
        what,
        moment(begins),
        moment(ends),
    )
    assert NOW < found[0].warn_at <= found[0].due_at
    assert found[0].words in " ".join(text.split())


@pytest.mark.parametrize("text", NONE.strip().splitlines())
def test_what_is_no_promise_is_left_alone(text):
    assert read(text, NOW, WEEK) == ()


def test_there_are_lines_enough():
    assert len(LINES) + len(NONE.strip().splitlines()) > 150


@pytest.mark.parametrize(
    ("now", "text", "ends"),
    [
        ("17 16:00", "We'll call you by 5", "17 17:00"),
        ("17 17:30", "We'll call you by 5", None),  # today's is over, and tomorrow's was not said
        ("17 16:00", "We'll call you by 5:30", "17 17:30"),
        ("17 06:30", "We'll call you by 7", "17 7:00"),
        ("17 23:50", "We'll call you in 30 minutes", "18 0:20"),
        ("17 10:00", "We'll call you Tuesday", "24 17:00"),
        ("20 16:55", "We'll call you Monday morning", "23 12:00"),
        ("16 10:00", "I'll call you next Friday", "27 17:00"),
        ("16 10:00", "I'll call you this Friday", "20 17:00"),
        ("20 16:00", "We'll reply within 1 business day", "23 17:00"),
        ("25 10:00", "We'll reply within 1 business day", "27 17:00"),  # Thanksgiving between
    ],
)
def test_times_are_those_of_the_moment_it_leaves(now, text, ends):
    found = read(text, moment(now), WEEK)
    assert [each.due_at for each in found] == ([moment(ends)] if ends else [])


def test_the_clocks_change_in_between():
    before = datetime(2026, 10, 31, 20, tzinfo=ZONE)
    (found,) = read("We'll call you tomorrow at 9", before, WEEK)
    assert found.due_at == datetime(2026, 11, 1, 9, tzinfo=ZONE)
    assert (found.due_at - before.astimezone(ZoneInfo("UTC"))) == timedelta(hours=14)


def test_several_promises_of_one_text_are_several():
    found = read("We'll call you in 10 minutes. Ray will be there by 4.", NOW, WEEK)
    assert [each.what for each in found] == ["call", "visit"]
    assert len(read("We'll call you in 5 minutes. " * 50, NOW, WEEK)) == 1


@pytest.mark.parametrize("minutes", [4, 20, 60, 600])
def test_the_warning_leaves_time_to_keep_it(minutes):
    due = NOW + timedelta(minutes=minutes)
    lead = due - warn_at(NOW, due)
    assert timedelta(minutes=1) <= lead <= timedelta(minutes=30)
    assert lead <= timedelta(minutes=minutes) / 4


@given(st.text(max_size=300))
def test_any_text_can_be_read(text):
    for found in read(text, NOW, WEEK):
        assert found.due_at > NOW


@given(st.text())
def test_a_folded_text_is_as_long_as_it_was(text):
    assert len(fold(text)) == len(text)


@pytest.mark.parametrize(
    "text", ["we'll " * 3000, "we'll call " + "9 to " * 3000, "a" * 20_000 + " will"]
)
def test_no_text_takes_long(text):
    assert isinstance(read(text[:1600], NOW, WEEK), tuple)
