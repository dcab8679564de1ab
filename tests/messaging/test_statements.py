"""The statements every call and text asks are short enough for the driver to read them once."""

from __future__ import annotations

import re

import pytest
from psycopg import _queries

from calls import rows
from messaging import consent, outbox, people, sending, services

HOT = {
    "lock call and caller": rows._LOCK_BOTH,
    "save call": rows._SAVE,
    "queue": outbox._PLAIN,
    "queue with the consent it relies on": outbox._WITH_EVENT,
    "append": f"WITH {consent.APPEND} SELECT {consent.APPENDED}" + " " * 300,
    "accept": sending._ACCEPTED,
    "receive": services._RECEIVE,
    "lock contact": people.LOCK_SQL,
}


@pytest.mark.parametrize("name", HOT)
def test_the_driver_keeps_what_it_read(name):
    """A longer one, or one with more values, is taken apart again at every call: half a millisecond."""
    sql = HOT[name]
    values = set(re.findall(r"%\((\w+)\)s", sql)) or re.findall("%s", sql)
    assert len(sql) <= _queries.MAX_CACHED_STATEMENT_LENGTH
    assert len(values) <= _queries.MAX_CACHED_STATEMENT_PARAMS
