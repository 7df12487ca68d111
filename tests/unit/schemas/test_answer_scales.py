"""The named scales of survey answers are whole, and their words name one number each."""

from __future__ import annotations

import pytest

from schemas.answer_scales import FILE, answer_scales
from schemas.sheet import StandardDataError


@pytest.mark.parametrize("scale", answer_scales())
def test_a_scale_has_a_word_for_each_of_its_numbers(scale):
    assert {int(number) for number in answer_scales()[scale].values()} == set(range(1, int(scale.rpartition("_")[2]) + 1))


def test_words_as_people_write_them():
    scales = answer_scales()
    assert [scales["satisfaction_5"][word] for word in ("非常满意", "比较满意", "一般", "不太满意", "非常不满意")] == list("54321")
    assert [scales["agreement_5"][word] for word in ("Strongly agree", "Strongly Agree", "strongly agree", "DISAGREE")] == list(
        "5552"
    )
    # The same word stands for another number on a longer scale.
    assert (scales["satisfaction_5"]["满意"], scales["satisfaction_7"]["满意"]) == ("4", "6")


def test_a_word_with_two_numbers_is_a_fault(tmp_path):
    file = tmp_path / "answer_scales.csv"
    file.write_text(FILE.read_text(encoding="utf-8") + "agreement_5,1,同意\n", encoding="utf-8")
    with pytest.raises(StandardDataError, match="'同意' is there twice"):
        answer_scales(file)
