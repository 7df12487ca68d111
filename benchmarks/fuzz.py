"""``python -m benchmarks.fuzz``: damages a small delivery, its settings or a lake at random; is there always an answer?

An answer is a refusal by name, or a result with exit code 0, 1 or 2, in time, whose accounts are equal: records = rows + those left
out, rows = accepted + quarantined. All else is a counterexample: a traceback, a process that ends or hangs. Its landing folder is
kept under ``build/fuzz/<seed>``, and ``--seed`` repeats it. The same seed makes the same damage.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import io
import json
import os
import random
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

TARGETS = ("landing", "sources", "plan", "zones")
KEPT = Path("build/fuzz")
_CASE_SECONDS = 90
_FILE_SECONDS = "15"
_LARGEST = 8 << 20
_QUARTER = "2025-Q1"
_E = {"enterprise_id": "E01"}

# Signs and letters; bytes of other encodings; marks of formats, numbers and dates.
_BYTES = (
    *(sign.encode() for sign in '\0 \r \n \r\n \t \u3000 \x85 \' ; \\ = " "" , \ufeff \u202e 售 𠮷'.split(" ")),
    *(b"\xff", b"\xfe\xff", "售".encode("gb18030"), b"PK\3\4", b"PAR1", b"\x1f\x8b", b"\xd0\xcf\x11\xe0"),
    *b"99999999999999999999 -1 1e999 NaN 2025-13-45 1048576 XFD1048576 4294967295".split(),
)
_WORDS = (
    *"*a | > { } [ ] ' \" # null ~ true 0 -1 1e999 .inf 2025-01-01 999999999999999999999 %Y-%m-%d".split(),
    *"../x /etc/passwd ** [a * base64 utf-16 idna gb18030 \\0 now() random() 1/0 x' ( ) ; [[".split(),
    *"Asia/Nowhere E01 售后 tables: columns:".split(),
    *("\t", "\u202e", "&a ", "<<: *a", "? ", "- ", ": ", "!!binary ", "!!python/object:os.system ", "select 1"),
    *("repeat('x', 9999)", "list_transform(range(1, 9000), lambda a: repeat('x', 9000))"),
)
SOURCES = """\
defaults: {timezone: Asia/Shanghai, null_values: [无]}
tables:
  suggestions:
    files: [suggestions.csv]
    where: suggestion_id <> 'S3'
    columns:
      source: {from: source, values: {客户: customer}, otherwise: customer}
      submitted_at: {from: submitted_at, date_format: [iso, '%Y/%m/%d %H:%M']}
      content: {expression: upper(content)}
  complaint_channels:
    latest_by: {key: [enterprise_id, channel], order_by: [channel]}
  regions:
    prepare:
      files: {r: regions.xlsx}
      select: select * replace (upper(name) as name) from r
"""
PLAN = """\
mode: third_party
score_method: efficacy
not_rateable_above: 0.20
targets:
  - {indicator_id: R4-1, requirement: 6, acceptable: 3}
