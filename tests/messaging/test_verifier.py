"""The offline verifier: one file, the standard library alone, and no way around it."""

from __future__ import annotations

import ast
import copy
import json
import subprocess
import sys
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messaging import ledger_check
from messaging.evidence import verify_ledger
from messaging.evidence.verify_ledger import GENESIS, canonical, detail_hash, problems, row_hash
from messaging.ledger import DETAIL, FIELDS, around, moment

FILE = Path(verify_ledger.__file__)


def chain(count: int, word: str = "stop") -> list[dict[str, Any]]:
    """Return an export-like ledger: every field, a detail each."""
    rows, before = [], GENESIS
    for seq in range(1, count + 1):
        detail = {
            "ip": "", "phone": f"+1312556{seq:04d}", "raw_text": f"{word} «{seq}» 🛑",
            "salt": f"{seq:032x}", "user_agent": "",
        }  # fmt: skip
        row: dict[str, Any] = dict.fromkeys(FIELDS, "") | {
            "seq": seq, "contact": seq, "kind": "opt_out", "level": None, "matched": word,
            "evidence": {"élan": ["ß", 1, None]}, "detail_hash": detail_hash(detail),
            "occurred_at": "2026-11-21T16:20:00.000001Z", "recorded_at": "2026-11-21T16:20:01.000000Z",
        }  # fmt: skip
        told = row_hash(before, row)
        rows.append({**row, "prev_hash": before, "row_hash": told, "detail": detail})
        before = told
    return rows


