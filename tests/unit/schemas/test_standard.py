"""The standard's data as shipped: counted and compared with the clause; and the messages a broken edit gets."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from schemas.contract import TABLES
from schemas.sheet import SEEDS
from schemas.standard.calendar import holidays, service_windows
from schemas.standard.catalogue import StandardDataError, catalogue, catalogue_version
from schemas.standard.edition import analyses, standard_edition, standard_fingerprint
from schemas.standard.parameters import parameter, parameters
from schemas.standard.tree import nodes

REPO = Path(__file__).resolve().parents[3]
DAY = dt.date(2025, 3, 31)
CATALOGUE = catalogue(DAY)


# --- what is shipped --------------------------------------------------------------------------------------------------


def test_counts_of_close_reading_3a() -> None:
    assert len(CATALOGUE) == 68
    assert len({row.named_indicator_id for row in CATALOGUE.values()}) == 61
    levels = Counter(node.level for node in nodes().values())
    assert levels == {"total": 1, "dimension": 4, "subdimension": 18}
    by_dimension = Counter(row.dimension_id for row in CATALOGUE.values())
    assert by_dimension == {"R": 18, "P": 21, "O": 16, "I": 13}
    named = Counter(dimension for _, dimension in {(r.named_indicator_id, r.dimension_id) for r in CATALOGUE.values()})
    assert named == {"R": 16, "P": 17, "O": 15, "I": 13}
    with_number = Counter(row.dimension_id for row in CATALOGUE.values() if row.requirement is not None)
    assert with_number == {"R": 15, "P": 13, "O": 9, "I": 8}


def test_the_23_indicators_without_a_number() -> None:
    # close-reading §3a, list under "Counts"
    listed = [
        "R4-1", "R4-2", "R4-3", "P3-2", "P3-4", "P4-1", "P4-3", "P4-4", "P5-1", "P5-2", "P5-3", "O2-1", "O2-2", "O2-3",
        "O2-4", "O3-1b", "O3-3", "O4-3", "I1-4", "I2-3", "I3-2", "I3-3", "I4-3",
    ]  # fmt: skip
    monitored = {row.indicator_id for row in CATALOGUE.values() if row.target_source == "enterprise"}
    assert monitored == set(listed)
    assert all(CATALOGUE[i].requirement is None and CATALOGUE[i].scoring_class == "i" for i in listed)


def test_requirements_are_those_of_clause_six() -> None:
    # 六, in the order of the text
    numbers = {
        "R1-1": 15, "R1-2a": 5, "R1-2b": 20, "R2-1": 0.30, "R2-2": 1, "R2-3": 1, "R3-1": 1 / 200, "R3-2": 1,
        "R3-3": 0.40, "R5-1": 0.95, "R5-2": 24, "R5-3": 7,
        "P1-1": 0.95, "P1-2": 0.85, "P1-3": 0.90, "P1-4": 1, "P2-1a": 30, "P2-1b": 5, "P2-1c": 15, "P2-2": 0.95,
        "P2-3a": 4, "P2-3b": 3, "P3-1": 0.95, "P3-3": 1, "P4-2": 0.90,
        "O1-1": 0.85, "O1-2": 0.05, "O1-3": 0.95, "O1-4": 0.98, "O2-5": 85, "O3-1a": 1, "O3-2": 0.05, "O4-1": 0,
        "O4-2": 1,
        "I1-1": 3, "I1-2": 1, "I1-3": 0.85, "I2-1": 0.90, "I2-2": 1, "I3-1": 2, "I4-1": 0.10, "I4-2": 0.02,
    }  # fmt: skip
    # the limit itself (6 days, 8 h, 40 学时) is a parameter, the requirement is that every outlet or person meets it
    shares = {"R1-3a": 1, "R1-3b": 1, "R3-4": 1}
    assert {i: row.requirement for i, row in CATALOGUE.items() if row.requirement is not None} == numbers | shares


def test_objectives_are_those_of_clause_nine() -> None:
    objectives = {i: row.objective for i, row in CATALOGUE.items() if row.objective is not None}
    assert objectives == {"O1-1": 0.88, "O2-5": 88, "I1-3": 0.90}


def test_acceptable_limits_follow_their_class() -> None:
    rules: dict[str, Callable[[float], float | None]] = {
        "a": lambda t: 2 * t - 1,
        "b": lambda t: 0.95,
        "c": lambda t: 0.75 * t,
        "c1": lambda t: t - 1,
        "d": lambda t: 2 * t,
        "e": lambda t: 2 * t,
        "f": lambda t: None,
        "g": lambda t: 0,
        "h": lambda t: 70,
    }  # close-reading §3d
    for row in CATALOGUE.values():
        if row.requirement is not None:
            expected = rules[row.scoring_class](row.requirement)
            assert row.acceptable == (expected if expected is None else pytest.approx(expected)), row.indicator_id


def test_members_of_the_scoring_classes() -> None:
    # close-reading §3d, column "Members"
    members = {
        "a": "P1-1 P1-2 P1-3 P2-2 P3-1 P4-2 O1-1 O1-3 O1-4 R5-1 I1-3 I2-1",
        "b": "R2-2 R2-3 R3-2 P1-4 P3-3 O3-1a O4-2 I1-2 I2-2 R1-3a R1-3b R3-4",
        "c": "R1-1 R2-1 R3-1 R3-3",
        "c1": "I1-1 I3-1",
        "d": "R1-2a R1-2b R5-2 R5-3 P2-1a P2-1b P2-1c P2-3a P2-3b",
        "e": "O1-2 O3-2",
        "f": "O4-1",
        "g": "I4-1 I4-2",
        "h": "O2-5",
    }
    for scoring_class, ids in members.items():
        found = {row.indicator_id for row in CATALOGUE.values() if row.scoring_class == scoring_class}
        assert found == set(ids.split()), scoring_class


def test_field_names_and_ids_are_those_of_the_close_reading() -> None:
    path = REPO.parent / "shared" / "standard" / "close-reading.md"
    if not path.is_file():
        pytest.skip(f"the close reading is not at {path}")
    listed = re.findall(r"^\| ([RPIO]\d-\d[a-c]?) \| [^|]*?`([a-z0-9_]+)`", path.read_text(encoding="utf-8"), re.M)
    assert listed == [(row.indicator_id, row.field_name) for row in CATALOGUE.values()]


def test_the_edition_is_the_text_that_was_read() -> None:
    path = REPO.parent / "shared" / "standard" / "T-GXDSL-244-2025.txt"
    assert standard_edition() == "T/GXDSL 244—2025 (征求意见稿, sha256 f2a9da42d238)"
    if not path.is_file():
        pytest.skip(f"the standard's text is not at {path}")
    assert hashlib.sha256(path.read_bytes()).hexdigest().startswith("f2a9da42d238")


def test_sub_dimensions_and_indicators_are_named_as_in_the_text() -> None:
    path = REPO.parent / "shared" / "standard" / "T-GXDSL-244-2025.txt"
    if not path.is_file():
        pytest.skip(f"the standard's text is not at {path}")
    text = path.read_text(encoding="utf-8").replace("\n", "")
    for node in nodes().values():
        assert node.level == "total" or node.name_zh in text, node.node_id
    # 15秒内接通率 stands inside the brackets of 服务热线接通率, 综合满意度指数 is misprinted as 综合满意度指目标值
    odd = {"P1-2", "O2-5"}
    for row in CATALOGUE.values():
        assert row.indicator_id in odd or row.name_zh.split("（")[0] in text, row.indicator_id


def test_compound_indicators_are_the_named_ones_with_several_values() -> None:
    groups: dict[str, list[str]] = {}
    for row in CATALOGUE.values():
        groups.setdefault(row.named_indicator_id, []).append(row.indicator_id)
    assert {name: ids for name, ids in groups.items() if len(ids) > 1} == {
        "R1-2": ["R1-2a", "R1-2b"],
        "R1-3": ["R1-3a", "R1-3b"],
        "P1-1": ["P1-1", "P1-2"],
        "P2-1": ["P2-1a", "P2-1b", "P2-1c"],
        "P2-3": ["P2-3a", "P2-3b"],
        "O3-1": ["O3-1a", "O3-1b"],
    }


def test_default_dimension_weights_are_the_normalised_midpoints() -> None:
    # C-18: midpoints 37.5 32.5 22.5 12.5 sum to 105
    tree = nodes()
    for node_id in "RPOI":
        node = tree[node_id]
        assert node.weight_min is not None
        assert node.weight_max is not None
        assert node.weight_default == pytest.approx((node.weight_min + node.weight_max) / 2 / 1.05, abs=1e-14)
    assert [round(tree[i].weight_default, 4) for i in "OPRI"] == [0.3571, 0.3095, 0.2143, 0.1190]


def test_times_are_summed_in_seconds_and_published_in_their_unit() -> None:
    divisors = {"s": 1, "min": 60, "h": 3600, "km": 1}
    for row in CATALOGUE.values():
        if row.unit in divisors:
            assert row.unit_divisor == divisors[row.unit], row.indicator_id
    # R5-3 counts whole working days, P2-3b working time
    assert (CATALOGUE["R5-3"].unit_divisor, CATALOGUE["P2-3b"].unit_divisor) == (1, 86_400)


def test_look_ahead_windows() -> None:
    windows = {i: row.look_ahead_days for i, row in CATALOGUE.items() if row.look_ahead_days}
    assert windows == {"O1-1": 7, "O1-2": 30, "O1-3": 30}
    assert parameter("first_contact_window_days") == 7
    assert parameter("repeat_window_days") == 30


def test_source_tables_and_columns_exist_in_the_contract() -> None:
    for row in CATALOGUE.values():
        assert set(row.source_tables) <= set(TABLES), row.indicator_id
        for name in (name for alternatives in row.source_columns for name in alternatives.split("|")):
            table, column = name.split(".")
            # a required column needs no naming: without it the table is refused
            assert not TABLES[table].column(column).required, name
    # I2-3 is what the pipeline did, not what an enterprise delivered
    assert [row.indicator_id for row in CATALOGUE.values() if not row.source_tables] == ["I2-3"]


def test_the_eight_analyses_of_clause_seven() -> None:
    assert [entry.analysis_id for entry in analyses()] == [
        "descriptive", "comparison", "correlation", "regression", "text", "cluster", "forecast", "root_cause",
    ]  # fmt: skip


def test_every_past_day_has_the_whole_catalogue() -> None:
    assert list(catalogue(dt.date(1999, 1, 1))) == list(CATALOGUE)
    assert catalogue_version(dt.date(1999, 1, 1)) == catalogue_version(DAY) == "2025.1"


def test_a_parameter_that_does_not_exist_is_named() -> None:
    with pytest.raises(StandardDataError, match=r"parameters\.csv: column parameter: there is no parameter 'nonsense'"):
        parameter("nonsense")


# --- edits, right and wrong -------------------------------------------------------------------------------------------


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    """A copy of the shipped files to edit."""
    return Path(shutil.copytree(SEEDS, tmp_path / "seeds"))


def edit(seeds: Path, file: str, old: str, new: str) -> None:
    path = seeds / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {file}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def line_of(seeds: Path, file: str, start: str) -> str:
    return next(line for line in (seeds / file).read_text(encoding="utf-8").splitlines() if line.startswith(start))


def edit_cell(seeds: Path, file: str, start: str, old: str, new: str) -> None:
    line = line_of(seeds, file, start)
    assert line.count(old) == 1
    edit(seeds, file, line, line.replace(old, new))


@pytest.mark.parametrize(
    ("start", "old", "new", "message"),
    [
        ("R5-1,", "0.95,0.9,", "95%,0.9,", r"row 17, column requirement: '95%' is not a number .* written 0\.95"),
        ("R5-1,", "0.95,0.9,", "95,0.9,", r"row 17, column requirement: 95 is outside 0–1 \(unit rate\)"),
        ("R5-1,", "0.95,0.9,", "0.95,0.96,", r"row 17, column acceptable: must lie below the requirement 0\.95"),
        ("R5-2,", "24,48,", "24,12,", r"row 18, column acceptable: must lie above the requirement 24"),
        ("R5-1,", "0.95,0.9,", "0.95,,", r"row 17, column acceptable: a requirement needs its acceptable limit"),
        ("R5-1,", "0.95,0.9,", ",0.9,", r"row 17, column requirement: target_source 'standard' needs the standard's"),
        ("O1-1,", "0.85,0.7,0.88", "0.85,0.7,0.8", r"column objective: must not ask for less than the requirement"),
        ("O4-1,", "10000,0,,", "10000,0,1,", r"column acceptable: zero tolerance \(class f\) has no acceptable limit"),
        ("R5-1,", ",higher,", ",up,", r"row 17, column direction: 'up' is not one of higher, lower, exact"),
        ("R5-1,", "R5,R,", "R5,P,", r"row 17, column dimension_id: R5 belongs to R"),
        ("R5-1,", "R5-1,R5-1,R5,", "R5-1,R5-1,R4,", r"row 17, column indicator_id: must begin with its sub-dimension"),
        ("R5-1,", ",30,", ",0,", r"row 17, column minimum_n: must be at least 1"),
        ("R5-1,", ",parts_demands,", ",Parts Demands,", r"row 17, column source_tables: 'Parts Demands' does not fit"),
        ("R5-2,", "parts_orders.shipped_at", "shipped_at", r"row 18, column source_columns: 'shipped_at' does not fit"),
        ("R5-2,", "parts_orders.shipped_at", "staff.left_on", r"row 18, column source_columns: 'staff.left_on' is of"),
        ("R5-1,", "D-21", "C7", r"row 17, column decisions: 'C7' does not fit"),
        ("R5-1,", "2025.1,,", "2025.1,2025/1/1,", r"row 17, column valid_from: '2025/1/1' is not a date like"),
        ("R5-1,", "2025.1,,", "2025.1,2025-02-01,2025-02-01", r"row 17, column valid_to: must be later than"),
        ("R5-1,", "常用备件库存满足率,", ",", r"row 17, column name_zh: must not be empty"),
        ("R5-2,", "R5-2,R5-2", "R5-1,R5-2", r"row 18, column indicator_id: 'R5-1' has another row that is in force"),
    ],
)  # fmt: skip
def test_a_wrong_cell_of_the_catalogue_is_named(seeds: Path, start: str, old: str, new: str, message: str) -> None:
    edit_cell(seeds, "indicator_catalogue.csv", start, old, new)
    with pytest.raises(StandardDataError, match=r"indicator_catalogue\.csv: .*" + message):
        catalogue(DAY, seeds)


def test_all_faults_of_a_file_come_at_once(seeds: Path) -> None:
    edit_cell(seeds, "indicator_catalogue.csv", "R5-1,", ",higher,", ",up,")
    edit_cell(seeds, "indicator_catalogue.csv", "I4-2,", ",change,", ",guess,")
    with pytest.raises(StandardDataError) as caught:
        catalogue(DAY, seeds)
    assert [(fault.row, fault.column) for fault in caught.value.faults] == [(17, "direction"), (68, "method")]


def test_an_enterprise_may_set_a_target_and_add_a_version_of_a_row(seeds: Path) -> None:
    # R4-1 gets a requirement of 8 from 2025-04-01 on: the old row ends that day, a new one begins
    old = line_of(seeds, "indicator_catalogue.csv", "R4-1,")
    new = old.replace(",1,1,,,,enterprise,", ",1,1,8,6,,enterprise,").replace("2025.1,,", "2025.2,2025-04-01,")
    edit(seeds, "indicator_catalogue.csv", old, old + "2025-04-01" + "\n" + new)
    assert catalogue(DAY, seeds)["R4-1"].requirement is None
    assert catalogue_version(DAY, seeds) == "2025.1"
    later = dt.date(2025, 6, 30)
    assert catalogue(later, seeds)["R4-1"].requirement == 8
    assert catalogue_version(later, seeds) == "2025.2"
    assert len(catalogue(later, seeds)) == 68


def test_versions_compare_as_numbers(seeds: Path) -> None:
    edit_cell(seeds, "indicator_catalogue.csv", "R4-1,", "2025.1", "2025.10")
    edit_cell(seeds, "indicator_catalogue.csv", "R4-2,", "2025.1", "2025.9")
    assert catalogue_version(DAY, seeds) == "2025.10"


def test_no_indicator_in_force_is_an_error(seeds: Path) -> None:
    path = seeds / "indicator_catalogue.csv"
    path.write_text(re.sub(r"2025\.1,,$", "2025.1,2025-01-01,", path.read_text(encoding="utf-8"), flags=re.M), "utf-8")
    assert catalogue(dt.date(2024, 12, 31), seeds) == {}
    with pytest.raises(StandardDataError, match="no indicator is in force on 2024-12-31"):
        catalogue_version(dt.date(2024, 12, 31), seeds)


def test_every_sub_dimension_needs_an_indicator(seeds: Path) -> None:
    path = seeds / "indicator_catalogue.csv"
    kept = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("I3-")]
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")
    with pytest.raises(StandardDataError, match="no indicator for I3: every sub-dimension needs one"):
        catalogue(DAY, seeds)


@pytest.mark.parametrize(
    ("start", "old", "new", "message"),
    [
        ("R1,", "0.2", "0.3", r"the weights under R must sum to 1"),
        ("R,", "0.20,0.25", "0.25,0.20", r"row 3, column weight_min: must be 0 ≤ weight_min ≤ weight_max"),
        ("R,", "0.20,0.25", "0.22,0.25", r"row 3, column weight_default: must lie between 0\.22 and 0\.25"),
        ("R1,", ",R,", ",ALL,", r"row 7, column parent_id: must be the node_id of a dimension"),
        ("R2,", "R2", "R1", r"row 8, column node_id: 'R1' is there twice"),
        ("R,", "dimension", "total", r"there must be exactly one total"),
    ],
)  # fmt: skip
def test_a_wrong_tree_is_named(seeds: Path, start: str, old: str, new: str, message: str) -> None:
    edit_cell(seeds, "evaluation_nodes.csv", start, old, new)
    with pytest.raises(StandardDataError, match=r"evaluation_nodes\.csv: .*" + message):
        nodes(seeds)


@pytest.mark.parametrize(
    ("file", "start", "old", "new", "message"),
    [
        ("holiday_notices.csv", "2025-01-26,", "true", "yes", r"column is_workday: 'yes' is not true or false"),
        ("holiday_notices.csv", "2025-01-28,", "false", "true", r"2025-01-28 is a Tuesday: a make-up working day lies"),
        ("holiday_notices.csv", "2025-01-29,", "2025-01-29", "2025-01-28", r"column date: 2025-01-28 is there twice"),
        ("holiday_notices.csv", "2025-01-29,", "announced", "provisional", r"column status: 2025 is announced in an"),
        ("holiday_notices.csv", "2025-01-29,", ",2025", ",2023", r"column year: the notice for 2023 says"),
        ("service_schedule.csv", "*,3,", "18:00", "8:00", r"row 4, column closes: '8:00' is not a time of day"),
        ("service_schedule.csv", "*,3,", "18:00", "08:00", r"row 4, column closes: must be later than opens"),
        ("service_schedule.csv", "*,3,", "*,3", "*,2", r"row 4, column opens: overlaps an earlier row"),
        ("service_schedule.csv", "*,3,", "*,3", "*,8", r"row 4, column weekday: must be 1 to 7"),
        ("parameters.csv", "connect_within_seconds,", ",15,", ",soon,", r"row 2, column value: 'soon' is not a number"),
        ("parameters.csv", "csi_weight_o2_1,", ",0.4,", ",0.5,", r"the csi_weight_… parameters must sum to 1"),
        ("analyses.csv", "text,", "text,", "cluster,", r"row 7, column analysis_id: 'cluster' is there twice"),
        ("analyses.csv", "text,", "text,文", "text,,文", r"row 6: has 6 cells, the header has 5"),
        ("analyses.csv", "analysis_id,", "clause", "Clause", r"row 1: column 'clause' is missing"),
        ("standard_edition.csv", "T/GXDSL", "f2a9da42", "F2A9DA42", r"column text_sha256: '.*' is not 64 hex digits"),
    ],
)  # fmt: skip
def test_a_wrong_cell_of_another_file_is_named(seeds: Path, file: str, start: str, old: str, new: str, message: str) -> None:
    edit_cell(seeds, file, start, old, new)
    loaders = {
        "holiday_notices.csv": holidays,
        "service_schedule.csv": service_windows,
        "parameters.csv": parameters,
        "analyses.csv": analyses,
        "standard_edition.csv": standard_edition,
    }
    with pytest.raises(StandardDataError, match=re.escape(file) + ": .*" + message):
        loaders[file](seeds)


def test_more_windows_than_the_sql_reads_are_refused(seeds: Path) -> None:
    path = seeds / "service_schedule.csv"
    more = "".join(f"E1,1,{hour:02d}:00,{hour + 1:02d}:00,,\n" for hour in (8, 10, 12, 14))
    path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    with pytest.raises(StandardDataError, match=r"row 12, column weekday: more than 3 windows a day"):
        service_windows(seeds)


def test_a_schedule_without_default_is_refused(seeds: Path) -> None:
    path = seeds / "service_schedule.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("*", "E1"), encoding="utf-8")
    with pytest.raises(StandardDataError, match=r"the default schedule '\*' is missing"):
        service_windows(seeds)


def test_files_saved_by_a_spreadsheet_program_are_read(seeds: Path) -> None:
    # UTF-8 with byte order mark, CRLF, TRUE/FALSE, a blank line of separators at the end
    path = seeds / "holiday_notices.csv"
    text = path.read_text(encoding="utf-8").replace(",true,", ",TRUE,").replace(",false,", ",FALSE,") + ",,,,,\n"
    path.write_bytes(text.replace("\n", "\r\n").encode("utf-8-sig"))
    assert holidays(seeds) == holidays()


def test_a_file_in_gb18030_is_explained(seeds: Path) -> None:
    path = seeds / "analyses.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode("gb18030"))
    with pytest.raises(StandardDataError, match=r"analyses\.csv: is not UTF-8: save it as 'CSV UTF-8'"):
        analyses(seeds)


def test_a_missing_file_is_named(seeds: Path) -> None:
    (seeds / "parameters.csv").unlink()
    with pytest.raises(StandardDataError, match=r"parameters\.csv: the file is missing"):
        parameters(seeds)


def test_the_fingerprint_sees_an_edit_but_not_line_ends(seeds: Path) -> None:
    before = standard_fingerprint(seeds)
    path = seeds / "parameters.csv"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert standard_fingerprint(seeds) == before
    edit_cell(seeds, "parameters.csv", "connect_within_seconds,", ",15,", ",20,")
    assert standard_fingerprint(seeds) != before
