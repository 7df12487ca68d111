"""``python -m benchmarks.fuzz``: damages a small delivery, its settings or a lake at random; is there always an answer?

An answer is a refusal by name, or a result with exit code 0, 1 or 2, in time, whose accounts are equal: records = rows + those left
out, rows = accepted + quarantined. All else is a counterexample: a traceback, a process that ends or hangs. Its landing folder is
kept under ``build/fuzz/<seed>``, and ``--seed`` repeats it. The same seed makes the same damage.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import gzip
import json
import os
import random
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.damage import damage_file, damage_of_lake, damaged_text

if TYPE_CHECKING:
    from pipeline.lake.layout import Lake
    from pipeline.settings.sources import SourceConfig

TARGETS = ("landing", "sources", "plan", "zones", "runs")
KEPT = Path("build/fuzz")
_CASE_SECONDS = 90
_FILE_SECONDS = "15"
_QUARTER = "2025-Q1"
_E = {"enterprise_id": "E01"}
_XLS = Path(__file__).parents[1] / "tests/unit/extract/workbooks/january.xls"
"""Suggestions in the format of which nobody writes files any more."""

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
    parser.add_argument("--minutes", type=float, default=60, help="after which it ends (default: %(default)s)")
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
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, arguments.minutes * 60)
    with contextlib.suppress(KeyboardInterrupt):
        for seed, answer, detail in tried(arguments.seed, arguments.runs, targets):
            answers[answer] += 1
            if answer.startswith("counterexample"):
                found += 1
                again = f"kept in {KEPT / str(seed)}; again: --targets {arguments.targets} --seed {seed} --runs 1"
                print(f"seed {seed}: {answer}: {detail}\n  {again}", flush=True)
    seconds = time.monotonic() - started
    print(
        f"{answers.total()} of {arguments.runs} damages from seed {arguments.seed} in {seconds:.0f} s: "
        + ", ".join(f"{name} {count}" for name, count in answers.most_common())
    )
    sys.exit(1 if found else 0)


def tried(first: int, runs: int, targets: list[str]) -> Iterator[tuple[int, str, str]]:
    """Seed, answer and what is told of it, of every damage; a process that ends or hangs is started anew behind its seed."""
    seed, end = first, first + runs
    while seed < end:
        command = [sys.executable, "-m", "benchmarks.fuzz", "--worker", "--seed", str(seed), "--runs", str(end - seed)]
        with (
            tempfile.TemporaryDirectory(prefix="asq-fuzz-") as place,
            tempfile.TemporaryFile() as errors,
            subprocess.Popen(
                [*command, "--targets", ",".join(targets)],
                stdout=subprocess.PIPE,
                stderr=errors,
                env={**os.environ, "ASQ_FILE_SECONDS": _FILE_SECONDS, "ASQ_PSEUDONYM_KEY": "5e" * 32, "TMPDIR": place},
            ) as process,
            contextlib.ExitStack() as ending,
        ):
            ending.callback(process.kill)
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
                shutil.rmtree(KEPT / str(seed), ignore_errors=True)
                damaged_delivery(seed, KEPT / str(seed), targets)
                said = errors.read()[-300:].decode(errors="replace")
                yield seed, "counterexample: hangs" if is_hung else f"counterexample: ends with {code}", said
                seed += 1
                break


def work(first: int, runs: int, targets: list[str]) -> None:
    """Try seeds in this process, a line of JSON for each."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for seed in range(first, first + runs):
        with tempfile.TemporaryDirectory() as folder:
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
    """Damage a delivery, its settings or a lake, and run it; the answer, and what is told of it. Raises what is no answer."""
    from pipeline.check.landing import check_landing
    from pipeline.errors import AsqError
    from pipeline.lake.layout import Lake
    from pipeline.settings.frozen import HandedInFiles
    from pipeline.settings.places import chosen_files

    landing = place / "landing"
    target, chance = damaged_delivery(seed, landing, targets)
    if target == "runs":
        return "runs: exit code {}".format(*run_over_damage(landing, place / "lake", chance)), ""
    try:
        files = HandedInFiles.frozen(chosen_files(landing))
        report = check_landing(landing, files)
        for line in report.lines():
            line.encode()
        if report.exit_code not in (0, 1, 2):
            return "counterexample: exit code", str(report.exit_code)
        if report.exit_code == 0 or target == "zones":
            unequal = accounts(landing, files.sources, Lake(place / "lake"), chance if target == "zones" else None)
            if unequal:
                return "counterexample: accounts", unequal
    except AsqError as error:
        str(error).encode()
        return f"{target}: exit code {error.exit_code}", str(error)[:300]
    return f"{target}: exit code {report.exit_code}", ""