def left_out(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row as the export of somebody else's number carries it."""
    return {name: row[name] for name in ("seq", "prev_hash", "row_hash")} | {"redacted": True}


def roots_of(rows: list[dict[str, Any]], *numbers: int) -> list[dict[str, Any]]:
    return [
        {"day": f"2026-11-{n:02d}", "seq": n, "row_hash": rows[n - 1]["row_hash"]} for n in numbers
    ]


@pytest.fixture
def run(tmp_path):
    """Run the file as opposing counsel does: alone, by a Python that has nothing else."""
    alone = tmp_path / "verify_ledger.py"
    alone.write_bytes(FILE.read_bytes())

    def verify(ledger: Any, roots: Any = None) -> tuple[int, list[str]]:
        for name, given_ in (("ledger.jsonl", ledger), ("roots.json", roots)):
            if isinstance(given_, list) and name == "ledger.jsonl":
                given_ = "".join(json.dumps(row) + "\n" for row in given_)
            elif given_ is not None and not isinstance(given_, str | bytes):
                given_ = json.dumps(given_)
            if given_ is not None:
                data = given_ if isinstance(given_, bytes) else given_.encode()
                (tmp_path / name).write_bytes(data)
        words = [
            sys.executable,
            "-I",
            "-S",
            "-X",
            "warn_default_encoding",
            str(alone),
            "ledger.jsonl",
        ]
        words += ["roots.json"] if roots is not None else []
        done = subprocess.run(
            words, cwd=tmp_path, env={"LC_ALL": "C"}, capture_output=True, text=True, check=False
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, (done.stdout + done.stderr).splitlines()

    return verify


def test_it_imports_nothing_but_the_standard_library():
    for node in ast.walk(ast.parse(FILE.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level
            names = [str(node.module)]
        for name in names:
            assert name.split(".")[0] in sys.stdlib_module_names, name


def test_an_intact_ledger(run):
    rows = chain(5)
    code, told = run(rows, roots_of(rows, 2, 5))
    assert code == 0
    assert told == [
        f"INTACT: 5 rows, the last with hash {rows[-1]['row_hash']}",
        "2 daily roots stand",
    ]
    code, told = run(rows)
    assert (code, told[1]) == (0, "No roots given: an end cut off would not show")
    assert run([])[0] == 0


def test_an_export_of_one_number_with_an_erased_detail(run):
    rows = chain(6)
    shown = [row if row["seq"] in (2, 5) else left_out(row) for row in rows]
    del shown[4]["detail"]
    code, told = run(shown, {"results": roots_of(rows, 3, 6), "next": None})
    assert code == 0, told
    assert told[0].startswith("INTACT: 6 rows, 4 of them left out")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda rows: rows[1].update(kind="opt_in"), "row 2: changed: its words"),
        (lambda rows: rows[1].update(more="x"), "row 2: changed: its words"),
        (lambda rows: rows[1].pop("scope"), "row 2: changed: its words"),
        (lambda rows: rows[1].update(level=0), "row 2: changed: its words"),
        (lambda rows: rows[1].update(level=False), "row 2: changed: its words"),
        (lambda rows: rows[1]["evidence"].update(x=1), "row 2: changed: its words"),
        (lambda rows: rows[1]["detail"].update(phone="+1"), "row 2: changed: its detail"),
        (lambda rows: rows[1].update(detail=[]), "row 2: changed: its detail"),
        (lambda rows: rows[1].update(detail="gone"), "row 2: changed: its detail"),
        (lambda rows: rows[1].update(prev_hash="é" * 64), "row 2: changed: its words"),
        (lambda rows: rows[1].update(row_hash=None), "row 2: changed: its words"),
        (lambda rows: rows[1].update(seq="2"), "the row behind row 1: changed: it has no number"),
        (lambda rows: rows[1].update(seq=[2]), "the row behind row 1: changed: it has no number"),
        (lambda rows: rows[1].update(seq=True), "the row behind row 1: changed: it has no number"),
        (lambda rows: rows[1].update(seq=2.0), "the row behind row 1: changed: it has no number"),
        (lambda rows: rows[1].update(seq=90), "row 90: renumbered: written as row 2"),
        (lambda rows: rows[1].update(redacted=True), "row 2: changed: said to be left out"),
        (lambda rows: rows.pop(1), "row 2: removed"),
        (lambda rows: rows.pop(0), "row 1: removed"),
        (lambda rows: rows.insert(2, rows[1]), "row 2: inserted"),
        (lambda rows: rows.insert(3, chain(9, "start")[3]), "row 4: inserted"),
        (lambda rows: rows.insert(1, rows.pop(4)), "row 5: reordered"),
        (lambda rows: rows.reverse(), "row 4: reordered"),
        (lambda rows: rows.__setitem__(2, chain(5, "start")[2]), "row 2: changed: hashed anew"),
        (lambda rows: rows.__setitem__(slice(0, 3), chain(5, "x")[:3]), "row 3: changed: hashed anew"),
        (lambda rows: rows.extend(copy.deepcopy(rows)), "rows 1 to 5: inserted"),
    ],
)  # fmt: skip
def test_what_was_done_is_named(change, told, run):
    rows = chain(5)
    change(rows)
    code, lines = run(rows)
    assert code == 1
    assert any(line.startswith(told) for line in lines), lines
    assert lines[-1].startswith("BROKEN: ")


def test_hidden_behind_left_out_rows(run):
    rows = chain(6)
    shown = [left_out(row) for row in rows]
    del shown[2]
    assert run(shown)[1][0] == "row 3: removed: row 4 is what comes next"
    shown = [left_out(row) for row in rows]
    shown[2]["row_hash"] = "a" * 64
    code, told = run(shown)
    assert (code, told[0].startswith("row 3: changed: hashed anew")) == (1, True)


def test_a_ledger_written_anew_is_found_by_its_roots(run):
    rows, anew = chain(6), chain(6, "start")
    code, told = run(anew, roots_of(rows, 2, 6))
    assert code == 1
    assert told[0].startswith(
        "root of 2026-11-02: row 2 has another hash than on that day: rows behind row 0"
    )
    grafted = chain(6)
    before = grafted[2]["row_hash"]
    for row in grafted[3:]:
        row["actor"], row["prev_hash"] = "forger", before
        before = row["row_hash"] = row_hash(before, row)
    assert run(grafted)[0] == 0
    code, told = run(grafted, roots_of(rows, 2, 3, 5))
    assert (code, len(told)) == (1, 2)
    assert "2026-11-05: row 5" in told[0] and "behind row 3" in told[0]
    code, told = run(rows[:4], roots_of(rows, 2, 6))
    assert "root of 2026-11-06: row 6 is not in this ledger" in told[0]


@pytest.mark.parametrize(
    ("ledger", "roots"),
    [
        ("{", None),
        ("[1]\n", None),
        ('"x"\n', None),
        ("[" * 100_000 + "\n", None),
        ('{"seq": 1, "kind": "opt_in", "kind": "opt_out"}\n', None),
        ('{"seq": ' + "9" * 5000 + "}\n", None),
        (b'{"seq": "\xff"}\n', None),
        ("", "{"),
        ("", "7"),
        ("", "[7]"),
        ("", '[{"day": "2026-01-01", "seq": "1", "row_hash": ""}]'),
        ("", '[{"seq": 1, "row_hash": ""}]'),
        ("", b"\xff"),
    ],
)
def test_what_cannot_be_read_is_said_so(ledger, roots, run):
    code, told = run(ledger, roots)
    assert code == 2
    assert len(told) == 1
    assert told[0].startswith("roots.json: " if roots else "ledger.jsonl: line 1 ")


def test_misuse(tmp_path):
    for words in ([], ["a", "b", "c"], ["no such file"]):
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(FILE), *words], cwd=tmp_path, capture_output=True, check=False
        )  # fmt: skip
        assert done.returncode == 2
        assert b"Traceback" not in done.stderr


