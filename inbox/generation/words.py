"""What generated people are called and say: seeded, plausible, and with rare and common words. Pure."""

from __future__ import annotations

import random


def _listed(words: str) -> list[str]:
    return words.split()


FIRST = _listed(
    """
    Maria James Linda Robert Patricia Michael Barbara William Elizabeth David Jennifer
    Richard Susan Joseph Jessica Thomas Sarah Charles Karen Daniel Nancy Matthew Lisa
    Anthony Betty Mark Sandra Donald Ashley Steven Kimberly Paul Emily Andrew Donna Joshua
    Michelle Kenneth Carol Kevin Amanda Brian Dorothy George Melissa Edward Deborah Ronald
    Stephanie Timothy Rebecca José Luis Ana Sofía Mateo Lucía Diego Valentina Andrés Camila
    Wei Mei Hiroshi Yuki Priya Arjun Fatima Omar Olga Ivan
    """
)
LAST = _listed(
    """
    Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez
    Lopez Gonzalez Wilson Anderson Thomas Taylor Moore Jackson Martin Lee Perez Thompson
    White Harris Sanchez Clark Ramirez Lewis Robinson Walker Young Allen King Wright Scott
    Torres Nguyen Hill Flores Green Adams Nelson Baker Hall Rivera Campbell Mitchell Carter
    Roberts Gómez Phillips Evans Turner Díaz Parker Cruz Edwards Collins Reyes Stewart
    Morris Morales Murphy Cook Rogers Gutiérrez Ortiz Morgan Cooper Peterson Bailey Reed
    Kelly Howard Ramos Kim Cox Ward Richardson Watson Brooks Chavez Wood James O'Brien
    Petrova Novak Kowalski Schmidt Müller Okafor Tanaka Patel Singh
    """
)
FIRMS = _listed(
    """
    Properties Bakery Auto Realty Dental Salon Garage Diner Storage Flooring Motors Catering
    """
)
TAGS = ("vip", "customer", "leak", "estimate", "landlord", "warranty", "callback", "spanish")
_THINGS = (
    "kitchen sink", "water heater", "garage drain", "toilet", "shower valve", "boiler", "sump pump",
    "outdoor tap", "dishwasher", "washing machine", "basement pipe", "gas line", "bathtub", "furnace",
)  # fmt: skip
_TROUBLES = (
    "is leaking", "makes a loud noise", "stopped working", "is clogged", "smells odd", "drips all night",
    "has no pressure", "overflowed this morning", "is cold", "froze last night",
)  # fmt: skip
_TIMES = (
    "today", "tomorrow morning", "after 5", "on Monday", "this week", "as soon as possible",
    "before noon", "on Saturday", "next Tuesday", "in the evening",
)  # fmt: skip
_IN = (
    "Hi, the {thing} {trouble}. Can somebody come {time}?",
    "My {thing} {trouble} and I need help {time}",
    "Thanks, {time} works for me",
    "How much would it be to repair the {thing}?",
    "Is anybody there? The {thing} still {trouble}",
    "Yes please, {time}. The address is {number} {word} Street",
    "I called earlier about the {thing}",
    "Can you send the invoice for the {word} job again? Number {number}",
    "Perfect, see you {time}!",
    "Sorry, I have to move it, {time} would be better",
    "¿Pueden venir {time}? El {thing} {trouble}",
    "Gate code is {number}, ask for {name}",
)
_OUT = (
    "Of course, we can come {time}. What is the address?",
    "Hi {name}, this is about your {thing}. Is {time} good for you?",
    "We have you down {time}. Please shut the valve until then.",
    "A new {thing} is about ${number} with the work, we will confirm by text.",
    "Our technician is on the way, reference {word}-{number}.",
    "Thanks for your patience, {name}. The part for the {thing} arrives {time}.",
    "Done! If the {thing} {trouble} again, just text us here.",
)
_BACK = "Sorry we missed your call. How can we help? Reply STOP to opt out."
_SYLLABLES = _listed(
    """
    ba be bo da de do fa fi go ka ke ko la li lo ma me mo na ne no pa pe po ra re ro sa se
    so ta te to va ve vo za ze zo
    """
)


class Phrases:
    """Sentences from one seed. Words of streets and jobs are many, and most of them rare."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(f"ringback phrases {seed}")
        made = {"".join(self.random.choices(_SYLLABLES, k=3)).capitalize() for _ in range(20_000)}
        self.words = sorted(made)
        self.random.shuffle(self.words)

    def name(self) -> str:
        """A first and a last name."""
        return f"{self.random.choice(FIRST)} {self.random.choice(LAST)}"

    def firm(self) -> str:
        """A firm."""
        return f"{self.random.choice(LAST)} {self.random.choice(FIRMS)}"

    def received(self) -> str:
        """What somebody texts us."""
        return self._filled(self.random.choice(_IN))

    def sent(self) -> str:
        """What a member texts back."""
        return self._filled(self.random.choice(_OUT))

    @staticmethod
    def text_back(brand: str) -> str:
        """What a rule texts after a missed call."""
        return f"{brand}: {_BACK}"

    def note(self) -> str:
        """What one member tells the others."""
        return f"Spoke with them: {self._filled('the {thing} {trouble}, {word} quote sent, call back {time}')}"

    def voicemail(self) -> str:
        """The words of a voicemail."""
        return f"Hello, this is {self.name()}. {self.received()} Please call me back {self.random.choice(_TIMES)}."

    def _filled(self, sentence: str) -> str:
        # The square makes few of the words common and most of them rare.
        place = int(self.random.random() ** 2 * len(self.words))
        return sentence.format(
            thing=self.random.choice(_THINGS),
            trouble=self.random.choice(_TROUBLES),
            time=self.random.choice(_TIMES),
            word=self.words[place],
            number=self.random.randint(10, 9999),
            name=self.random.choice(FIRST),
        )
