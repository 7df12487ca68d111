"""Recall by written form and precision, of redaction and scan, on the labelled set of ``benchmarks/written_forms.py``."""

from __future__ import annotations

import random
import unicodedata

import polars as pl
import pytest
from thoroughness import times

from benchmarks import forms as benchmark
from benchmarks.forms import FIXED, OTHER, PRECISION, Results, make_case, measure
from benchmarks.written_forms import CLOSE, FORMS, OPEN, ORDINARY, Form
from pipeline.desensitize.second_look import replace_findings
from pipeline.privacy.papers import is_vin
from pipeline.privacy.scanner import by_patterns
from pipeline.redact.documents import is_vehicle_number
from pipeline.redact.redaction import redact, redact_column

CASES = 40


@pytest.fixture(scope="module")
def results() -> Results:
    """At least 40 texts of each form; 200 where all examples are tried."""
    return measure(max(CASES, times(200)), seed=3)


def test_the_bars_are_those_of_the_project() -> None:
    assert (FIXED, OTHER, PRECISION) == (0.98, 0.95, 0.95)


def test_the_set_is_wide() -> None:
    assert len({form.family for form in FORMS}) >= 16
    assert len(FORMS) >= 150
    assert len({(form.family, form.name) for form in FORMS}) == len(FORMS)
    assert len({ordinary.name for ordinary in ORDINARY}) == len(ORDINARY) >= 40


def test_every_form_meets_its_bar(results: Results) -> None:
    assert results.missed == []


def test_what_redaction_and_second_look_leave_the_scan_does_not_find() -> None:
    texts = pl.Series([make_case(form, random.Random(seed)).text for form in FORMS for seed in range(8)])
    assert by_patterns(replace_findings(redact_column(texts))) == {}


@pytest.mark.parametrize("family", sorted({form.family for form in FORMS}))
def test_redacting_again_changes_nothing(family: str) -> None:
    for form in (form for form in FORMS if form.family == family):
        once = redact(make_case(form, random.Random(17)).text)
        assert redact(once) == once


def test_a_redaction_and_a_scan_that_find_nothing_miss_every_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, "redact_column", lambda texts: texts)
    monkeypatch.setattr(benchmark, "by_patterns", lambda texts: {})
    results = measure(2, forms=FORMS[:5], ordinary=())
    assert [(each.redacted, each.scanned, each.pieces, each.meets_bar) for each in results.forms] == [(0, 0, 0, False)] * 5


def test_a_redaction_and_a_scan_that_take_everything_are_not_precise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five texts with a value and fifteen without: a quarter is right."""
    monkeypatch.setattr(benchmark, "redact_column", lambda texts: pl.Series(["[号码]"] * len(texts)))
    monkeypatch.setattr(benchmark, "by_patterns", lambda texts: {text: [("id_number", "")] for text in texts})
    chosen = [ordinary for ordinary in ORDINARY if not ordinary.is_number and "number" in ordinary.name][:3]
    results = measure(5, forms=FORMS[:1], ordinary=chosen)
    assert (results.precision, results.scan_precision) == (0.25, 0.25)
    # The label that stays is found again, three sorts of ordinary text change, and neither is precise.
    assert len(results.missed) == 6


def test_a_case_says_where_its_parts_stand() -> None:
    form = Form("x", "y", ("name",), True, lambda _: f"a{OPEN}bc{CLOSE}d{OPEN}e{CLOSE}", ("<{}>",))
    assert make_case(form, random.Random(1)) == benchmark.Case("<abcde>", ((2, 4), (5, 6)))
    whole = Form("x", "y", ("name",), True, lambda _: "abc", ("<{}>",))
    assert make_case(whole, random.Random(1)) == benchmark.Case("<abc>", ((1, 4),))


def value_of(family: str, name: str) -> str:
    """A value of a form as it is read, without the words around it."""
    form = next(form for form in FORMS if (form.family, form.name) == (family, name))
    return unicodedata.normalize("NFKC", form.draw(random.Random(5)))


def test_check_digits_of_the_set_are_right() -> None:
    # ISO 7064 MOD 11-2: the weighted sum of all 18 places leaves 1.
    number = value_of("identity number, 18", "plain, alone")
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2, 1]
    assert sum(weight * (10 if each == "X" else int(each)) for weight, each in zip(weights, number, strict=True)) % 11 == 1
    # Luhn from the left.
    card = value_of("bank card", "16, plain, alone")
    assert sum(sum(divmod(int(each) * (2 - place % 2), 10)) for place, each in enumerate(card)) % 10 == 0
    # A VIN of the literature: 1M8GDM9A_KP042788 has the check digit X.
    drawn = value_of("VIN", "plain, alone")
    for known in ("1M8GDM9AXKP042788", "1HGCM82633A004352", drawn):
        assert is_vin(known)
        assert is_vehicle_number(known)
        wrong = known[:8] + ("1" if known[8] != "1" else "2") + known[9:]
        assert not is_vin(wrong)
        assert not is_vehicle_number(wrong)


@pytest.mark.parametrize(
    "text",
    [
        "192.168.1.1打不开，固件1.2.3.4，V12.10.103.145，127.0.0.1",
        "2025-01-05报修，2025年1月5日上门，生产日期2025-01-05，发生于2025-01-05",
        "看不出生产日期2025-01-05，生日礼物2025-01-05到的，1月5日生效，学生1月5日开学",
        "09:30:00到10:30:00，10:20:30:40，10-20-30-40-50-60",
        "护照没带，身份证复印件，驾照2025-01-05到期，VIN码贴在门上",
        "型号CA1234567，配件E123-4567，批号M20250103，E0000123",
        "倾斜30°，东经线，北方，E5故障，N95口罩，位置偏了2.55厘米，电压220.15, 电流3.25",
        "客户多次反映，客户和家人说，用户于上午来电，客户单方要求，客户全家投诉，客户向厂家反映",
        "Customer Service Center, Contact Us, Name Brand, looked at home",
        "人民路走到头，离路口400米，门店30号开业",
    ],
)
def test_ordinary_text_near_the_new_kinds_stays(text: str) -> None:
    assert redact(text) == text
    assert replace_findings(pl.Series([text])).to_list() == [text]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("护照E12345678，回乡证H01234567 01", "护照[证件号]，回乡证[证件号]"),
        ("USA450185031201没有反应", "[证件号]没有反应"),
        ("车架号LFV2A21K8G3123456，ip 203.0.113.5:8080", "车架号[车架号]，ip [网络地址]"),
        ("AA:BB:CC:12:34:5F在22.817012,108.366943", "[网络地址]在[坐标]"),
        ("1985年3月12日出生，生日3月12日", "[出生日期]出生，生日[出生日期]"),
        ("a＠b。com，a at b dot com", "[邮箱]，[邮箱]"),
        ("民族大道30之7号610，和平巷12弄3号楼", "[地址]，[地址]"),
        ("客户王小明反映，用户欧阳娜娜来电说，客户John Smith来电", "客户[姓名]反映，用户[姓名]来电说，客户[姓名]来电"),
        ("Recipient Maria da Silva; 姓名：古丽娜尔·艾合买提江", "Recipient [姓名]; 姓名：[姓名]"),
    ],
)
def test_each_kind_has_its_label(text: str, expected: str) -> None:
    assert redact(text) == expected
    assert redact(expected) == expected
