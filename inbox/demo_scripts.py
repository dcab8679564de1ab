"""What people write to the three businesses of the demo. Pure data: made up, nobody's words."""

from __future__ import annotations

NAMES = [
    "Maria Lopez",
    "Dan Whitaker",
    "Priya Natarajan",
    "Tom Becker",
    "Aisha Coleman",
    "Greg Novak",
    "Elena Petrova",
    "Marcus Hill",
    "Sofia Ramirez",
    "Ben Carter",
    "Hannah Stein",
    "Luis Ortega",
    "Rachel Kim",
    "Walter Price",
    "Nadia Haddad",
    "Owen Fletcher",
    "Grace Liu",
    "Victor Mendes",
    "Paula Jensen",
    "Curtis Boyd",
    "Ingrid Larsen",
    "Sam Okafor",
    "Teresa Vance",
    "Neil Archer",
]

# (what the caller answers, what a member writes back, what the caller says to that)
THREADS: dict[str, list[tuple[str, str, str]]] = {
    "plumbing": [
        (
            "Kitchen sink is backed up, water won't go down at all",
            "Got it. Is it just the kitchen or other drains too?",
            "Just the kitchen. 2214 W Grace",
        ),
        (
            "Water heater is making a banging noise",
            "Probably sediment. We can look Thursday morning, does 9 work?",
            "9 is good, thanks",
        ),
        (
            "Toilet keeps running",
            "Usually the flapper. Want us to come by tomorrow after 3?",
            "Yes please",
        ),
        (
            "Need a quote for a bathroom remodel rough-in",
            "Happy to. Can you send the address and a photo of the space?",
            "Will do tonight",
        ),
        (
            "Basement drain smells bad after the rain",
            "We can run a camera through it. Are you home Friday?",
            "Friday after 2",
        ),
        (
            "Is someone coming today? I have you down for 10",
            "Yes, Ray is running 20 minutes behind. Sorry about that.",
            "OK no problem",
        ),
        (
            "Leak under the bathroom sink, I put a bucket under it",
            "Turn the valve under the sink clockwise until it stops. We'll be there by 4.",
            "That worked, thank you!",
        ),
        ("Low pressure in the shower since yesterday", "", ""),
        (
            "¿Hablan español?",
            "Sí, claro. ¿En qué le podemos ayudar?",
            "El lavabo gotea todo el día",
        ),
    ],
    "dental": [
        (
            "I'd like to move my cleaning to next week",
            "Sure. We have Tuesday 10:20 or Wednesday 3:40.",
            "Wednesday please",
        ),
        (
            "Do you take Delta Dental?",
            "We do. Bring your card along, we'll check it at the desk.",
            "Great",
        ),
        (
            "Calling to book for my two kids",
            "Happy to. Would after school work, around 3:30?",
            "Any day but Thursday",
        ),
        ("Can you call me back after 12?", "We'll call you at 12:15.", "Thank you"),
        ("What time do you open on Monday?", "We open at 8:00 on Monday.", "Thanks!"),
        (
            "I need to cancel my appointment on Friday",
            "No problem. Shall we find you another day?",
            "I'll call next week",
        ),
        ("Running 10 minutes late for my 2pm", "Thanks for letting us know, drive safely.", ""),
        ("New patient, how do I sign up?", "", ""),
    ],
    "legal": [
        (
            "I'd like a consultation about a lease",
            "We can speak tomorrow at 11 or 2. Which suits you?",
            "11 works",
        ),
        ("Best time is after 5pm", "We'll call you at 5:15 today.", "Perfect"),
        (
            "Please have Ms. Alvarez call me back",
            "She is in court until 3 and will call after that.",
            "Thank you",
        ),
        (
            "Do you handle probate?",
            "We do. When can we reach you for ten minutes?",
            "Tomorrow morning",
        ),
        ("I got your letter and have a question", "", ""),
        (
            "Need to reschedule Thursday's meeting",
            "Would Friday at 10 work instead?",
            "Yes, see you then",
        ),
    ],
}
MEMBERS = {"plumbing": "Dana Kowalski", "dental": "Renee Begay", "legal": "Camila Alvarez"}
AREAS = {
    "plumbing": ["312", "773", "708", "847"],
    "dental": ["602", "480", "623"],
    "legal": ["305", "786", "954"],
}