def damaged_delivery(seed: int, landing: Path, targets: list[str]) -> tuple[str, random.Random]:
    """Deliver, and damage what the seed chooses, unless that is the lake; the target, and the chance for what follows."""
    chance = random.Random(seed)
    target = chance.choice(targets)
    deliver(landing, chance if target == "landing" else None)
    if target in ("sources", "plan"):
        path = landing / {"sources": "sources.yaml", "plan": "evaluation.yaml"}[target]
        path.write_bytes(damaged_text(path.read_text(encoding="utf-8"), chance))
    elif target == "landing":
        damage_file(chance.choice(sorted(path for path in landing.iterdir() if path.suffix != ".yaml")), chance)
    return target, chance


def accounts(landing: Path, sources: SourceConfig, lake: Lake, chance: random.Random | None) -> str | None:
    """Run the stages up to desensitize as a run does, and what is unequal; with ``chance``, again after the lake was damaged."""
    from pipeline.accept.profile import profile
    from pipeline.calendar.quarters import Quarter
    from pipeline.desensitize.keys import load_key
    from pipeline.desensitize.quarter import desensitize_quarter
    from pipeline.extract.tables import extract_tables
    from pipeline.lake.damaged import damaged_files, make_sound
    from pipeline.lake.parquet import read_metadata
    from pipeline.lake.provenance import LANDED_FILES
    from pipeline.settings.plan import EvaluationPlan
    from pipeline.validate.tables import validate_tables
    from schemas.contract import TABLES

    quarter, tables, key = Quarter.parse(_QUARTER), [TABLES[name] for name in DELIVERED], load_key("hmac-sha256")
    plan = EvaluationPlan.from_mapping({"refused_limits": {"default": 1.0}})
    before: dict[str, int] = {}
    has_checksums = True
    for again in (False, True) if chance else (False,):
        if again and chance:
            has_checksums = damage_lake(lake.root, chance)
        make_sound(lake, quarter, "fuzz", str(again))
        for table, (snapshot, _) in extract_tables(tables, quarter, landing, sources, lake):
            for file, counts in json.loads(read_metadata(snapshot.path).get(LANDED_FILES, "{}")).items():
                came, left = counts.get("prepared", counts["records"]), sum(counts["left_out"].values())
                if came != counts["rows"] + left:
                    return f"{table.name}: {file}: {came} records, {counts['rows']} rows, {left} left out"
        for _ in validate_tables(tables, quarter, lake, plan, ()):
            pass
        for table in tables:
            desensitize_quarter(table, quarter, lake, key)
            profile(table, quarter, lake)
            rows = {
                zone: pl.read_parquet(path, columns=["_row_id"], hive_partitioning=False)["_row_id"].n_unique()
                for zone in ("raw", "accepted", "quarantine", "clean")
                if (path := lake.partition(zone, table.name, quarter)).is_file()
            }
            if rows["raw"] != rows["accepted"] + rows.get("quarantine", 0) or rows["accepted"] != rows["clean"]:
                return f"{table.name}: {rows}"
            # Without its checksum nothing tells a file from one that was written with other values.
            if has_checksums and before.setdefault(table.name, rows["accepted"]) != rows["accepted"]:
                return f"{table.name}: {before[table.name]} accepted, {rows['accepted']} after damage"
    left_damaged = damaged_files(lake, thoroughly=True)
    return str(left_damaged[0]) if left_damaged else None


def damage_lake(root: Path, chance: random.Random) -> bool:
    """Damage files of one or several zones, and perhaps the checksums; whether the lake still has all of these."""
    files = sorted(root.rglob("*.parquet"))
    zones = sorted({path.relative_to(root).parts[0] for path in files})
    for zone in chance.sample(zones, min(len(zones), chance.choice((1, 1, 2, 3)))):
        damage_of_lake(chance.choice([path for path in files if path.relative_to(root).parts[0] == zone]), files, chance)
    kept = chance.choice((True, True, True, False, None))
    for note in sorted((root / "checksums").rglob("*.sha256")):
        if kept is None or (kept is False and chance.random() < 0.5):
            note.write_bytes(note.read_bytes()[: chance.randrange(60)])
    return kept is True


