"""Masks: golden values of every pii class, and that a mask never shows what it does not understand."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.desensitize import masks
from pipeline.redact import lexicon
from pipeline.redact.numbers import has_valid_check_digit


def masked(pii: str, *values: str | None) -> list[str | None]:
    frame = pl.LazyFrame({"value": values}, schema={"value": pl.String})
    return frame.select(masks.mask(pl.col("value"), pii)).collect(engine="streaming").to_series().to_list()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("张三", "张*"),
        ("李小明", "李*"),
        ("王 芳", "王*"),
        ("欧阳建国", "欧阳*"),
        ("司马懿", "司马*"),
        ("诸葛亮", "诸葛*"),
        ("上官婉儿", "上官*"),
        ("欧阳", "欧*"),  # two characters: surname 欧, given name 阳
        ("赫连勃勃", "*"),  # a compound surname that few people have
        ("仉督", "*"),
        ("买买提·艾力", "*"),
        ("张*", "张*"),
        ("张某某", "张*"),
        ("欧阳**", "欧阳*"),
        ("John Smith", "J*"),
        ("o'neil", "O*"),
        ("Иван", "И*"),
        ("김민수", "김*"),
        ("13800138000", "***"),
        ("张三13800138000", "***"),
        ("张三 wechat88", "***"),
        ("广西某某电器有限公司", "***"),
        ("张三/李四", "***"),
        ("", None),
        ("\u3000 ", None),
        (None, None),
    ],
)
def test_names(name: str | None, shown: str | None) -> None:
    assert masked("name", name) == [shown]


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("13800135678", "138****5678"),
        ("+86 138 0013 5678", "138****5678"),
        ("１３８００１３５６７８", "138****5678"),
        ("0771-5312345", "0771-*****45"),
        ("010-65123456", "010-*****56"),
        ("(020)87654321", "020-*****21"),
        ("+86 771 5312345", "0771-*****45"),
        ("0771-5312345转801", "***"),
        ("4008208820", "***"),
        ("8765432", "***"),
        ("+852 9123 4567", "***"),
        ("无", "***"),
        ("", None),
    ],
)
def test_phones(phone: str, shown: str | None) -> None:
    assert masked("phone", phone) == [shown]


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("45010319900307201X", "45****************"),
        ("４５０１０３１９９００３０７２０１ｘ", "45****************"),
        ("450103 19900307 201X", "45****************"),
        ("450103900307201", "45****************"),
        ("99010319900307201X", "***"),  # no province
        ("G12345678", "***"),
        ("4501031990030720", "***"),
        (" ", None),
    ],
)
def test_id_numbers(number: str, shown: str | None) -> None:
    assert masked("id_number", number) == [shown]


@pytest.mark.parametrize(
    ("pii", "value", "shown"),
    [
        ("email", "anna@Example.CN", "a***@example.cn"),
        ("email", "a@b.cn", "***@b.cn"),
        ("email", "a@b@c.cn", "***"),
        ("email", "anna@localhost", "***"),
        ("email", "无", "***"),
        ("plate", "桂A12312", "桂A·***12"),
        ("plate", "桂a·123 12", "桂A·***12"),
        ("plate", "桂AD12345", "桂A·****45"),
        ("plate", "桂A12345F", "桂A·****5F"),
        ("plate", "粤Z1234港", "粤Z·***4港"),
        ("plate", "12345", "***"),
        ("plate", "LZWACAGA123456789", "***"),
        ("device", "a1b2c3d4e5f6", "***e5f6"),
        ("device", "a1b2c3", "***"),
        ("device", "", None),
    ],
)
def test_email_plate_device(pii: str, value: str, shown: str | None) -> None:
    assert masked(pii, value) == [shown]


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("广西壮族自治区南宁市青秀区民族大道100号航洋国际3栋", "广西壮族自治区南宁市青秀区***"),
        ("广西南宁市青秀区民族大道100号", "广西南宁市青秀区***"),
        ("广西 南宁市 青秀区 民族大道100号", "广西南宁市青秀区***"),
        ("中国广西柳州市鱼峰区屏山大道", "广西柳州市鱼峰区***"),
        ("南宁市青秀区民族大道100号", "南宁市青秀区***"),
        ("南宁青秀区民族大道100号", "南宁青秀区***"),
        ("上海市浦东新区张江路88弄", "上海市浦东新区***"),
        ("北京朝阳区建国路1号", "北京朝阳区***"),
        ("重庆市綦江县古南镇", "重庆市綦江县***"),
        ("天津市滨海新区洞庭路", "天津市滨海新区***"),
        ("江苏省苏州市昆山市前进路", "江苏省苏州市昆山市***"),
        ("湖北省仙桃市沔州大道", "湖北省仙桃市***"),
        ("广东省东莞市南城街道鸿福路", "广东省东莞市***"),
        ("广西桂林市恭城瑶族自治县茶江路", "广西桂林市恭城瑶族自治县***"),
        ("延边朝鲜族自治州延吉市公园路", "延边朝鲜族自治州延吉市***"),
        ("内蒙古锡林郭勒盟正蓝旗上都镇", "内蒙古锡林郭勒盟正蓝旗***"),
        ("吉林省吉林市船营区解放路", "吉林省吉林市船营区***"),
        ("黑龙江省哈尔滨市道里区中央大街", "黑龙江省哈尔滨市道里区***"),
        ("河北省唐山市路北区新华道", "河北省唐山市路北区***"),
        ("河南省新乡市新乡县", "河南省新乡市新乡县***"),
        ("贵州省六盘水市六枝特区", "贵州省六盘水市六枝特区***"),
        # What ends like a district and is none must not show.
        ("广西南宁市阳光小区3栋", "广西南宁市***"),
        ("南宁市人民路北区3号", "南宁市***"),
        ("南宁市红旗路5号", "南宁市***"),
        ("无锡市县前街1号", "无锡市***"),
        ("包头市红旗路5号", "包头市***"),
        ("南宁市五象新区大道1号", "南宁市***"),
        ("南宁市万象城市场3号", "南宁市***"),
        ("江苏苏州工业园区星湖街1号", "江苏苏州***"),
        # No province and no prefecture: nothing is certain.
        ("阳光小区3栋2单元", "***"),
        ("民族大道100号", "***"),
        ("Flat 3, 12 Nathan Road", "***"),
        ("", None),
        (None, None),
    ],
)
def test_addresses(address: str | None, shown: str | None) -> None:
    assert masked("address", address) == [shown]


# Without control characters: Python and polars do not agree whether U+001F is blank.
_VALUES = st.one_of(st.none(), st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=30))


@given(st.sampled_from(sorted(masks.MASKS)), st.lists(_VALUES, max_size=6))
def test_every_value_gets_a_mask_of_its_own(pii: str, values: list[str | None]) -> None:
    found = masked(pii, *values)
    assert [mask is None for mask in found] == [not (value or "").strip() for value in values]
    assert found == [masked(pii, value)[0] for value in values]


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_a_mobile_keeps_seven_digits(phone: str) -> None:
    assert masked("phone", phone) == [f"{phone[:3]}****{phone[7:]}"]


@given(st.text(alphabet="0123456789Xx+-() ", max_size=25))
def test_no_mask_of_numbers_shows_five_digits_in_a_row(text: str) -> None:
    for pii in ("phone", "id_number", "plate", "name", "address"):
        (mask,) = masked(pii, text)
        assert not any((mask or "")[start : start + 5].isdigit() for start in range(len(mask or "") - 4))


@given(
    st.sampled_from(sorted(lexicon.CITIES)),
    st.sampled_from(["民族大道", "人民路", "解放巷", "中山北路", "红旗路"]),
    st.integers(1, 9999),
    st.sampled_from(["阳光小区", "翡翠园", "城市花园", "都市新区花园", "东方县城"]),
)
@example("南宁", "民族大道", 1, "阳光小区")
def test_an_address_never_shows_its_street_or_number(city: str, street: str, number: int, estate: str) -> None:
    (mask,) = masked("address", f"{city}市{street}{number}号{estate}3栋501室")
    assert mask == f"{city}市***"


def test_check_character_of_gb_11643() -> None:
    # Weights 2^17 mod 11 ...: 7 9 10 5 8 4 2 1 6 3 7 9 10 5 8 4 2. For 11010519491231002 the products are
    # 7+9+0+5+0+20+2+9+24+27+7+18+30+5+0+0+4 = 167, 167 mod 11 = 2, and 2 stands for X (GB 11643-1999, annex).
    assert has_valid_check_digit("11010519491231002X")
    # 44052418800101001: 28+36+0+25+16+16+2+8+48+0+0+9+0+5+0+0+2 = 195, 195 mod 11 = 8, and 8 stands for 4.
    assert has_valid_check_digit("440524188001010014")
    assert not has_valid_check_digit("440524188001010015")