def test_a_part_of_a_ledger_begins_anywhere():
    rows = chain(8)
    assert list(problems(rows[4:], whole=False)) == []
    assert list(problems(rows[4:])) == ["rows 1 to 4: removed: row 5 is what comes next"]
    assert list(problems([*rows[4:6], rows[7]], whole=False)) == [
        "row 7: removed: row 8 is what comes next"
    ]


def test_a_long_ledger_with_every_row_moved_is_told_in_bounds():
    rows = chain(3000)
    found = list(problems(rows[1::2] + rows[::2]))
    assert 1 <= len(found) <= 2 * verify_ledger.MOST + 1
    assert "more that were not looked into" in found[-1]


# --- whatever is done to a chain, it is noticed ---------------------------------------------------

RENUMBERED = st.booleans()
ORDERS = st.lists(st.integers(0, 7), max_size=10)


@settings(max_examples=300, deadline=None)
@given(order=ORDERS, renumbered=RENUMBERED)
def test_no_selection_of_rows_passes_but_a_beginning(order, renumbered):
    rows = [dict(chain(8)[n]) for n in order]
    if renumbered:
        rows = [{**row, "seq": seq} for seq, row in enumerate(rows, 1)]
    intact = order == list(range(len(order)))
    assert (list(problems(rows)) == []) is intact


@settings(max_examples=200, deadline=None)
@given(
    changes=st.lists(
        st.tuples(st.integers(0, 4), st.sampled_from([*FIELDS, "prev_hash", "row_hash", "detail"])),
        min_size=1, max_size=4,
    ),
    value=st.one_of(st.none(), st.text(), st.integers(), st.dictionaries(st.text(), st.text())),
)  # fmt: skip
def test_no_change_of_any_field_passes_but_the_loss_of_a_detail(changes, value):
    rows, before = chain(5), chain(5)
    for position, name in changes:
        rows[position][name] = value
    same = all(
        row == old or (row["detail"] is None and {**row, "detail": old["detail"]} == old)
        for row, old in zip(rows, before, strict=True)
    )
    assert (list(problems(rows)) == []) is same


