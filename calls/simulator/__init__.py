"""The phone simulator: a carrier with phones, speaking the first provider's dialect over HTTP.

In reading order: twiml (what we are told to do), dialect (what we say), network (what is
remembered), wire (signed posts), voice (a call), texts (messages), insight (what the platform
made of it), asgi (the doors), views (the page), client (for tests and commands).
"""
