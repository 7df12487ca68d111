"""Made-up personal data have the shape and the check digits of real ones."""

from __future__ import annotations

import re

import numpy as np
import polars as pl

from pipeline.sample.draws import Column, stream, take
from pipeline.sample.names import bank_cards, emails, id_numbers, landlines, mobiles, people, plates, spaced, spoken
from pipeline.sample.places import PROVINCES, addresses

COUNT = 500


def check_digit(body: str) -> str:
    """ISO 7064 MOD 11-2 as a recursion over the digits, another way than the weights of GB 11643."""
    remainder = 0
    for digit in body:
        remainder = (remainder + int(digit)) * 2 % 11
    return "10X98765432"[remainder % 11]


def luhn_holds(number: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def test_the_tests_own_check_digits_are_right() -> None:
    # The worked example of GB 11643-1999 and the Luhn number of ISO/IEC 7812-1, annex B.
    assert check_digit("11010519491231002") == "X"
    assert luhn_holds("49927398716")
    assert not luhn_holds("49927398717")


def test_identity_numbers_carry_district_birth_date_and_check_digit() -> None:
    codes = take(["450103", "440106"], np.arange(COUNT) % 2)
    for code, number in zip(codes.series(), id_numbers(stream(1, "id"), codes).series(), strict=True):
        assert re.fullmatch(r"\d{17}[\dX]", number)
        assert number.startswith(code)
        assert "19500101" <= number[6:14] <= "20041231"
        assert number[17] == check_digit(number[:17])


def test_bank_cards_pass_luhn() -> None:
    cards = bank_cards(stream(1, "cards"), COUNT).series().to_list()
    assert all(len(card) == 19 and luhn_holds(card) for card in cards)


def everywhere(text: str) -> Column:
    return take([text], np.zeros(COUNT, dtype=np.int64))


def test_phones_plates_and_mail_have_valid_shape() -> None:
    rng = stream(1, "shapes")
    assert all(re.fullmatch(r"1[3-9]\d{9}", number) for number in mobiles(rng, COUNT).series())
    assert all(re.fullmatch(r"0771-[2-8]\d{6}", number) for number in landlines(rng, everywhere("0771")).series())
    made = plates(rng, everywhere("桂A")).series().to_list()
    assert all(re.fullmatch(r"桂A[A-HJ-NP-Z]\d{4}|桂AD\d{5}", plate) for plate in made)
    assert {len(plate) for plate in made} == {7, 8}
    assert all(re.fullmatch(r"[a-z0-9._]+@example\.(com|org|net)", address) for address in emails(rng, COUNT).series())


def test_names_have_compound_surnames_and_one_or_two_given_characters() -> None:
    names = people(stream(1, "people"), 5000).series().to_list()
    assert all(re.fullmatch(r"\w{2,4}", name) for name in names)
    assert any(name.startswith(("欧阳", "诸葛", "上官", "司徒")) for name in names)


def test_numbers_are_spoken_and_spaced() -> None:
    numbers = pl.Series(["13800138019"])
    assert spoken(numbers)[0] == "幺三八零零幺三八零幺九"
    assert spoken(numbers, says_yao=False)[0] == "一三八零零一三八零一九"
    assert spaced(numbers)[0] == "138 0013 8019"


def test_addresses_lie_in_their_district() -> None:
    home = PROVINCES[0]
    positions = np.arange(len(home))
    for district, address in zip(home, addresses(stream(1, "places"), home, positions).series(), strict=True):
        assert address.startswith(district.full_name)
        assert re.search(r"\d+号.+\d+栋\d+室$", address)


def test_districts_are_real_ones_told_apart_by_code() -> None:
    districts = [district for province in PROVINCES for district in province]
    assert len({district.code for district in districts}) == len(districts)
    assert {district.urbanicity for district in districts} == {"urban", "suburban", "rural"}
    # GB/T 2260: 45 Guangxi, 44 Guangdong, 33 Zhejiang.
    first_digits = {"广西壮族自治区": "45", "广东省": "44", "浙江省": "33"}
    assert all(district.code.startswith(first_digits[district.province]) for district in districts)
