"""Cells of the CSV files people download: none is a formula to a spreadsheet. Pure."""

from __future__ import annotations

import re

# What a spreadsheet calculates, also in the wide letters of other scripts.
_FORMULA = frozenset("=+-@＝＋－＠")
_HIDDEN = frozenset("\t\r\n")
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")


def harmless(cell: str) -> str:
    """Return a cell as it may stand in a file of ours: what would be calculated begins with '.

    A number in E.164 stays as it is: calculated, it is itself, and other programs read it.
    """
    if _NUMBER.fullmatch(cell):
        return cell
    is_formula = cell[:1] in _HIDDEN or cell.lstrip()[:1] in _FORMULA
    return f"'{cell}" if is_formula else cell
