"""Cells of files people download: no spreadsheet calculates one, and numbers stay numbers."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.cells import harmless


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"), ("+1+1", "'+1+1"), ("-2", "'-2"), ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1", "'  =1"), ("\tx", "'\tx"), ("\rx", "'\rx"), ("\nx", "'\nx"), ("\u00a0=1", "'\u00a0=1"),
        ("＝1+1", "'＝1+1"), ("+13125550142", "+13125550142"), ("+1312=cmd", "'+1312=cmd"),
        ("+1", "'+1"), ("+cmd|x", "'+cmd|x"), ("+1\n=2", "'+1\n=2"), ("+١٢", "'+١٢"), ("Ann", "Ann"), ("a=1", "a=1"), ("", ""),
    ],
)  # fmt: skip
def test_what_would_be_calculated_is_text(cell, written):
    assert harmless(cell) == written


@given(st.text(max_size=60) | st.from_regex(r"\s*[=+\-@].{0,20}", fullmatch=True))
def test_no_cell_is_a_formula_and_none_loses_a_letter(cell):
    shown = harmless(cell)
    assert shown.removeprefix("'") == cell.removeprefix("'")
    assert re.fullmatch(r"\+[0-9]+", shown) or not re.match(r"\s*[=+\-@＝＋－＠]|[\t\r\n]", shown)
