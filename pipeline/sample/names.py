"""Made-up Chinese names, phone numbers, identity numbers, plates, bank cards and e-mail addresses of valid shape.

Check digits are right, so that detectors of personal data find them. All values are drawn, none is real; e-mail addresses
use the domains reserved for examples (RFC 2606). Places are in ``places``.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.sample.draws import Column, Ints, chance, choose, joined, numbered, take, where_text

# Surnames with their share in percent (census of 2020, rounded); compound ones at a share that makes them appear.
_SURNAMES = {
    "王": 7.2, "李": 7.2, "张": 6.8, "刘": 5.1, "陈": 4.5, "杨": 3.1, "黄": 2.2, "赵": 2.0, "吴": 2.0, "周": 1.9, "徐": 1.5,
    "孙": 1.5, "马": 1.3, "朱": 1.2, "胡": 1.2, "郭": 1.1, "何": 1.1, "高": 1.0, "林": 1.0, "罗": 0.9, "郑": 0.9, "梁": 0.8,
    "谢": 0.7, "宋": 0.7, "唐": 0.7, "许": 0.6, "韩": 0.6, "邓": 0.6, "冯": 0.6, "曹": 0.6, "彭": 0.6, "曾": 0.6, "肖": 0.6,
    "田": 0.5, "董": 0.5, "潘": 0.5, "袁": 0.5, "蔡": 0.5, "蒋": 0.5, "余": 0.5, "于": 0.4, "杜": 0.4, "叶": 0.4, "程": 0.4,
    "苏": 0.4, "魏": 0.4, "吕": 0.4, "丁": 0.4, "任": 0.4, "卢": 0.4, "姚": 0.4, "沈": 0.4, "钟": 0.4, "姜": 0.4, "崔": 0.4,
    "谭": 0.4, "陆": 0.3, "范": 0.3, "汪": 0.3, "廖": 0.3, "石": 0.3, "金": 0.3, "韦": 0.9, "覃": 0.5, "莫": 0.4, "农": 0.2,
    "欧阳": 0.3, "上官": 0.1, "司徒": 0.1, "诸葛": 0.1, "慕容": 0.05,
}  # fmt: skip
_GIVEN = tuple(
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅建国志文海燕晓宇欣怡子涵浩然雨泽梓轩佳琪思远俊博嘉豪诗雅清"
    "婷慧颖琳玲凤鑫鹏飞龙春生荣辉斌凯峰旭东立新永康家乐"
)

_MOBILE_PREFIXES = [
    "130",
    "131",
    "132",
    "133",
    "135",
    "136",
    "137",
    "138",
    "139",
    "150",
    "151",
    "152",
    "153",
    "155",
    "156",
    "157",
    "158",
    "159",
    "166",
    "170",
    "171",
    "173",
    "175",
    "176",
    "177",
    "178",
    "180",
    "181",
    "182",
    "183",
    "184",
    "185",
    "186",
    "187",
    "188",
    "189",
    "191",
    "193",
    "195",
    "198",
    "199",
]
_MAIL_DOMAINS = {"example.com": 0.6, "example.org": 0.2, "example.net": 0.2}
_ID_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_ID_CHECK = "10X98765432"
_PLATE_LETTERS = tuple("ABCDEFGHJKLMNPQRSTUVWXYZ")


def people(rng: np.random.Generator, count: int) -> Column:
    """Full names: mostly two given characters, compound surnames among them."""
    family = take(list(_SURNAMES), choose(rng, list(_SURNAMES.values()), count))
    first = take(_GIVEN, rng.integers(0, len(_GIVEN), count))
    second = take(_GIVEN, rng.integers(0, len(_GIVEN), count))
    has_second = chance(rng, 0.82, count)
    return joined(family, first, where_text(has_second, second, ""))


def mobiles(rng: np.random.Generator, count: int) -> Column:
    """Mobile numbers of eleven digits."""
    prefix = take(_MOBILE_PREFIXES, rng.integers(0, len(_MOBILE_PREFIXES), count))
    return joined(prefix, numbered("", rng.integers(0, 100_000_000, count), width=8))


def spoken(numbers: pl.Series, says_yao: bool = True) -> pl.Series:
    """Digits as spoken: 138… becomes 幺三八…, or 一三八… without ``says_yao``."""
    words = list("零一二三四五六七八九")
    if says_yao:
        words[1] = "幺"
    return numbers.to_frame("number").select(pl.col("number").str.replace_many(list("0123456789"), words)).to_series()


def spaced(numbers: pl.Series) -> pl.Series:
    """Mobile numbers as people write them: 138 0013 8000."""
    return numbers.str.replace(r"^(\d{3})(\d{4})", "$1 $2 ")


def landlines(rng: np.random.Generator, area_codes: Column) -> Column:
    """Landline numbers of the given areas, with seven or eight digits after the dash."""
    count = len(area_codes)
    return joined(
        area_codes,
        "-",
        numbered("", rng.integers(2, 9, count), width=1),
        numbered("", rng.integers(0, 10**6, count)),
    )


def id_numbers(rng: np.random.Generator, district_codes: Column) -> Column:
    """Resident identity numbers (GB 11643) with the right check digit; birth dates from 1950 to 2004."""
    count = len(district_codes)
    birth = np.datetime64("1950-01-01") + rng.integers(0, 20_000, count).astype("timedelta64[D]")
    body = joined(
        district_codes,
        pl.Series(birth).dt.strftime("%Y%m%d"),
        numbered("", rng.integers(1, 1000, count), width=3),
    )
    checksum = _digits(body, 17) @ _ID_WEIGHTS % 11
    return joined(body, take(tuple(_ID_CHECK), checksum))


def bank_cards(rng: np.random.Generator, count: int) -> Column:
    """Card numbers of 19 digits that pass the Luhn check (ISO/IEC 7812-1)."""
    body = joined(
        take(["621700", "622848", "621226"], rng.integers(0, 3, count)),
        numbered("", rng.integers(0, 10**12, count), width=12),
    )
    digits = _digits(body, 18)
    # From the right the check digit is the first, so the last digit of the body is doubled.
    doubled = digits[:, 1::2] * 2
    total = (doubled - 9 * (doubled > 9)).sum(axis=1) + digits[:, 0::2].sum(axis=1)
    return joined(body, numbered("", (-total) % 10, width=1))


def plates(rng: np.random.Generator, cities: Column) -> Column:
    """Number plates of the given cities (``桂A``): five characters, or six for new-energy vehicles."""
    count = len(cities)
    letter = take(_PLATE_LETTERS, rng.integers(0, len(_PLATE_LETTERS), count))
    plain = joined(cities, letter, numbered("", rng.integers(0, 10_000, count), width=4))
    new_energy = joined(cities, "D", numbered("", rng.integers(0, 100_000, count), width=5))
    return where_text(chance(rng, 0.6, count), plain, new_energy)


def emails(rng: np.random.Generator, count: int) -> Column:
    """E-mail addresses at domains reserved for examples."""
    words = ["zhang", "wei", "lihua", "chen88", "sunny", "gz.user", "home", "office", "liu_yang", "happy"]
    domain = take(list(_MAIL_DOMAINS), choose(rng, list(_MAIL_DOMAINS.values()), count))
    return joined(
        take(words, rng.integers(0, len(words), count)),
        numbered("", rng.integers(10, 10_000, count), width=2),
        "@",
        domain,
    )


def devices(rng: np.random.Generator, count: int) -> Column:
    """Device tokens of 16 hexadecimal digits."""
    numbers: Ints = rng.integers(0, 2**62, count)
    return Column(count, lambda rows: pl.Series([f"{number:016x}" for number in numbers[rows].tolist()], dtype=pl.String))


def _digits(numbers: Column, width: int) -> NDArray[np.int64]:
    """One row of ``width`` digits per number, each of ``width`` ASCII digits."""
    text = "".join(numbers.series().to_list()).encode("ascii")
    return (np.frombuffer(text, dtype=np.uint8).reshape(len(numbers), width) - ord("0")).astype(np.int64)