refused_limits: {default: 0.05, tables: {suggestions: 0.5}}
privacy: {k: 5}
"""


def main() -> None:
    """Try seeds one after the other; exit code 1 if there is a counterexample."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    parser.add_argument("--runs", type=int, default=300, help="number of damages (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the first one (default: %(default)s)")
    parser.add_argument("--targets", default="landing,sources,plan,zones", help="what is damaged (default: %(default)s)")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    targets = arguments.targets.split(",")
    if unknown := set(targets) - set(TARGETS):
        parser.error(f"unknown target {min(unknown)} (known: {', '.join(TARGETS)})")
    if arguments.worker:
        work(arguments.seed, arguments.runs, targets)
        return
    started, answers, found = time.monotonic(), Counter[str](), 0
    # Stopped early, it tells what it has.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        for seed, answer, detail in tried(arguments.seed, arguments.runs, targets):
            answers[answer] += 1
            if answer.startswith("counterexample"):
                found += 1
                again = f"kept in {KEPT / str(seed)}; again: --seed {seed} --runs 1"
                print(f"seed {seed}: {answer}: {detail}\n  {again}", flush=True)
    seconds = time.monotonic() - started
    print(
        f"{sum(answers.values())} damages in {seconds:.0f} s: "
        + ", ".join(f"{name} {count}" for name, count in answers.most_common())
    )
    sys.exit(1 if found else 0)


def tried(first: int, runs: int, targets: list[str]) -> Iterator[tuple[int, str, str]]:
    """Seed, answer and what is told of it, of every damage; a process that ends or hangs is started anew behind its seed."""
    seed, end = first, first + runs
    while seed < end:
        command = [sys.executable, "-m", "benchmarks.fuzz", "--worker", "--seed", str(seed), "--runs", str(end - seed)]
        environment = {**os.environ, "ASQ_FILE_SECONDS": _FILE_SECONDS, "ASQ_PSEUDONYM_KEY": "5e" * 32}
        with (
            tempfile.TemporaryFile() as errors,
            subprocess.Popen(
                [*command, "--targets", ",".join(targets)], stdout=subprocess.PIPE, stderr=errors, env=environment
            ) as process,
        ):
            assert process.stdout is not None
            while seed < end:
                line = process.stdout.readline() if select.select([process.stdout], [], [], _CASE_SECONDS)[0] else None
                if line:
                    _, answer, detail = json.loads(line)
                    yield seed, answer, detail
                    seed += 1
                    continue
                is_hung = line is None
                process.kill()
                code = process.wait()
                errors.seek(0)
                _keep(seed, targets)
                said = errors.read()[-300:].decode(errors="replace")
                yield seed, "counterexample: hangs" if is_hung else f"counterexample: ends with {code}", said
                seed += 1
                break


def work(first: int, runs: int, targets: list[str]) -> None:
    """Try seeds in this process, a line of JSON for each."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for seed in range(first, first + runs):
        with tempfile.TemporaryDirectory(prefix="asq-fuzz-") as folder:
            place = Path(folder)
            try:
                answer, detail = tried_once(seed, place, targets)
            except Exception:
                answer, detail = "counterexample: traceback", traceback.format_exc()[-1500:]
            if answer.startswith("counterexample"):
                shutil.copytree(place / "landing", KEPT / str(seed), dirs_exist_ok=True, symlinks=True)
            answers.write(json.dumps([seed, answer, detail]) + "\n")
            answers.flush()


def tried_once(seed: int, place: Path, targets: list[str]) -> tuple[str, str]:
    """Damage a delivery and run it up to validate; the answer, and what is told of it. Raises what is no answer."""
    from pipeline.check.landing import check_landing
    from pipeline.errors import AsqError
    from pipeline.lake.layout import Lake
    from pipeline.settings.frozen import HandedInFiles
    from pipeline.settings.places import chosen_files

    chance, landing, lake = random.Random(seed), place / "landing", Lake(place / "lake")
    target = chance.choice(targets)
    deliver(landing)
    if target in ("sources", "plan"):
        path = landing / {"sources": "sources.yaml", "plan": "evaluation.yaml"}[target]
        path.write_bytes(damaged_text(path.read_text(), chance))
    elif target == "landing":
        damage_file(chance.choice(sorted(path for path in landing.iterdir() if path.suffix != ".yaml")), chance)
    try:
        files = HandedInFiles.frozen(chosen_files(landing))
        report = check_landing(landing, files)
        for line in report.lines():
            line.encode()
        if report.exit_code not in (0, 1, 2):
            return "counterexample: exit code", str(report.exit_code)
        if report.exit_code == 0 or target == "zones":
            unequal = accounts(landing, files.sources, lake, chance if target == "zones" else None)
            if unequal:
                return "counterexample: accounts", unequal
    except AsqError as error:
        str(error).encode()
        return f"{target}: exit code {error.exit_code}", str(error)[:300]
    return f"{target}: exit code {report.exit_code}", ""


def accounts(landing: Path, sources: object, lake: object, chance: random.Random | None) -> str | None:
    """Run the stages for each table, and what is unequal; with ``chance``, again after one file of the lake was damaged."""
    from pipeline.calendar.quarters import Quarter
    from pipeline.extract.partition import extract_quarter
    from pipeline.extract.snapshot import take_snapshot
    from pipeline.lake.layout import Lake
    from pipeline.lake.parquet import read_metadata
    from pipeline.lake.provenance import LANDED_FILES
    from pipeline.settings.sources import SourceConfig
    from pipeline.validate.delivered import DeliveredKeys
    from pipeline.validate.quarter import validate_quarter
    from schemas.contract import TABLES

    assert isinstance(lake, Lake)
    assert isinstance(sources, SourceConfig)
    quarter = Quarter.parse(_QUARTER)
    for again in (False, True) if chance else (False,):
        if again and chance:
            damage_file(chance.choice(sorted(lake.root.rglob("*.parquet"))), chance)
        for name in DELIVERED:
            table = TABLES[name]
            snapshot = take_snapshot(table, landing, sources, lake, quarter)
            for file, counts in json.loads(read_metadata(snapshot.path).get(LANDED_FILES, "{}")).items():
                came, left = counts.get("prepared", counts["records"]), sum(counts["left_out"].values())
                if came != counts["rows"] + left:
                    return f"{name}: {file}: {came} records, {counts['rows']} rows, {left} left out"
            extract_quarter(table, quarter, lake)
        for name in DELIVERED:
            with DeliveredKeys(lake, (), quarter) as keys:
                validate_quarter(TABLES[name], quarter, lake, 1.0, keys)
            raw, accepted, refused = (
                pl.read_parquet(path, columns=["_row_id"])["_row_id"].unique() if path.is_file() else pl.Series([], dtype=pl.Int64)
                for path in (lake.partition(stage, name, quarter) for stage in ("raw", "accepted", "quarantine"))
            )
            if len(raw) != len(accepted) + len(refused):
                return f"{name}: {len(raw)} raw, {len(accepted)} accepted, {len(refused)} quarantined"
    return None


def _keep(seed: int, targets: list[str]) -> None:
    """Make the damage of a seed once more, to be looked at."""
    chance, landing = random.Random(seed), KEPT / str(seed)
    target = chance.choice(targets)
    shutil.rmtree(landing, ignore_errors=True)
    deliver(landing)
    if target in ("sources", "plan"):
        path = landing / {"sources": "sources.yaml", "plan": "evaluation.yaml"}[target]
        path.write_bytes(damaged_text(path.read_text(), chance))
    elif target == "landing":
        damage_file(chance.choice(sorted(path for path in landing.iterdir() if path.suffix != ".yaml")), chance)


# The delivery


DELIVERED = ("regions", "customers", "suggestions", "complaint_channels", "complaints")


def deliver(landing: Path) -> None:
    """A small delivery without a fault, in every format."""
    landing.mkdir(parents=True)
    regions = [{**_E, "region_code": f"R{n}", "name": "东", "area_km2": "9", "urbanicity": "urban"} for n in range(3)]
    customers = [
        {
            **_E, "customer_id": f"C{n}", "customer_type": "consumer", "region_code": f"R{n % 3}", "registered_on": "2020-01-01",
            "valid_from": "2020-01-01", "valid_to": "",
        }
        for n in range(12)
    ]  # fmt: skip
    suggestions = [
        {
            **_E, "suggestion_id": f"S{n}", "source": "customer", "submitted_at": f"2025-01-{n + 1:02} 09:00", "evaluated_at": "",
            "adopted": "", "content": 'says "more", twice\nand again' if n == 2 else "售后",
        }
        for n in range(12)
    ]  # fmt: skip
    channels = [{**_E, "channel": channel, "published": "true"} for channel in ("phone", "letter")]
    complaints = [
        {
            **_E, "complaint_id": f"P{n}", "customer_id": f"C{n}", "channel": "phone", "is_urgent": "false",
            "received_at": f"2025-01-{n + 1:02} 09:00", "first_reply_at": f"2025-01-{n + 1:02} 10:00",
            "closed_at": f"2025-01-{n + 1:02} 11:00", "satisfaction": "5",
        }
        for n in range(12)
    ]  # fmt: skip
    write_workbook(landing / "regions.xlsx", regions)
    pq.write_table(pa.Table.from_pylist(customers), landing / "customers.parquet")
    pl.DataFrame(suggestions).write_csv(landing / "suggestions.csv")
    write_ods(landing / "complaint_channels.ods", channels)
    (landing / "complaints.csv.gz").write_bytes(gzip.compress(pl.DataFrame(complaints).write_csv().encode(), mtime=0))
    (landing / "sources.yaml").write_text(SOURCES, encoding="utf-8")
    (landing / "evaluation.yaml").write_text(PLAN, encoding="utf-8")


def write_workbook(path: Path, rows: list[dict[str, str]]) -> None:
    """An .xlsx file with one sheet."""
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in ([*rows[0]], *([*row.values()] for row in rows)):
        sheet.append(row)
    book.save(path)


_ODS = (
    '<?xml version="1.0"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">'
    '<office:body><office:spreadsheet><table:table table:name="S">{rows}</table:table></office:spreadsheet></office:body>'
    "</office:document-content>"
)


def write_ods(path: Path, rows: list[dict[str, str]]) -> None:
    """An .ods file with one sheet, and empty rows to the end as programs write them."""

    def line(cells: list[str]) -> str:
        texts = (f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in cells)
        return f'<table:table-row table:number-rows-repeated="1">{"".join(texts)}</table:table-row>'

    lines = [line([*rows[0]]), *(line([*row.values()]) for row in rows)]
    nothing = '<table:table-cell table:number-columns-repeated="16384"/>'
    lines.append(f'<table:table-row table:number-rows-repeated="1048570">{nothing}</table:table-row>')
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry '
        'manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>'
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr("content.xml", _ODS.format(rows="".join(lines)))


# The damage


def damage_file(path: Path, chance: random.Random) -> None:
    """Damage the bytes of a file or, in an archive, those of one of its parts."""
    contents = path.read_bytes()
    if zipfile.is_zipfile(path) and chance.random() < 0.7:
        contents = _with_damaged_part(contents, chance)
    elif path.suffix == ".gz" and chance.random() < 0.6:
        contents = gzip.compress(damaged(gzip.decompress(contents), chance), mtime=0)
    else:
        contents = damaged(contents, chance)
    path.write_bytes(contents)


def _with_damaged_part(contents: bytes, chance: random.Random) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(contents)) as before, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as after:
        chosen = chance.choice(before.namelist())
        for name in before.namelist():
            part = before.read(name)
            after.writestr(name, damaged(part, chance) if name == chosen else part)
    return packed.getvalue()


def damaged(contents: bytes, chance: random.Random) -> bytes:
    """The bytes with a few changes of one sort."""
    change = chance.choice((_flipped, _cut, _inserted, _doubled, _removed, _swapped))
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        contents = change(contents, chance)
    return contents


def _at(contents: bytes, chance: random.Random) -> int:
    return chance.randrange(len(contents) + 1)


def _flipped(contents: bytes, chance: random.Random) -> bytes:
    at = _at(contents, chance)
    return contents[:at] + bytes([chance.randrange(256)]) + contents[at + 1 :]


def _cut(contents: bytes, chance: random.Random) -> bytes:
    return contents[: _at(contents, chance)]


def _inserted(contents: bytes, chance: random.Random) -> bytes:
    at = _at(contents, chance)
    return contents[:at] + chance.choice(_BYTES) * chance.choice((1, 1, 1, 3, 5_000)) + contents[at:]


def _doubled(contents: bytes, chance: random.Random) -> bytes:
    first, last = sorted((_at(contents, chance), _at(contents, chance)))
    times = min(chance.choice((1, 2, 50)), _LARGEST // len(contents)) if contents else 0
    return contents[:last] + contents[first:last] * times + contents[last:]


def _removed(contents: bytes, chance: random.Random) -> bytes:
    first = _at(contents, chance)
    return contents[:first] + contents[first + chance.choice((1, 2, 16, 200)) :]


def _swapped(contents: bytes, chance: random.Random) -> bytes:
    """Digits for others: numbers of sizes, of rows and of places."""
    places = [place for place, byte in enumerate(contents) if chr(byte).isdigit()]
    if not places:
        return contents
    at = chance.choice(places)
    return contents[:at] + str(chance.choice((0, 9, 65_536, 1_048_576, 2**31, 2**63))).encode() + contents[at + 1 :]


def damaged_text(text: str, chance: random.Random) -> bytes:
    """Settings with words of their language in the wrong place."""
    for _ in range(chance.choice((1, 1, 2, 4))):
        change: Callable[[str, random.Random], str] = chance.choice((_with_word, _without_line, _with_line_moved, _with_value))
        text = change(text, chance)
    return damaged(text.encode(), chance) if chance.random() < 0.2 else text.encode()


def _with_word(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice(_WORDS) * chance.choice((1, 1, 1, 200)) + text[at:]


def _without_line(text: str, chance: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    del lines[chance.randrange(len(lines) or 1) : chance.randrange(len(lines) or 1) + 1]
    return "".join(lines)


def _with_line_moved(text: str, chance: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    if lines:
        lines.insert(chance.randrange(len(lines)), chance.choice(lines))
    return "".join(lines)


def _with_value(text: str, chance: random.Random) -> str:
    """Another value behind a colon."""
    places = [place for place, letter in enumerate(text) if letter == ":"]
    if not places:
        return text
    at = chance.choice(places) + 1
    end = min((found for mark in "\n,}" if (found := text.find(mark, at)) >= 0), default=len(text))
    return f"{text[:at]} {chance.choice(_WORDS)}{text[end:]}"


if __name__ == "__main__":
    main()
