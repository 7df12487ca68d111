"""Names of outlets: those that may be their owner's are not shown, those of organisations and places are. Invented names."""

from __future__ import annotations

import polars as pl
import pytest

from pipeline.redact.trade_names import may_name_a_person, without_persons


@pytest.mark.parametrize(
    "name",
    [
        "王小明家电维修部",
        "南宁市青秀区王小明家电维修部",
        "南宁李小红电器行",
        "广西欧阳锋空调店",
        "张记电器",
        "李氏电器行",
        "王小明格力专卖店",
        "[姓名]家电维修部",
        "江西路李记维修",
        "Wang's Repair",
    ],
)
def test_an_owner_s_name_is_not_shown(name: str) -> None:
    assert may_name_a_person(name)


@pytest.mark.parametrize(
    "name",
    [
        "南宁市青秀区第2服务网点",
        "广州市天河区服务网点",
        "青秀网点",
        "五象店",
        "格力空调专卖店",
        "海尔服务中心青秀店",
        "美的客服中心",
        "马鞍山市花山区家电店",
        "江苏店",
        "安徽合肥店",
        "广西示例电器有限公司",
        "W001",
    ],
)
def test_names_of_places_and_organisations_are_shown(name: str) -> None:
    assert not may_name_a_person(name)


def test_a_column_keeps_its_order_and_its_nulls() -> None:
    names = pl.Series("outlet_name", ["五象店", None, "王小明维修部", "五象店"])
    assert without_persons(names).to_list() == ["五象店", None, None, "五象店"]
    assert without_persons(names).name == "outlet_name"
