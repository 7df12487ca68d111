"""Governance registers and assessments: process steps, complaint channels, prices, checklists.

Experts' judgements are in ``experts``, events in the event modules.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from pipeline.sample.clock import Clock
from pipeline.sample.draws import conform, stream
from pipeline.sample.profiles import Profile

_STEPS = {
    "受理": True, "派工": True, "现场服务": True, "投诉处理": True, "备件供应": True, "回访": True, "结算": True, "质量检查": True,
    "远程支持": True, "退换货": True, "资料归档": False, "培训": False,
}  # fmt: skip
_PRICES = [
    "上门费",
    "检测费",
    "移机费",
    "清洗费",
    "安装费",
    "延保费",
    "高空作业费",
    "材料费",
    "调试费",
    "更换主板",
    "更换压缩机",
    "更换屏幕",
    "更换电池",
    "数据恢复",
    "软件升级",
    "系统部署",
    "远程诊断",
    "年度维保",
    "加急费",
    "培训费",
]
_CHECKLISTS = {
    "R4-2": ("远程诊断", "视频协助", "日志采集", "知识库链接", "系统可用性"),
    "R4-3": ("安装手册", "维修手册", "电路图", "备件图册", "常见问题", "软件版本说明"),
    "P3-2": ("服务项目公示", "收费标准公示", "服务承诺公示", "联系方式公示", "网站公示", "门店公示"),
    "O4-3": ("绝缘手套", "安全带", "警示牌", "漏电检测仪", "作业票"),
    "I3-2": ("智能客服", "远程诊断", "移动服务", "大数据分析", "预测性维护", "智能派工"),
}  # fmt: skip


def process_steps(seed: int, profile: Profile, clock: Clock) -> pl.DataFrame:
    """Steps of the service process; more key steps are monitored over time."""
    rng = stream(seed, profile.enterprise_id, "process_steps")
    first, last = clock.quarters[0], clock.quarters[-1]
    rows = []
    for number, (name, is_key) in enumerate(_STEPS.items(), start=1):
        since: dt.date | None = first.first_day - dt.timedelta(days=int(rng.integers(100, 1500)))
        if rng.random() > profile.between("monitoring", first, 0.7, 1.0):
            late = first.first_day + dt.timedelta(days=int(rng.integers(10, (last.end_day - first.first_day).days + 200)))
            since = late if late < last.end_day else None
        rows.append(
            {
                "enterprise_id": profile.enterprise_id,
                "step_id": f"PS{number:02d}",
                "name": name,
                "is_key": is_key,
                "monitored_since": since,
            }
        )
    # One step became a key step in the middle of the first quarter.
    change = first.first_day + dt.timedelta(days=45)
    archived = next(row for row in rows if not row["is_key"])
    rows.append({**archived, "is_key": True, "valid_from": change})
    archived["valid_to"] = change
    return pl.DataFrame(rows, schema=conform("process_steps", {}, 0).schema)


def complaint_channels(seed: int, profile: Profile, clock: Clock) -> pl.DataFrame:
    """Complaint channels, one version per quarter: whether published, and when a probe last passed."""
    rng = stream(seed, profile.enterprise_id, "complaint_channels")
    rows: list[dict[str, object]] = []
    for channel in ("phone", "online", "letter", "onsite", "other"):
        probed: dt.date | None = None
        for quarter in clock.quarters:
            if rng.random() < profile.between("complaints", quarter, 0.5, 0.95):
                probed = quarter.first_day + dt.timedelta(days=int(rng.integers(5, 80)))
            rows.append(
                {
                    "enterprise_id": profile.enterprise_id,
                    "channel": channel,
                    "published": channel != "other" and (channel != "letter" or profile.level("complaints", quarter) > 0.5),
                    "last_probe_passed_on": probed,
                    "valid_from": None if quarter == clock.quarters[0] else quarter.first_day,
                    "valid_to": None if quarter == clock.quarters[-1] else quarter.end_day,
                }
            )
    return pl.DataFrame(rows, schema=conform("complaint_channels", {}, 0).schema)


def price_items(seed: int, profile: Profile, clock: Clock) -> pl.DataFrame:
    """Price items; most of those unpublished at the sample's start are published by its second year."""
    rng = stream(seed, profile.enterprise_id, "price_items")
    rows = []
    for number in range(1, len(_PRICES) + 1):
        row = {
            "enterprise_id": profile.enterprise_id,
            "item_id": f"PR-{number:03d}",
            "is_chargeable": bool(rng.random() < 0.85),
            "is_published": bool(rng.random() < profile.between("price", clock.quarters[0], 0.82, 1.0)),
        }
        if not row["is_published"] and len(clock.quarters) > 2 and rng.random() < 0.6:
            change = clock.quarters[len(clock.quarters) // 2].first_day + dt.timedelta(days=int(rng.integers(1, 80)))
            rows.append({**row, "valid_to": change})
            row = {**row, "is_published": True, "valid_from": change}
        rows.append(row)
    return pl.DataFrame(rows, schema=conform("price_items", {}, 0).schema)


def checklist_items(seed: int, profile: Profile, clock: Clock) -> pl.DataFrame:
    """Assessments of the qualitative indicators: one before the sample begins, then each June and December."""
    rng = stream(seed, profile.enterprise_id, "checklists")
    first, last = clock.quarters[0], clock.quarters[-1]
    days = [first.first_day - dt.timedelta(days=20)]
    days += [dt.date(year, month, 12) for year in range(first.year, last.year + 1) for month in (6, 12)]
    rows = []
    for indicator_id, items in _CHECKLISTS.items():
        weights = [float(rng.choice([1.0, 1.5, 2.0])) for _ in items]
        achieved = [float(rng.choice([0.0, 0.5, 0.8, 1.0], p=[0.1, 0.3, 0.25, 0.35])) for _ in items]
        for day in days:
            if not first.first_day - dt.timedelta(days=30) <= day < last.end_day:
                continue
            for place, item in enumerate(items):
                if day != days[0] and rng.random() < profile.between("innovation", first, 0.15, 0.4):
                    achieved[place] = min(1.0, round(achieved[place] + 0.2, 1))
                rows.append(
                    {
                        "enterprise_id": profile.enterprise_id,
                        "indicator_id": indicator_id,
                        "item": item,
                        "assessed_on": day,
                        "weight": weights[place],
                        "achieved": achieved[place],
                        "evidence": f"检查记录{day:%Y%m}-{place + 1:02d}",
                    }
                )
    return pl.DataFrame(rows, schema=conform("checklist_items", {}, 0).schema)
