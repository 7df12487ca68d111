"""``python -m benchmarks.mutations``: forty single-line faults, one at a time, and whether the tests find them.

The project is copied, so that the files here stay as they are. Each fault is one that a person might write and a reviewer overlook:
a limit that is not counted, a guard left out, a sign. For the results see ``benchmarks/README.md``.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

REPO = Path(__file__).resolve().parents[1]
NEEDED = 38
"""So many of the forty must be found."""
_COPIED = ("pipeline", "schemas", "dbt_project", "tests", "benchmarks", "examples", "docs", "pyproject.toml")
_SECONDS = 1_800
# Modification times, each given once.
_MOMENTS = list(range(1_700_000_000, 1_700_000_200))
# pytest: all passed, some failed.
_PASSED, _FAILED = 0, 1


@dataclass(frozen=True)
class Mutation:
    """One piece of a line, which stands once in its file, replaced by another; ``tests`` should find it."""

    file: str
    line: str
    instead: str
    fault: str
    tests: tuple[str, ...]


def _of(folder: str, tests: str, *mutations: tuple[str, str, str, str, str]) -> list[Mutation]:
    """Mutations of one folder: (file, line, instead, fault, tests below the folder of tests)."""
    return [
        Mutation(f"{folder}/{file}", line, instead, fault, tuple(os.path.normpath(f"{tests}/{name}") for name in found_by.split()))
        for file, line, instead, fault, found_by in mutations
    ]


MUTATIONS: list[Mutation] = [
    *_of(
        "pipeline/evaluate",
        "tests/unit/evaluate",
        (
            "values/intervals.py",
            "z**2 / (4 * n**2))",
            "z**2 / (4 * n))",
            "Wilson: a square left out",
            "test_intervals.py",
        ),
        (
            "values/intervals.py",
            "stdtrit(np.where(counts > 1, counts - 1, np.nan)",
            "stdtrit(np.where(counts > 1, counts, np.nan)",
            "t interval: n degrees of freedom, not n − 1",
            "test_intervals.py",
        ),
        (
            "values/intervals.py",
            "1 / x1 - 1 / n1 + 1 / x0 - 1 / n0",
            "1 / x1 - 1 / n1 + 1 / x0 + 1 / n0",
            "interval of a reduction: a sign",
            "test_intervals.py",
        ),
        (
            "values/changes.py",
            "np.where(before > 0, (before - now) / before, np.nan)",
            "np.where(before > 0, (now - before) / before, np.nan)",
            "a reduction of errors counts as a rise",
            "test_changes.py",
        ),
        (
            "scores/scoring.py",
            "reached, not_passed = x >= t - slack,",
            "reached, not_passed = x > t + slack,",
            "a value that equals its requirement does not meet it",
            "test_scoring.py",
        ),
        (
            "scores/score_tree.py",
            "root.not_applicable_share > cap + 1e-12",
            "root.not_applicable_share >= cap",
            "not rateable at the cap, not only above",
            "test_score_tree.py",
        ),
        (
            "scores/score_tree.py",
            "child.weight_nominal / total if",
            "child.weight_nominal if",
            "weights are not renormalised when a node drops out",
            "test_score_tree.py",
        ),
        (
            "weights/ahp.py",
            "(largest - order) / (order - 1)",
            "(largest - order) / order",
            "consistency index: n in the divisor, not n − 1",
            "test_ahp.py",
        ),
        (
            "weights/concordance.py",
            "(tied**2 - 1).sum()",
            "(tied - 1).sum()",
            "Kendall's W: a wrong correction for ties",
            "test_concordance.py",
        ),
        (
            "survey/post_stratification.py",
            "cap * counts[is_capped].sum()",
            "cap * is_capped.sum()",
            "the cut weights are counted by cell, not by response",
            "test_post_stratification.py",
        ),
    ),
    *_of(
        "pipeline/validate",
        "tests/unit/validate",
        (
            "quarter.py",
            "if shares.largest > limit:",
            "if shares.largest >= limit:",
            "a share that equals the limit is refused",
            "test_validate_quarter.py",
        ),
        (
            "quarter.py",
            'Shares(rows, broken["_row_id"].n_unique(),',
            "Shares(rows, len(broken),",
            "a row that breaks two rules counts twice",
            "test_validate_quarter.py test_accounting.py",
        ),
        (
            "table_rules.py",
            "where standing._row_id > repeated.first_row",
            "where standing._row_id >= repeated.first_row",
            "the first row of a key is refused with the others",
            "test_table_rules.py test_validate_quarter.py",
        ),
        (
            "table_rules.py",
            "intervals[place - 1][1] > interval[0]",
            "intervals[place - 1][1] >= interval[0]",
            "a version that begins when the one before ends overlaps it",
            "test_table_rules.py",
        ),
        (
            "table_rules.py",
            "intervals[place][0] < interval[1]",
            "intervals[place][0] <= interval[1]",
            "a version that ends when the next one begins overlaps it",
            "test_table_rules.py",
        ),
        (
            "row_rules.py",
            'given = " and ".join(f"{quoted(mine)} is not null" for mine in pairs)',
            'given = "true"',
            "a missing reference is taken for a wrong one",
            "test_row_rules.py",
        ),
        (
            "row_rules.py",
            'broken.join(lines, on="_row_id", how="anti").join(unreadable',
            "broken.join(unreadable",
            "the cells of a line that could not be split are judged",
            "test_row_rules.py",
        ),
        (
            "row_rules.py",
            "coalesce(own.low, widest.low)",
            "coalesce(widest.low, own.low)",
            "the widest scale of a question hides the survey's own",
            "test_row_rules.py",
        ),
        (
            "masking.py",
            ".when(length <= 3)",
            ".when(length <= 2)",
            "of three characters the first and the last are shown",
            "test_masking.py",
        ),
        (
            "other_quarters.py",
            "where own.place > first.place",
            "where own.place < first.place",
            "the later of two rows with one key keeps it",
            "test_other_quarters.py",
        ),
    ),
    *_of(
        "pipeline/desensitize",
        "tests/unit/desensitize",
        (
            "masks.py",
            'pl.lit("****"), number.str.slice(-4)',
            'pl.lit("****"), number.str.slice(-5)',
            "a mobile shows eight digits",
            "test_masks.py",
        ),
        (
            "masks.py",
            'address.str.contains(r"^[^@]{2}")',
            'address.str.contains(r"^[^@]{1}")',
            "a local part of one letter is shown whole",
            "test_masks.py",
        ),
        (
            "masks.py",
            "device.str.len_chars() >= 8",
            "device.str.len_chars() >= 4",
            "a device id of four characters is shown whole",
            "test_masks.py",
        ),
        (
            "masks.py",
            'number.str.slice(0, 2), pl.lit("*" * 16)',
            'number.str.slice(0, 6), pl.lit("*" * 16)',
            "an identity number shows its county",
            "test_masks.py",
        ),
        (
            "tokens.py",
            'pl.lit(f"{pii}|")',
            'pl.lit("|")',
            "a phone and a device of the same digits get one token",
            "test_tokens.py",
        ),
        (
            "tokens.py",
            "digits.str.len_bytes() >= 5",
            "digits.str.len_bytes() > 5",
            "a service number of five digits gets no token",
            "test_tokens.py",
        ),
        (
            "tokens.py",
            r'.str.replace_all(r"\s", "").str.to_lowercase()',
            r'.str.replace_all(r"\s", "")',
            "one address in two spellings gets two tokens",
            "test_tokens.py",
        ),
        (
            "quarter.py",
            'if pii == "name"), None)',
            'if pii == "phone"), None)',
            "the record's own name is not looked for in its free text",
            "test_desensitize_quarter.py",
        ),
        (
            "quarter.py",
            "if columns and made_with != key.key_id:",
            "if columns and made_with is None:",
            "purged rows keep the pseudonyms of another key",
            "../retention/test_purge.py::test_run_again_with_another_key_it_is_refused_rather_than_mixed",
        ),
        (
            "keys.py",
            "stat.S_IRWXG | stat.S_IRWXO",
            "stat.S_IRWXO",
            "a key that the group may read is taken",
            "test_keys.py",
        ),
    ),
    *_of(
        "dbt_project",
        "tests",
        (
            "macros/clocks.sql",
            "case when {{ calendar }}.is_workday then {{ seconds_of_day(at) }} else 0 end",
            "{{ seconds_of_day(at) }}",
            "the day off on which a span ends is worked",
            "dbt/test_macros.py",
        ),
        (
            "macros/duration_statistics.sql",
            "[0.5, 0.9, 0.95]",
            "[0.5, 0.9, 0.9]",
            "P95 is P90",
            "golden/test_scopes_and_variants.py::test_percentiles",
        ),
        (
            "models/intermediate/visits/int_visit_measures.sql",
            "<= limits.tolerance_seconds as is_on_time",
            "< limits.tolerance_seconds as is_on_time",
            "a visit at the end of the tolerance is late",
            "golden/test_process.py::test_p2_2_arrival",
        ),
        (
            "models/intermediate/calls/int_call_measures.sql",
            "calls.queued_seconds < limits.short_abandon_seconds",
            "calls.queued_seconds <= limits.short_abandon_seconds",
            "a call given up at the limit is a short one",
            "golden/test_edges.py::test_a_call_given_up_at_the_limit_is_no_short_one",
        ),
        (
            "models/intermediate/requests/int_request_measures.sql",
            "requests.seconds_to_next_request > limits.first_contact_window_seconds",
            "requests.seconds_to_next_request >= limits.first_contact_window_seconds",
            "a repeat at the end of the window is none",
            "golden/test_outcome.py::test_o1_1_first_contact_resolution",
        ),
        (
            "macros/measures.sql",
            "count(case when {{ population }} then {{ m.value }} end) as denominator_{{ i }}",
            "count(case when {{ population }} then 1 end) as denominator_{{ i }}",
            "a mean is divided by the cases without a value as well",
            "dbt/test_macros.py",
        ),
        (
            "macros/measures.sql",
            "where scope_id is not null{% if",
            "where true{% if",
            "cases without a place make a scope of their own",
            "dbt/test_macros.py",
        ),
        (
            "macros/percentiles.sql",
            "quantile_cont(",
            "quantile_disc(",
            "percentiles do not interpolate",
            "dbt/test_macros.py",
        ),
        (
            "macros/clocks.sql",
            "{{ hours }}.opens_{{ slot }}, 0), 0)",
            "{{ hours }}.opens_{{ slot }}, 1), 0)",
            "a second of service time before each opening",
            "dbt/test_macros.py",
        ),
        (
            "models/intermediate/surveys/int_survey_measures.sql",
            "where is_valid and survey_type <> 'mystery'",
            "where survey_type <> 'mystery'",
            "flagged responses stay in the variant without them",
            "golden/test_survey.py::test_flagged_responses_are_left_out_in_a_variant_only",
        ),
    ),
]


def main() -> None:
    """Apply the mutations and print what became of each; exit code 1 if fewer than ``NEEDED`` of all are found."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutations", description=__doc__)
    parser.add_argument("--only", default="", help="mutations whose file contains this text (default: all)")
    parser.add_argument("--profile", default="quick", choices=["quick", "thorough"], help="examples of property tests")
    arguments = parser.parse_args()
    chosen = [mutation for mutation in MUTATIONS if arguments.only in mutation.file]
    with _copy_of_the_project() as copy:
        if _run(copy, sorted({test for mutation in chosen for test in mutation.tests}), arguments.profile) != _PASSED:
            sys.exit("the tests fail without a mutation")
        missed = [mutation for mutation in chosen if not _is_found(mutation, copy, arguments.profile)]
    print(f"{len(chosen) - len(missed)} of {len(chosen)} found")
    if len(missed) > len(MUTATIONS) - NEEDED:
        sys.exit(1)