def run_over_damage(landing: Path, lake: Path, chance: random.Random) -> tuple[int, ...]:
    """Exit codes of two commands that read a damaged lake, and of ``asq run`` over it, which must publish."""
    commands: list[list[str]] = chance.sample(
        [
            ["report", _QUARTER],
            ["quarantine", "list"],
            ["outliers", "list"],
            ["indicators", "--quarter", _QUARTER],
            ["privacy", "scan"],
            ["purge", "--dry-run"],
            ["analyst", "select count(*) from outliers"],
            ["quarantine", "export", _QUARTER, "--landing", str(landing), "--out", f"{lake}-refused"],
        ],
        2,
    )
    shutil.copytree(_published_lake(), lake, symlinks=True)
    damage_lake(lake, chance)
    return tuple(_asq(*command, "--lake", str(lake)) for command in [*commands, ["run", _QUARTER, "--landing", str(landing)]])


@functools.cache
def _published_lake() -> Path:
    """A lake of the undamaged delivery with one published quarter; for as long as the process lives."""
    place = Path(tempfile.mkdtemp())
    deliver(place / "landing")
    _asq("run", _QUARTER, "--landing", str(place / "landing"), "--lake", str(place / "lake"))
    return place / "lake"


def _asq(*arguments: str) -> int:
    """The exit code of a command in this process; raises what it does not explain."""
    from click.testing import CliRunner

    from pipeline.cli import main

    done = CliRunner().invoke(main, arguments, prog_name="asq")
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    if arguments[0] == "run" and done.exit_code:
        raise RuntimeError(f"the run fails: {done.stderr}")
    return done.exit_code


# The delivery


DELIVERED = ("regions", "customers", "suggestions", "complaint_channels", "complaints")


def deliver(landing: Path, chance: random.Random | None = None) -> None:
    """A small delivery without a fault, in every format; with ``chance``, some tables in another one."""
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
    sources = SOURCES
    if chance is not None and chance.random() < 0.4:
        write_xlsb(landing / "complaint_channels.xlsb", channels)
    else:
        write_ods(landing / "complaint_channels.ods", channels)
    if chance is not None and chance.random() < 0.2:
        (landing / "suggestions.csv").unlink()
        shutil.copyfile(_XLS, landing / "suggestions.xls")
        start, end = sources.index("  suggestions:"), sources.index("  complaint_channels:")
        sources = f"{sources[:start]}  suggestions: {{format: {{header_row: 2}}}}\n{sources[end:]}"
    (landing / "complaints.csv.gz").write_bytes(gzip.compress(pl.DataFrame(complaints).write_csv().encode(), mtime=0))
    (landing / "sources.yaml").write_text(sources, encoding="utf-8")
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


def write_xlsb(path: Path, rows: list[dict[str, str]]) -> None:
    """An .xlsb file with one sheet of shared strings: [MS-XLSB], section 2.1.4 and what it names."""
    cells = [[*rows[0]], *([*row.values()] for row in rows)]
    strings = sorted({cell for line in cells for cell in line})
    sheet = [_record(0x81), _record(0x94, struct.pack("<4I", 0, len(cells) - 1, 0, len(rows[0]) - 1)), _record(0x91)]
    for number, line in enumerate(cells):
        sheet.append(_record(0x00, struct.pack("<I", number).ljust(25, b"\0")))
        sheet += [_record(0x07, struct.pack("<3I", column, 0, strings.index(cell))) for column, cell in enumerate(line)]
    shared = [_record(0x9F, struct.pack("<2I", len(strings), len(strings)))]
    shared += [_record(0x13, b"\0" + _wide(text)) for text in strings]
    book = [_record(0x83), _record(0x8F), _record(0x9C, struct.pack("<2I", 0, 1) + _wide("rId1") + _wide("S")), _record(0x90)]
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relations = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
    relation = f'<Relationship Id="rId{{}}" Type="{office}/{{}}" Target="{{}}"/>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("_rels/.rels", relations.format(relation.format(1, "officeDocument", "xl/workbook.bin")))
        parts = relation.format(1, "worksheet", "worksheets/sheet1.bin") + relation.format(2, "sharedStrings", "sharedStrings.bin")
        archive.writestr("xl/_rels/workbook.bin.rels", relations.format(parts))
        archive.writestr("xl/workbook.bin", b"".join([*book, _record(0x84)]))
        archive.writestr("xl/worksheets/sheet1.bin", b"".join([*sheet, _record(0x92), _record(0x82)]))
        archive.writestr("xl/sharedStrings.bin", b"".join([*shared, _record(0xA0)]))


def _record(kind: int, contents: bytes = b"") -> bytes:
    """A record: its kind and its length, seven bits to a byte, and its contents."""
    number = bytes([kind]) if kind < 0x80 else bytes([kind, 1])
    size = len(contents)
    return number + (bytes([size]) if size < 0x80 else bytes([size & 0x7F | 0x80, size >> 7])) + contents


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


if __name__ == "__main__":
    main()
