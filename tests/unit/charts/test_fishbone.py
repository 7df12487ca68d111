"""The fishbone: whole SVG in which every word of long texts stands, each within its bone."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from pipeline.charts.drawing import png
from pipeline.charts.fishbone import Bone, Cause, fishbone, wrapped
from pipeline.charts.labels import text_width

LONG = "新员工占比高，三个月内上岗的工程师占四成，故障判断依赖电话支持 & <复杂故障>首次上门无法解决，平均多派 1.8 次单"
_SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("text", [LONG, "Spare parts for compressors are out of stock in county depots", "x" * 80, "", "短"])
def test_lines_hold_all_of_a_text(text: str) -> None:
    lines = wrapped(text, 150)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    # A closing mark stays with its word, whatever it adds.
    assert all(text_width(line.rstrip("，。；：、？！）")) * 13 / 12 <= 150 for line in lines)
    assert not [line for line in lines[1:] if line[:1] in "，。；：、？！）"]


def test_a_whole_drawing() -> None:
    bones = [Bone(name, (Cause(LONG, True, f"{name}：{LONG}"), Cause("短", False, "短"))) for name in "人机料法"]
    drawn = fishbone(
        "P2-3a 平均问题解决时间 5.51 小时（要求 ≤ 4 小时）", [*bones, Bone("环", (), "无记录"), Bone("测", ())], "说明 <&>"
    )
    assert drawn == fishbone(
        "P2-3a 平均问题解决时间 5.51 小时（要求 ≤ 4 小时）", [*bones, Bone("环", (), "无记录"), Bone("测", ())], "说明 <&>"
    )
    root = ET.fromstring(drawn)
    assert root.attrib["viewBox"].split()[2:] == [root.attrib["width"], root.attrib["height"]]
    assert root.attrib["aria-label"] == "说明 <&>"
    causes = [each for each in root.iter(f"{_SVG}g") if each.attrib.get("aria-label")]
    assert len(causes) == 8
    for each in causes:
        said = "".join(text.text or "" for text in each.iter(f"{_SVG}text"))
        assert said.replace(" ", "") in each.attrib["aria-label"].replace(" ", "")
        # All of it lies within the drawing.
        assert all(0 < float(text.attrib["y"]) < float(root.attrib["height"]) for text in each.iter(f"{_SVG}text"))
    assert "无记录" in drawn
    assert len(drawn.encode()) < 60_000
    assert png(drawn).startswith(b"\x89PNG")
