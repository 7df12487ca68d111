"""Real districts with code, area and kind, and made-up addresses in them.

Which enterprise serves which district is decided in ``network``. Codes by GB/T 2260, areas in km² rounded as published by
the local governments; street names are common ones, house numbers are drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.sample.draws import Column, Ints, choose, joined, numbered, take


@dataclass(frozen=True)
class District:
    """One county-level division; ``urbanicity`` is urban, suburban or rural."""

    code: str
    province: str
    city: str
    name: str
    area_km2: float
    urbanicity: str
    area_code: str
    """Telephone area code of the city."""
    plate: str
    """Number plate letters of the city."""

    @property
    def full_name(self) -> str:
        return f"{self.province}{self.city}{self.name}"


def _city(province: str, city: str, area_code: str, plate: str, *districts: tuple[str, str, float, str]) -> tuple[District, ...]:
    return tuple(
        District(code, province, city, name, area, urbanicity, area_code, plate) for code, name, area, urbanicity in districts
    )


_GUANGXI = (
    *_city(
        "广西壮族自治区", "南宁市", "0771", "桂A",
        ("450103", "青秀区", 865, "urban"), ("450102", "兴宁区", 723, "urban"), ("450107", "西乡塘区", 1076, "urban"),
        ("450105", "江南区", 1183, "urban"), ("450108", "良庆区", 1369, "suburban"), ("450109", "邕宁区", 1231, "suburban"),
    ),
    *_city(
        "广西壮族自治区", "柳州市", "0772", "桂B",
        ("450202", "城中区", 78, "urban"), ("450204", "柳南区", 172, "urban"), ("450205", "柳北区", 285, "urban"),
        ("450203", "鱼峰区", 485, "urban"), ("450206", "柳江区", 2504, "suburban"),
    ),
    *_city("广西壮族自治区", "南宁市", "0771", "桂A", ("450110", "武鸣区", 3389, "suburban"), ("450126", "宾阳县", 2298, "rural")),
    *_city(
        "广西壮族自治区", "桂林市", "0773", "桂C",
        ("450305", "七星区", 70, "urban"), ("450304", "象山区", 88, "urban"), ("450302", "秀峰区", 43, "urban"),
        ("450312", "临桂区", 2247, "suburban"), ("450321", "阳朔县", 1428, "rural"),
    ),
    *_city(
        "广西壮族自治区", "北海市", "0779", "桂E",
        ("450502", "海城区", 148, "urban"), ("450503", "银海区", 423, "suburban"), ("450521", "合浦县", 2762, "rural"),
    ),
    *_city("广西壮族自治区", "柳州市", "0772", "桂B", ("450222", "柳城县", 2124, "rural"), ("450223", "鹿寨县", 2974, "rural")),
    *_city("广西壮族自治区", "南宁市", "0771", "桂A", ("450181", "横州市", 3448, "rural")),
)  # fmt: skip

_GUANGDONG = (
    *_city(
        "广东省", "广州市", "020", "粤A",
        ("440106", "天河区", 96, "urban"), ("440105", "海珠区", 90, "urban"), ("440104", "越秀区", 34, "urban"),
        ("440103", "荔湾区", 59, "urban"), ("440111", "白云区", 796, "urban"), ("440112", "黄埔区", 484, "urban"),
        ("440113", "番禺区", 530, "suburban"), ("440114", "花都区", 970, "suburban"), ("440117", "从化区", 1975, "rural"),
    ),
    *_city(
        "广东省", "佛山市", "0757", "粤E",
        ("440604", "禅城区", 154, "urban"), ("440605", "南海区", 1074, "suburban"), ("440606", "顺德区", 806, "suburban"),
        ("440607", "三水区", 874, "rural"), ("440608", "高明区", 960, "rural"),
    ),
    *_city("广东省", "广州市", "020", "粤A", ("440118", "增城区", 1617, "suburban"), ("440115", "南沙区", 784, "suburban")),
    *_city(
        "广东省", "深圳市", "0755", "粤B",
        ("440304", "福田区", 79, "urban"), ("440305", "南山区", 187, "urban"), ("440306", "宝安区", 397, "urban"),
        ("440307", "龙岗区", 388, "suburban"),
    ),
)  # fmt: skip

_ZHEJIANG = (
    *_city(
        "浙江省", "杭州市", "0571", "浙A",
        ("330106", "西湖区", 312, "urban"), ("330108", "滨江区", 72, "urban"), ("330102", "上城区", 122, "urban"),
        ("330105", "拱墅区", 119, "urban"), ("330110", "余杭区", 940, "suburban"), ("330109", "萧山区", 931, "suburban"),
        ("330111", "富阳区", 1821, "suburban"), ("330122", "桐庐县", 1829, "rural"),
    ),
    *_city(
        "浙江省", "宁波市", "0574", "浙B",
        ("330203", "海曙区", 595, "urban"), ("330205", "江北区", 208, "urban"), ("330212", "鄞州区", 814, "urban"),
        ("330206", "北仑区", 615, "suburban"), ("330211", "镇海区", 246, "suburban"),
    ),
    *_city("浙江省", "杭州市", "0571", "浙A", ("330112", "临安区", 3119, "rural")),
)  # fmt: skip

PROVINCES: tuple[tuple[District, ...], ...] = (_GUANGXI, _GUANGDONG, _ZHEJIANG)
"""Districts by province, in the order in which an enterprise based there adds them to its service area."""

_STREETS = [
    "民族大道",
    "人民路",
    "解放路",
    "中山路",
    "建设路",
    "和平路",
    "新华路",
    "朝阳路",
    "金湖路",
    "星湖路",
    "长湖路",
    "滨江路",
    "文化路",
    "学院路",
    "东环路",
    "西环路",
    "南湖路",
    "北湖路",
    "友爱路",
    "园湖路",
    "桃源路",
    "古城路",
    "体育路",
    "科技路",
    "创业路",
    "兴业路",
    "迎宾路",
    "振兴路",
    "安康路",
    "幸福路",
]
_ESTATES = [
    "阳光花园",
    "翠湖新城",
    "碧水苑",
    "金色家园",
    "丽景小区",
    "锦绣苑",
    "江南名府",
    "荣和山水",
    "盛世龙庭",
    "书香门第",
    "丹桂园",
    "银杏小区",
]


def addresses(rng: np.random.Generator, districts: tuple[District, ...], positions: Ints) -> Column:
    """A made-up address in each of the districts at the given positions."""
    count = len(positions)
    even = np.ones(max(len(_STREETS), len(_ESTATES)))
    street = joined(
        take([district.full_name for district in districts], positions),
        take(_STREETS, choose(rng, even[: len(_STREETS)], count)),
        numbered("", rng.integers(1, 289, count), width=1),
        "号",
    )
    flat = joined(
        take(_ESTATES, choose(rng, even[: len(_ESTATES)], count)),
        numbered("", rng.integers(1, 31, count), width=1),
        "栋",
        numbered("", rng.integers(1, 27, count) * 100 + rng.integers(1, 5, count), width=1),
        "室",
    )
    return joined(street, flat)
