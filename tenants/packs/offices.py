"""Packs of offices: any business, dentists, lawyers, accountants. Pure data."""

from __future__ import annotations

from tenants.packs.shape import STOP_LINE, STOP_LINE_ES, Playbook, Reply, week

GENERAL = Playbook(
    "general",
    "Any business",
    "{business}: Sorry we missed your call. How can we help? Reply here and we'll get right back to you. "
    + STOP_LINE,
    "{business}: Sorry we missed your call, we're closed right now. How can we help? We're back {next_open}. "
    + STOP_LINE,
    "{business}: Perdimos su llamada, lo sentimos. ¿En qué le podemos ayudar? Responda a este mensaje y le contestamos pronto. "
    + STOP_LINE_ES,
    "{business}: Perdimos su llamada, ahora estamos cerrados. ¿En qué le podemos ayudar? Volvemos {next_open}. "
    + STOP_LINE_ES,
    week(9, 17),
    replies=(
        Reply(
            "thanks",
            "Thanks, we look",
            "Thanks, {first_name}. {member} looks at it and gets back to you.",
        ),
        Reply(
            "call-you",
            "When to call",
            "When is a good time for us to call you? {member}, {business}",
        ),
        Reply(
            "gracias",
            "Gracias, lo vemos",
            "Gracias, {first_name}. {member} lo revisa y le contesta.",
            "es",
        ),
        Reply(
            "llamada", "Cuándo llamar", "¿A qué hora le podemos llamar? {member}, {business}", "es"
        ),
    ),
)

DENTAL = Playbook(
    "dental",
    "Dental practice",
    "{business}: Sorry we missed your call. Please reply with a good time to call you back. Texts aren't secure, so no health details please. "
    + STOP_LINE,
    "{business}: Sorry we missed your call, we're closed. We're back {next_open}. Reply with a good time to call; no health details please. "
    + STOP_LINE,
    "{business}: Perdimos su llamada, lo sentimos. Responda con una buena hora para llamarle. Los mensajes no son privados: sin datos de salud, por favor. "
    + STOP_LINE_ES,
    "{business}: Perdimos su llamada, estamos cerrados. Volvemos {next_open}. Responda con una buena hora; sin datos de salud, por favor. "
    + STOP_LINE_ES,
    week(8, 17),
    replies=(
        Reply(
            "visit",
            "Offer a visit",
            "Hi {first_name}, we have openings this week. Which day suits you, mornings or afternoons?",
        ),
        Reply(
            "call-you",
            "When to call",
            "Thanks, {first_name}. When is a good time for us to call you? {member}, {business}",
        ),
        Reply(
            "bring", "What to bring", "Please bring a photo ID and your insurance card. {business}"
        ),
        Reply(
            "running-late",
            "Running late",
            "No problem, {first_name}. Please tell us when you expect to be here.",
        ),
        Reply(
            "visita",
            "Ofrecer una visita",
            "Hola {first_name}, tenemos lugar esta semana. ¿Qué fecha le conviene, por la mañana o por la tarde?",
            "es",
        ),
        Reply(
            "llamada",
            "Cuándo llamar",
            "Gracias, {first_name}. ¿A qué hora le podemos llamar? {member}, {business}",
            "es",
        ),
    ),
    target_minutes=15,
)

LEGAL = Playbook(
    "legal",
    "Law office",
    "{business}: Sorry we missed your call. What's the best time to reach you? Please don't share details of your matter by text. "
    + STOP_LINE,
    "{business}: Sorry we missed your call, our office is closed. We're back {next_open}. Reply with the best time to reach you. "
    + STOP_LINE,
    "{business}: Perdimos su llamada, lo sentimos. ¿A qué hora le podemos llamar? No mande detalles de su asunto, por favor. "
    + STOP_LINE_ES,
    "{business}: Perdimos su llamada, la oficina ya no atiende hoy. Volvemos {next_open}. Responda con una buena hora para llamarle. "
    + STOP_LINE_ES,
    week(9, 18),
    replies=(
        Reply(
            "consult",
            "Offer a consultation",
            "Hi {first_name}, we can arrange a first conversation. Which day suits you? {member}",
        ),
        Reply(
            "private",
            "Nothing confidential",
            "Please send nothing confidential by text. We will call you. {member}, {business}",
        ),
        Reply(
            "received",
            "We have it",
            "Thank you, {first_name}, we have it and will get back to you. {member}",
        ),
        Reply(
            "documents",
            "What to bring",
            "Please bring every letter you received about it, and a photo ID.",
        ),
        Reply(
            "consulta",
            "Ofrecer una consulta",
            "Hola {first_name}, podemos acordar una primera charla. ¿Qué fecha le conviene? {member}",
            "es",
        ),
        Reply(
            "privado",
            "Nada confidencial",
            "Por favor no mande nada confidencial por mensaje. Le llamamos. {member}, {business}",
            "es",
        ),
    ),
    target_minutes=30,
)

ACCOUNTING = Playbook(
    "accounting",
    "Accounting and tax",
    "{business}: Sorry we missed your call. What is it about, and when may we call you back? Please no account or Social Security numbers by text. "
    + STOP_LINE,
    "{business}: Sorry we missed your call, our office is closed. We're back {next_open}. Reply with a good time to call; no account numbers please. "
    + STOP_LINE,
    "{business}: Perdimos su llamada, lo sentimos. ¿De qué se trata y a qué hora le llamamos? Sin datos de cuenta, por favor. "
    + STOP_LINE_ES,
    "{business}: Perdimos su llamada, la oficina ya no atiende hoy. Volvemos {next_open}. Responda con una buena hora para llamarle. "
    + STOP_LINE_ES,
    week(9, 17),
    cool_down_hours=24,
    replies=(
        Reply(
            "meeting",
            "Offer a meeting",
            "Hi {first_name}, we can meet or talk this week. Which day suits you? {member}",
        ),
        Reply(
            "no-numbers",
            "No numbers by text",
            "Please send no account or Social Security numbers by text. We call you for them. {member}",
        ),
        Reply(
            "bring",
            "What to bring",
            "Please bring last year's return, your forms of this year and a photo ID. {business}",
        ),
        Reply(
            "received",
            "We have it",
            "Thank you, {first_name}, we have it and will get back to you. {member}",
        ),
        Reply(
            "reunion",
            "Ofrecer una reunión",
            "Hola {first_name}, podemos reunirnos o hablar esta semana. ¿Qué fecha le conviene? {member}",
            "es",
        ),
        Reply(
            "recibido",
            "Lo tenemos",
            "Gracias, {first_name}, lo tenemos y le contestamos. {member}",
            "es",
        ),
    ),
    target_minutes=60,
    insists_after=3,
)
