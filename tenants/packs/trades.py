"""Packs of those who work with their hands: plumbing and HVAC, cars, hair. Pure data."""

from __future__ import annotations

from tenants.packs.shape import STOP_LINE, STOP_LINE_ES, Playbook, Reply, week

PLUMBING = Playbook(
    "plumbing",
    "Plumbing and HVAC",
    "{business}: Sorry we missed your call, we're out on a job. What's going on, and what's the address? "
    + STOP_LINE,
    "{business}: Sorry we missed your call. Tell us what's going on and we'll get back to you {next_open}. If water is running, shut the main valve. "
    + STOP_LINE,
    "{business}: Perdimos su llamada, estamos en un trabajo. ¿Qué pasa y en qué domicilio? "
    + STOP_LINE_ES,
    "{business}: Perdimos su llamada. Cuente lo que pasa y le contestamos {next_open}. Si sale agua, cierre la llave principal. "
    + STOP_LINE_ES,
    week(7, 18) + week(8, 14, (5,)),
    replies=(
        Reply(
            "where",
            "Ask for the address",
            "Hi {first_name}, what is the address, and is somebody there today?",
        ),
        Reply(
            "picture",
            "Ask for a picture",
            "Could you text us a picture of it? Then we bring the right parts.",
        ),
        Reply(
            "window",
            "Offer a time",
            "Hi {first_name}, we can be there today or tomorrow. Mornings or afternoons? {member}",
        ),
        Reply(
            "closing-valve",
            "Close the valve",
            "Please close the main valve: turn it clockwise until it stops. We are getting back to you.",
        ),
        Reply(
            "domicilio",
            "Pedir el domicilio",
            "Hola {first_name}, ¿en qué domicilio es, y hay alguien hoy?",
            "es",
        ),
        Reply(
            "horario",
            "Ofrecer un horario",
            "Hola {first_name}, podemos ir hoy o mañana. ¿Por la mañana o por la tarde? {member}",
            "es",
        ),
    ),
    target_minutes=10,
    target_always=True,
)

AUTO = Playbook(
    "auto",
    "Auto repair",
    "{business}: Sorry we missed your call, we're under a car. What are you driving and what is it doing? "
    + STOP_LINE,
    "{business}: Sorry we missed your call, the shop is closed. Tell us the car and what it's doing; we're back {next_open}. "
    + STOP_LINE,
    "{business}: Perdimos su llamada, estamos en el taller. ¿Qué auto es y qué le pasa? "
    + STOP_LINE_ES,
    "{business}: Perdimos su llamada, el taller ya no atiende hoy. Cuente qué auto es y qué le pasa; volvemos {next_open}. "
    + STOP_LINE_ES,
    week(8, 18) + week(9, 14, (5,)),
    replies=(
        Reply("car", "Which car", "Hi {first_name}, which make, model and year is it?"),
        Reply(
            "drop",
            "Drop it off",
            "You can bring it to us today or tomorrow from 8. Which suits you? {member}",
        ),
        Reply(
            "ready",
            "It is ready",
            "Hi {first_name}, your car is ready. We are here until closing. {business}",
        ),
        Reply(
            "look",
            "Being looked at",
            "We are looking at it now and tell you what we find before we do anything. {member}",
        ),
        Reply("auto", "Qué auto es", "Hola {first_name}, ¿qué marca, modelo y año es?", "es"),
        Reply(
            "listo",
            "Está listo",
            "Hola {first_name}, ya terminamos su auto. Atendemos hasta la hora de cierre. {business}",
            "es",
        ),
    ),
    target_minutes=15,
    insists_after=3,
)

SALON = Playbook(
    "salon",
    "Salon and spa",
    "{business}: Sorry we missed your call, we're with a guest. What would you like done, and which day suits you? "
    + STOP_LINE,
    "{business}: Sorry we missed your call, we're closed. What would you like done, and which day suits you? We're back {next_open}. "
    + STOP_LINE,
    "{business}: Perdimos su llamada, estamos atendiendo. ¿Qué desea hacerse y qué fecha le conviene? "
    + STOP_LINE_ES,
    "{business}: Perdimos su llamada, estamos cerrados. ¿Qué desea hacerse y qué fecha le conviene? Volvemos {next_open}. "
    + STOP_LINE_ES,
    week(10, 19, (1, 2, 3, 4)) + week(9, 17, (5,)),
    replies=(
        Reply(
            "book",
            "Offer a time",
            "Hi {first_name}, we have openings this week. Which day suits you, mornings or afternoons?",
        ),
        Reply("who", "With whom", "Would you like somebody in particular? {member}, {business}"),
        Reply("booked", "It is booked", "You are booked, {first_name}. See you then! {business}"),
        Reply("move", "Another time", "No problem, {first_name}. Which day suits you instead?"),
        Reply(
            "turno",
            "Ofrecer una hora",
            "Hola {first_name}, tenemos lugar esta semana. ¿Qué fecha le conviene, por la mañana o por la tarde?",
            "es",
        ),
        Reply("cambio", "Otra hora", "Claro, {first_name}. ¿Qué otra fecha le conviene?", "es"),
    ),
    target_minutes=20,
    insists_after=3,
)
