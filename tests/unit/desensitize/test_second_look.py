"""What the scanner still finds in redacted text is replaced; whatever its patterns match, nothing is left."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.desensitize.second_look import replace_findings
from pipeline.privacy import patterns
from pipeline.redact.redaction import redact_column

# Every pattern of the scanner, written out at random.
FORMS = [
    *(patterns._PLATE, patterns._EMAIL, patterns._ACCOUNT, patterns._STREET, patterns._DOOR, patterns._ESTATE, patterns._VILLAGE),
    *(patterns._ANNOUNCED, patterns._BEFORE_PERSONAL, patterns._BEFORE_ROLE, patterns._AFTER_WORD, patterns._LABELLED),
    *(patterns._FOREIGN, patterns._SPOKEN_RUN, patterns._WRITTEN_LANDLINE, patterns._FOREIGN_LANDLINE),
]


def test_only_what_is_found_is_replaced() -> None:
    texts = pl.Series("text", ["客户文大姐来电", None, "空调２６度不制冷", "感谢维修师傅钟建国，", "客户文大姐来电"])
    replaced = replace_findings(texts)
    assert replaced.to_list() == ["客户[姓名]大姐来电", None, "空调２６度不制冷", "感谢维修师傅[姓名],", "客户[姓名]大姐来电"]
    assert texts[0] == "客户文大姐来电"


def test_texts_without_findings_are_the_same_object() -> None:
    texts = pl.Series("text", ["很好", None])
    assert replace_findings(texts) is texts


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.pattern[:24])
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_nothing_is_left_of_what_the_scanner_finds(form, data) -> None:
    texts = data.draw(st.lists(st.from_regex(form).map(lambda text: f"师傅，{text}，谢谢"), min_size=1, max_size=4))
    left = replace_findings(redact_column(pl.Series("text", texts, dtype=pl.String)))
    assert [patterns.find(text) for text in left] == [[] for _ in texts], left.to_list()