def _is_found(mutation: Mutation, copy: Path, profile: str) -> bool:
    started = time.monotonic()
    with _mutated(copy / mutation.file, mutation):
        code = _run(copy, mutation.tests, profile)
    if code not in (_PASSED, _FAILED):
        sys.exit(f"pytest ended with {code}: {mutation.file}: {mutation.instead}")
    is_found = code == _FAILED
    print(
        f"{'found ' if is_found else 'MISSED'} {time.monotonic() - started:4.0f} s  {mutation.file}: {mutation.fault}", flush=True
    )
    return is_found


@contextmanager
def _mutated(path: Path, mutation: Mutation) -> Iterator[None]:
    text = path.read_text(encoding="utf-8")
    if text.count(mutation.line) != 1:
        sys.exit(f"{mutation.file}: this must stand in it once: {mutation.line}")
    _write(path, text.replace(mutation.line, mutation.instead))
    try:
        yield
    finally:
        _write(path, text)


def _write(path: Path, text: str) -> None:
    """With a time that no earlier version of the file had: Python takes bytecode for that of the file by time and size."""
    path.write_text(text, encoding="utf-8")
    moment = _MOMENTS.pop()
    os.utime(path, (moment, moment))


def _run(copy: Path, tests: Sequence[str], profile: str) -> int:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--hypothesis-profile", profile, *tests]
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": ""}
    try:
        ran = subprocess.run(command, cwd=copy, env=environment, capture_output=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        # Tests that never end do not pass.
        return _FAILED
    return ran.returncode


@contextmanager
def _copy_of_the_project() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "project"
        copy.mkdir()
        for name in _COPIED:
            if (REPO / name).is_dir():
                shutil.copytree(REPO / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "logs", ".*"))
            else:
                shutil.copy(REPO / name, copy / name)
        yield copy


if __name__ == "__main__":
    main()