DEEDS = st.lists(
    st.tuples(
        st.sampled_from(
            ["change", "forge", "remove", "repeat", "move", "number", "link", "renumber"]
        ),
        st.integers(0, 9),
        st.integers(0, 9),
    ),
    max_size=8,
)


@settings(max_examples=600, deadline=None)
@given(deeds=DEEDS)
def test_no_mixture_of_deeds_passes_or_confuses(deeds):
    rows, before = chain(9), chain(9)
    for deed, first, second in deeds:
        at, to = first % max(len(rows), 1), second % max(len(rows), 1)
        if not rows:
            break
        if deed == "change":
            rows[at]["matched"] = f"x{second}"
        elif deed == "forge":
            rows[at] |= {"matched": f"x{second}"}
            rows[at]["row_hash"] = row_hash(rows[at]["prev_hash"], rows[at])
        elif deed == "remove":
            del rows[at]
        elif deed == "repeat":
            rows.insert(to, dict(rows[at]))
        elif deed == "move":
            rows.insert(to, rows.pop(at))
        elif deed == "number":
            rows[at]["seq"] = second
        elif deed == "link":
            rows[at]["prev_hash"] = rows[to]["row_hash"]
        else:
            rows = [{**row, "seq": seq} for seq, row in enumerate(rows, 1)]
    # Any beginning of the ledger stands, and so does a last row that was forged with its hash.
    stands = rows == before[: len(rows)] or (
        rows[:-1] == before[: len(rows) - 1]
        and row_hash(rows[-1]["prev_hash"], rows[-1]) == rows[-1]["row_hash"]
        and (rows[-1]["seq"], rows[-1]["prev_hash"])
        == (len(rows), rows[-2]["row_hash"] if len(rows) > 1 else GENESIS)
    )
    assert (list(problems(rows)) == []) is stands
    assert list(problems(rows[2:], whole=False)) is not None


# --- the fast way writes what the plain one does --------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
TIMES = st.datetimes().map(lambda at: at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
SPECIAL = {
    "seq": st.integers(1, 2**63 - 1),
    "contact": st.integers(1, 2**63 - 1),
    "level": st.none() | st.integers(0, 5),
    "evidence": st.dictionaries(st.text(), JSON, max_size=4),
    "occurred_at": TIMES,
    "recorded_at": TIMES,
}
ROWS = st.fixed_dictionaries({name: SPECIAL.get(name, st.text()) for name in FIELDS})
DETAILS = st.fixed_dictionaries({name: st.text() for name in DETAIL})


@settings(max_examples=500, deadline=None)
@given(row=ROWS, detail=st.none() | DETAILS, spaced=st.booleans())
def test_the_text_of_columns_is_the_canonical_text(row, detail, spaced):
    names = sorted(FIELDS)
    stored = {**row, "evidence": json.dumps(row["evidence"], ensure_ascii=not spaced)}
    values = [None] * 5 if detail is None else [detail[name] for name in DETAIL]
    columns = ("a" * 64, "b" * 64, *(stored[name] for name in names), *values)
    whole = ledger_check.row_of(columns)
    wanted = {**row, "prev_hash": "a" * 64, "row_hash": "b" * 64}
    assert whole == (wanted if detail is None else {**wanted, "detail": detail})
    assert ledger_check.text_of(columns) == canonical(row) == canonical(whole)
    if detail is not None:
        text = ledger_check.detail_text_of(columns)
        assert verify_ledger.chained("", text) == detail_hash(detail)
        assert json.loads(text) == detail


@settings(max_examples=300, deadline=None)
@given(row=ROWS, occurred_at=st.datetimes(timezones=st.just(UTC)))
def test_the_parts_around_time_and_number_make_the_canonical_text(row, occurred_at):
    """What the database puts together when it appends is what the verifier hashes."""
    text, rest = around({**row, "occurred_at": occurred_at})
    whole = {**row, "occurred_at": moment(occurred_at)}
    assert f"{text}{row['recorded_at']}{rest}{row['seq']}}}" == canonical(whole)
