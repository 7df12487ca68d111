"""What people may still read of a value: the masks of close-reading §4.2, as polars expressions that stream.

One function per pii class. An unrecognised value becomes ``***``: a mask shows nothing that it does not understand. Null and
blank become null. Pseudonyms for joins are in ``tokens.py``, free text in ``redaction.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import polars as pl

from pipeline.desensitize import tokens
from pipeline.redact import lexicon

HIDDEN = "***"


def mask(value: pl.Expr, pii: str) -> pl.Expr:
    """The mask of a string column of pii class ``pii``, to be named with ``.alias``; null and blank → null.

    ``pii`` is one of ``MASKS`` (KeyError otherwise). The expression is elementwise and streams.
    """
    rule = MASKS[pii]

    def apply(batch: pl.Series) -> pl.Series:
        # In two steps: as one expression, the inputs of a mask would be computed again at each use.
        masked = rule(batch.to_frame("value")).to_series()
        return masked.set(~batch.str.contains(r"\S").fill_null(False), None)

    return value.map_batches(apply, return_dtype=pl.String, is_elementwise=True)


def mask_names(values: pl.DataFrame) -> pl.DataFrame:
    """张三 → 张*, 欧阳建国 → 欧阳*, a rare surname → *, a name in another script → its first letter + *.

    A resident's name in Han script has at most 6 characters; longer ones (companies) and values with digits are hidden.
    """
    # Nearly all names are a common surname plus one or two characters: they take the fast path.
    name = pl.col("value")
    usual = values.select(name.str.contains(_USUAL_NAME).fill_null(False)).to_series()
    masked = values.select(pl.when(usual).then(pl.concat_str(name.str.slice(0, 1), pl.lit("*")))).to_series()
    if usual.all():
        return masked.to_frame()
    return masked.scatter((~usual).arg_true(), _mask_unusual_names(values.filter(~usual)).to_series()).to_frame()


_ALL_COMPOUND_SURNAMES = lexicon.COMPOUND_SURNAMES | lexicon.RARE_COMPOUND_SURNAMES
# A one-character surname that does not begin a compound surname, then one or two characters.
_USUAL_NAME = "^[" + "".join(sorted(lexicon.SURNAMES - {name[0] for name in _ALL_COMPOUND_SURNAMES})) + r"][\p{Han}--某]{1,2}$"


def _mask_unusual_names(values: pl.DataFrame) -> pl.DataFrame:
    # An already masked value (张**, 张某某) shows no more than before.
    parts = values.with_columns(
        trimmed=pl.col("value").str.strip_chars(),
        masked_by_source=pl.col("value").str.contains(r"[*＊×某]"),
        name=pl.col("value").str.replace_all(r"[\s*＊×xX某]+$", "").str.replace_all(r"\s", ""),
    ).with_columns(single=pl.col("name").str.slice(0, 1), compound=pl.col("name").str.slice(0, 2))
    has_given_name = (pl.col("name").str.len_chars() >= 3) | pl.col("masked_by_source")
    return parts.select(
        pl.when(~pl.col("name").str.contains(r"^\p{Han}{1,6}$"))
        # Names such as 买买提·艾力 have no surname to show.
        .then(
            pl.when(pl.col("name").str.contains(r"^\p{Han}+(?:[·•.・]\p{Han}+)+$"))
            .then(pl.lit("*"))
            .when(pl.col("trimmed").str.contains(r"^[\p{L}--\p{Han}][\p{L}\p{M} .'’\-·--\p{Han}]*$"))
            .then(pl.concat_str(pl.col("trimmed").str.slice(0, 1).str.to_uppercase(), pl.lit("*")))
            .otherwise(pl.lit(HIDDEN))
        )
        .when(has_given_name & pl.col("compound").is_in(sorted(lexicon.COMPOUND_SURNAMES)))
        .then(pl.concat_str(pl.col("compound"), pl.lit("*")))
        .when(has_given_name & pl.col("compound").is_in(sorted(lexicon.RARE_COMPOUND_SURNAMES)))
        .then(pl.lit("*"))
        .when(pl.col("single").is_in(sorted(lexicon.SURNAMES)))
        .then(pl.concat_str(pl.col("single"), pl.lit("*")))
        .otherwise(pl.lit("*"))
    )


def mask_phones(values: pl.DataFrame) -> pl.DataFrame:
    """13800138000 → 138****8000; a landline keeps its area code and last two digits: 0771-*****45."""
    number = pl.col("number")
    # Area codes: 010, 02x, and four digits from 03xx on; then 7 or 8 digits.
    short_area = number.str.contains(r"^0(?:10|2[0-9])[2-9][0-9]{6,7}$")
    long_area = number.str.contains(r"^0[3-9][0-9]{2}[2-9][0-9]{6,7}$")
    return values.select(number=tokens.normalise_phone(pl.col("value"))).select(
        pl.when(number.str.contains(r"^1[3-9][0-9]{9}$"))
        .then(pl.concat_str(number.str.slice(0, 3), pl.lit("****"), number.str.slice(-4)))
        .when(short_area)
        .then(pl.concat_str(number.str.slice(0, 3), pl.lit("-*****"), number.str.slice(-2)))
        .when(long_area)
        .then(pl.concat_str(number.str.slice(0, 4), pl.lit("-*****"), number.str.slice(-2)))
        .otherwise(pl.lit(HIDDEN))
    )


def mask_id_numbers(values: pl.DataFrame) -> pl.DataFrame:
    """Province code + 16 stars for a resident identity number of 18 (or, before 2013, 15) digits.

    Not the first six and last four: that would hide only the birth date, about 3,300 values after the check digit.
    """
    number = pl.col("number")
    return values.select(number=tokens.normalise_id_number(pl.col("value"))).select(
        pl.when(number.str.contains(_ID_NUMBER))
        .then(pl.concat_str(number.str.slice(0, 2), pl.lit("*" * 16)))
        .otherwise(pl.lit(HIDDEN))
    )


_ID_NUMBER = rf"^(?:{'|'.join(sorted(lexicon.PROVINCE_CODES))})(?:[0-9]{{15}}[0-9X]|[0-9]{{13}})$"


def mask_emails(values: pl.DataFrame) -> pl.DataFrame:
    """anna@example.cn → a***@example.cn; a local part of one character is hidden completely."""
    address = pl.col("address")
    return values.select(address=tokens.normalise_email(pl.col("value"))).select(
        pl.when(~address.str.contains(r"^[^@]+@[^@]+\.[^@.]+$").fill_null(False))
        .then(pl.lit(HIDDEN))
        .when(address.str.contains(r"^[^@]{2}"))
        .then(pl.concat_str(address.str.slice(0, 1), pl.lit("***"), address.str.extract(r"(@.*)$", 1)))
        .otherwise(pl.concat_str(pl.lit("***"), address.str.extract(r"(@.*)$", 1)))
    )


def mask_plates(values: pl.DataFrame) -> pl.DataFrame:
    """桂A12312 → 桂A·***12, and 桂AD12345 (new energy, eight characters) → 桂A·****45."""
    plate = pl.col("plate")
    return values.select(plate=tokens.normalise_plate(pl.col("value"))).select(
        pl.when(plate.str.contains(rf"^[{lexicon.PLATE_PROVINCES}][A-Z][A-Z0-9]{{4}}[A-Z0-9挂学警港澳]$"))
        .then(pl.concat_str(plate.str.slice(0, 2), pl.lit("·***"), plate.str.slice(-2)))
        .when(plate.str.contains(rf"^[{lexicon.PLATE_PROVINCES}][A-Z][A-Z0-9]{{6}}$"))
        .then(pl.concat_str(plate.str.slice(0, 2), pl.lit("·****"), plate.str.slice(-2)))
        .otherwise(pl.lit(HIDDEN))
    )


def mask_devices(values: pl.DataFrame) -> pl.DataFrame:
    """The last four characters of a device id of eight or more; shorter ones are hidden completely."""
    device = pl.col("device")
    return values.select(device=tokens.normalise_device(pl.col("value"))).select(
        pl.when(device.str.len_chars() >= 8).then(pl.concat_str(pl.lit(HIDDEN), device.str.slice(-4))).otherwise(pl.lit(HIDDEN))
    )


def _any_of(words: Iterable[str]) -> str:
    """Alternatives, the longest first: of two with the same beginning, the longer one is meant."""
    return "|".join(sorted(words, key=lambda word: (-len(word), word)))


_PROVINCE = "|".join(
    [f"(?:{_any_of(lexicon.PROVINCES)})省?", *(f"{short}(?:{suffix})?" for short, suffix in lexicon.REGIONS.items())]
)
_CITY = "|".join(
    [
        f"(?:{_any_of(lexicon.MUNICIPALITIES)})市?(?:市辖区|县)?",
        f"(?:{_any_of(lexicon.CITIES)})市?",
        *(f"(?:{_any_of(names)})\\p{{Han}}{{0,10}}?{suffix}" for suffix, names in lexicon.PREFECTURES.items()),
    ]
)
# 吉林市 is a city, not the province 吉林 followed by something.
_HEAD = rf"^(?:吉林市|(?:{_PROVINCE})?(?:{_CITY})?)"
# A county-level division after a province or city: the shortest piece with such an ending.
_DISTRICT = r"^\p{Han}{0,9}?(?:自治县|自治旗|林区|特区|[县区旗市])"
# Pieces that end like a district but are not: estates, and words that end in 市.
_NO_DISTRICT = (
    r"(?:[小社园校厂院街景库片墓]|住宅|生活|宿舍|别墅|家属|商务|商业|步行|工业|服务|功能|安置|改造)区$"
    r"|^(?:城|夜|菜|门|都|花|闹|股|上|早|集)市$|超市$|^[县区旗市]$"
)
# A road or village inside the piece means that its ending belongs to something smaller than a district. The characters
# may begin a district's name (道里区, 路桥区) or stand just before its last character (新乡县).
_BELOW_DISTRICT = r"\p{Han}[路街道巷弄村镇乡]\p{Han}+[县区旗市]$"
# Only Inner Mongolia has banners (旗); elsewhere 红旗 begins many names.
_BANNER_LAND = r"^内蒙古|呼和浩特|包头|赤峰|通辽|鄂尔多斯|呼伦贝尔|巴彦淖尔|乌兰察布|兴安盟|锡林郭勒|阿拉善"


def mask_addresses(values: pl.DataFrame) -> pl.DataFrame:
    """Province, city and district as far as written, then ***: 广西南宁市青秀区民族大道 → 广西南宁市青秀区***.

    The province may be missing; without a province or prefecture from the lexicon everything is hidden.
    """
    address, rest, following = pl.col("address"), pl.col("rest"), pl.col("following")
    head, district = pl.col("head"), pl.col("district")
    # Cutting a pattern off and measuring the rest is four times as fast as capturing the match.
    parts = (
        values.select(address=pl.col("value").str.replace_all(r"[\s,，、/|\-]+", "").str.strip_prefix("中国"))
        .with_columns(rest=address.str.replace(_HEAD, ""))
        .with_columns(following=rest.str.replace(_DISTRICT, ""))
        .select(
            following,
            head=address.str.head(address.str.len_chars() - rest.str.len_chars()),
            district=rest.str.head(rest.str.len_chars() - following.str.len_chars()),
        )
    )
    refused = (
        district.str.contains(_NO_DISTRICT)
        | district.str.contains(_BELOW_DISTRICT)
        # 红旗路, 市场, 县前街, 区府路: the last character belongs to the next word.
        | following.str.contains("^(?:大?[路街巷道]|胡同)")
        | (district.str.ends_with("市") & following.str.contains("^[场民政]"))
        | (district.str.ends_with("县") & following.str.contains("^[前城府衙]"))
        | (district.str.ends_with("区") & following.str.starts_with("府"))
        | (district.str.ends_with("旗") & ~head.str.contains(_BANNER_LAND))
    )
    return parts.select(
        pl.when(head.str.len_bytes() == 0)
        .then(pl.lit(HIDDEN))
        .when(refused)
        .then(pl.concat_str(head, pl.lit(HIDDEN)))
        .otherwise(pl.concat_str(head, district, pl.lit(HIDDEN)))
    )


# One rule per pii class: a frame with the single column `value` in, a frame with one column of masks out.
MASKS: dict[str, Callable[[pl.DataFrame], pl.DataFrame]] = {
    "name": mask_names,
    "phone": mask_phones,
    "id_number": mask_id_numbers,
    "address": mask_addresses,
    "email": mask_emails,
    "plate": mask_plates,
    "device": mask_devices,
}
