"""Made-up deliveries, as people export them; nothing in them is of anybody."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

import pytest
from made_deliveries import PEOPLE, Write, moment


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a delimited file into the landing folder."""

    def _write(name: str, header: str, rows: Iterable[Iterable[object]], delimiter: str = ",", encoding: str = "utf-8") -> Path:
        folder = tmp_path / "landing"
        folder.mkdir(exist_ok=True)
        path = folder / name
        with path.open("w", encoding=encoding, newline="") as file:
            writer = csv.writer(file, delimiter=delimiter)
            writer.writerow(header.split(","))
            writer.writerows(rows)
        return path

    return _write


@pytest.fixture
def repair_shop(write: Write) -> Path:
    """Orders of a repair shop in Chinese: semicolons, GB18030, days before months, and people."""
    form = "%d/%m/%Y %H:%M"
    return write(
        "工单导出.csv",
        "工单号,客户编号,客户姓名,联系电话,地址,产品,故障描述,来源,优先级,登记时间,响应时间,完成时间,状态,费用,备注",
        (
            (
                *(f"W{row:05d}", f"C{row % 23:03d}", PEOPLE[row % 6], 13910000000 + row * 7919, f"海淀区中关村大街{row}号"),
                *(("空调", "冰箱", "洗衣机")[row % 3], f"不制冷，已{row}次", ("热线", "门店", "微信", "上门")[row % 4]),
                *(
                    ("紧急", "一般")[row % 2],
                    moment(row, 0, form),
                    moment(row, 1, form),
                    moment(row, 5, form) if row % 9 else "待定",
                ),
                *("已关闭" if row % 9 else "处理中", f"{1000 + row}.50", "-" if row % 2 else "客户很满意"),
            )
            for row in range(60)
        ),
        ";",
        "gb18030",
    )


@pytest.fixture
def event_log(write: Write) -> Path:
    """Three events of each order."""
    states = ("新建", "处理中", "已解决")
    return write(
        "事件.csv",
        "工单,状态,时间,处理人,品类",
        ((f"T{row}", state, moment(row, place), f"E{row % 4}", "空调") for row in range(20) for place, state in enumerate(states)),
    )


@pytest.fixture
def change_log(write: Write) -> Path:
    """The whole order after every change."""
    states = ("New", "In Progress", "Resolved", "Closed")
    return write(
        "tickets.csv",
        "ticket number,state,version,opened at,caller id,priority",
        (
            (f"INC{row:04d}", state, place, moment(row, 0, "%d/%m/%Y %H:%M"), f"P{row % 7}", "2 - High" if row % 5 else "4 - Low")
            for row in range(30)
            for place, state in enumerate(states)
        ),
    )


@pytest.fixture
def wide_survey(write: Write) -> Path:
    """A survey in Chinese, one row per sheet: six questions answered in words."""
    words = ("非常满意", "满意", "一般", "不满意", "非常不满意")
    questions = [f"{number}、您对{what}的满意度" for number, what in enumerate(("响应", "态度", "质量", "价格", "总体", "配件"), 1)]
    return write(
        "满意度答卷.csv",
        ",".join(["序号", "提交答卷时间", "来源", *questions]),
        ((row + 1, moment(row), ("微信", "短信")[row % 2], *(words[(row + place) % 5] for place in range(6))) for row in range(40)),
    )
