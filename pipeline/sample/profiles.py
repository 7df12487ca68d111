"""Profiles of the sample's enterprises: products, channels, and service quality.

Three archetypes: a manufacturer of household appliances, a retailer of consumer electronics, an IT service company with few
on-site visits. A subject's level is between 0 (poor) and 1 (good); the subject's module translates it into minutes or
percent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pipeline.calendar.quarters import Quarter
from pipeline.sample.effects import Effects

CHANNELS = ("phone", "online", "outlet", "onsite")
SERVICE_TYPES = (
    "installation", "guidance", "maintenance", "repair", "parts", "technical_support", "complaint", "return_exchange",
)  # fmt: skip
INSTALLATION, GUIDANCE, MAINTENANCE, REPAIR, PARTS, TECHNICAL_SUPPORT, COMPLAINT, RETURN_EXCHANGE = range(8)

_SUMMER = (0.4, 0.4, 0.5, 0.7, 1.2, 2.2, 3.2, 3.0, 1.6, 0.7, 0.4, 0.4)
_WINTER = (2.2, 1.8, 1.2, 0.8, 0.6, 0.5, 0.4, 0.4, 0.5, 0.8, 1.6, 2.2)
_EVEN = (1.0,) * 12
_SALES = (1.1, 0.8, 0.9, 0.9, 1.0, 1.3, 1.0, 0.9, 1.0, 1.0, 1.5, 1.3)


_ARCHETYPE_NAMES = {"manufacturer": "家电制造", "retailer": "电子零售", "it_service": "信息技术服务"}


@dataclass(frozen=True)
class Product:
    """A product category: share of sales, demand by month, models, faults with their share, spare parts."""

    name: str
    code: str
    share: float
    months: tuple[float, ...]
    models: tuple[str, ...]
    faults: Mapping[str, float]
    parts: tuple[str, ...]


@dataclass(frozen=True)
class Profile:
    """An enterprise: its service mix, size at 600 requests a quarter, and levels by subject."""

    enterprise_id: str
    archetype: str
    share: float
    """Share of the sample's requests."""
    province: int
    """Its home province, a position in places.PROVINCES."""
    products: tuple[Product, ...]
    channels: tuple[float, ...]
    service_types: tuple[float, ...]
    visit_share: float
    """Share of installations, maintenance and repairs that need a visit on site."""
    business_share: float
    complex_share: float
    measured_share: float
    """Share of resolved repairs whose performance is measured."""
    outlets: int
    staff: int
    roles: Mapping[str, float]
    core_items: tuple[str, ...]
    levels: Mapping[str, float]
    level_elsewhere: float
    improvement: float
    """Increase of every level per year."""
    effects: Effects = field(default_factory=Effects)
    """What is planted into its rows."""

    @property
    def name(self) -> str:
        """What its reports call it."""
        return f"示例{_ARCHETYPE_NAMES[self.archetype]}企业（{self.enterprise_id}）"

    def level(self, subject: str, quarter: Quarter) -> float:
        """The level of a subject in a quarter, 0 to 1."""
        years = quarter.year - 2023 + (quarter.number - 1) / 4
        return min(max(self.levels.get(subject, self.level_elsewhere) + self.improvement * years, 0.0), 1.0)

    def between(self, subject: str, quarter: Quarter, poor: float, good: float) -> float:
        """The value between ``poor`` and ``good`` at the subject's level."""
        return poor + (good - poor) * self.level(subject, quarter)

    def more_contacts_share(self, quarter: Quarter) -> float:
        """Share of the requests that take more than one contact."""
        return self.between("first_contact", quarter, 0.16, 0.045)

    def abandoned_share(self, quarter: Quarter) -> float:
        """Share of the offered calls that are abandoned."""
        return self.between("hotline", quarter, 0.08, 0.028)


_APPLIANCES = (
    Product(
        "空调", "AC", 0.38, _SUMMER, ("KFR-35GW", "KFR-50LW", "KFR-72LW", "KFR-26GW"),
        {"不制冷": 0.34, "漏水": 0.2, "噪音大": 0.18, "显示故障代码": 0.16, "遥控失灵": 0.12},
        ("AC-压缩机", "AC-电控板", "AC-风机", "AC-排水泵"),
    ),
    Product(
        "冰箱", "RF", 0.22, _EVEN, ("BCD-215", "BCD-456", "BCD-602"),
        {"不制冷": 0.4, "结冰": 0.22, "噪音大": 0.2, "门封不严": 0.18}, ("RF-压缩机", "RF-温控器", "RF-门封条"),
    ),
    Product(
        "洗衣机", "WM", 0.24, _EVEN, ("XQG100", "XQB80", "XQG120"),
        {"不脱水": 0.32, "漏水": 0.28, "噪音大": 0.24, "不进水": 0.16}, ("WM-排水泵", "WM-电机", "WM-进水阀"),
    ),
    Product(
        "热水器", "WH", 0.16, _WINTER, ("JSQ25", "ES60", "JSQ30"),
        {"不点火": 0.36, "水温不稳": 0.34, "漏水": 0.3}, ("WH-点火器", "WH-水温传感器", "WH-加热管"),
    ),
)  # fmt: skip
_ELECTRONICS = (
    Product(
        "手机", "MP", 0.4, _SALES, ("P-60", "P-60Pro", "N-12", "X-8"),
        {"屏幕碎裂": 0.32, "电池不耐用": 0.3, "无法开机": 0.2, "信号差": 0.18}, ("MP-屏幕总成", "MP-电池", "MP-主板"),
    ),
    Product(
        "笔记本电脑", "NB", 0.25, _SALES, ("L14", "L16", "T480"),
        {"无法开机": 0.32, "系统卡顿": 0.38, "键盘失灵": 0.3}, ("NB-内存", "NB-固态硬盘", "NB-键盘"),
    ),
    Product(
        "电视机", "TV", 0.2, _EVEN, ("TV-55U", "TV-65U", "TV-75Q"),
        {"黑屏": 0.4, "无声音": 0.25, "花屏": 0.35}, ("TV-电源板", "TV-主板", "TV-背光条"),
    ),
    Product(
        "净水器", "WP", 0.15, _EVEN, ("RO-400", "RO-800"),
        {"漏水": 0.5, "出水慢": 0.5}, ("WP-滤芯", "WP-增压泵"),
    ),
)  # fmt: skip
_IT_SERVICES = (
    Product(
        "服务器", "SV", 0.3, _EVEN, ("R740", "R750", "2288H"),
        {"宕机": 0.3, "硬盘告警": 0.4, "性能下降": 0.3}, ("SV-硬盘", "SV-电源模块", "SV-内存条"),
    ),
    Product(
        "网络设备", "NW", 0.3, _EVEN, ("S5735", "AR651", "AP4050"),
        {"网络中断": 0.35, "丢包": 0.35, "无法登录": 0.3}, ("NW-光模块", "NW-电源"),
    ),
    Product(
        "业务软件", "SW", 0.4, (1.3, 1.0, 1.2, 1.0, 0.9, 1.0, 1.0, 0.9, 1.0, 1.0, 1.0, 1.5), ("ERP-V8", "OA-V5", "CRM-V3"),
        {"无法登录": 0.3, "报表错误": 0.35, "系统卡顿": 0.35}, ("SW-授权码",),
    ),
)  # fmt: skip

_ARCHETYPES = (
    Profile(
        enterprise_id="", archetype="manufacturer", share=0.5, province=0, products=_APPLIANCES,
        channels=(0.5, 0.32, 0.08, 0.1), service_types=(0.16, 0.1, 0.12, 0.4, 0.04, 0.1, 0.03, 0.05),
        visit_share=0.7, business_share=0.04, complex_share=0.15, measured_share=0.93,
        outlets=24, staff=38, roles={"agent": 0.22, "field": 0.36, "technician": 0.26, "expert": 0.06, "manager": 0.1},
        core_items=("制冷检漏", "电气安全检测", "燃气检漏", "振动噪声检测"),
        levels={
            "network": 0.7, "facilities": 0.55, "staffing": 0.6, "certificates": 0.8, "hotline": 0.5, "arrival": 0.6,
            "first_contact": 0.5, "repair": 0.35, "safety": 0.7, "satisfaction": 0.55, "booking": 0.6, "price": 0.6,
        },
        level_elsewhere=0.48, improvement=0.05,
    ),
    Profile(
        enterprise_id="", archetype="retailer", share=0.35, province=1, products=_ELECTRONICS,
        channels=(0.3, 0.4, 0.28, 0.02), service_types=(0.08, 0.14, 0.05, 0.38, 0.05, 0.12, 0.05, 0.13),
        visit_share=0.25, business_share=0.06, complex_share=0.1, measured_share=0.88,
        outlets=16, staff=24, roles={"agent": 0.34, "field": 0.18, "technician": 0.3, "expert": 0.04, "manager": 0.14},
        core_items=("屏幕检测", "电池检测", "数据恢复", "电源检测"),
        levels={
            "network": 0.9, "facilities": 0.3, "staffing": 0.4, "certificates": 0.55, "hotline": 0.35, "online": 0.6,
            "booking": 0.5, "arrival": 0.4, "first_contact": 0.5, "price": 0.4, "complaints": 0.4, "forms": 0.45,
            "satisfaction": 0.4, "safety": 0.5,
        },
        level_elsewhere=0.4, improvement=0.02,
    ),
    Profile(
        enterprise_id="", archetype="it_service", share=0.15, province=2, products=_IT_SERVICES,
        channels=(0.34, 0.56, 0.02, 0.08), service_types=(0.06, 0.14, 0.14, 0.26, 0.02, 0.33, 0.02, 0.03),
        visit_share=0.12, business_share=0.92, complex_share=0.3, measured_share=0.35,
        outlets=7, staff=20, roles={"agent": 0.2, "field": 0.1, "technician": 0.45, "expert": 0.15, "manager": 0.1},
        core_items=("网络测试", "存储检测", "电源检测"),
        levels={
            "network": 0.35, "facilities": 0.2, "staffing": 0.9, "hotline": 0.8, "online": 0.85, "response": 0.8,
            "first_contact": 0.7, "repair": 0.6, "forms": 0.7, "satisfaction": 0.7, "monitoring": 0.9, "innovation": 0.9,
        },
        level_elsewhere=0.62, improvement=0.04,
    ),
)  # fmt: skip


def profiles(enterprises: int) -> tuple[Profile, ...]:
    """The first enterprises of an endless series: the three archetypes in turn, each round slightly weaker."""
    chosen = []
    for index in range(enterprises):
        archetype, weaker = _ARCHETYPES[index % len(_ARCHETYPES)], 0.12 * (index // len(_ARCHETYPES))
        chosen.append(
            replace(
                archetype,
                enterprise_id=f"E{index + 1:02d}",
                levels={subject: level - weaker for subject, level in archetype.levels.items()},
                level_elsewhere=archetype.level_elsewhere - weaker,
            )
        )
    total = sum(profile.share for profile in chosen)
    return tuple(replace(profile, share=profile.share / total) for profile in chosen)


def divide(requests: int, chosen: tuple[Profile, ...]) -> list[int]:
    """The requests of one quarter by enterprise; they add up exactly, and each gets some if there are enough."""
    counts = [int(requests * profile.share) for profile in chosen]
    counts[0] += requests - sum(counts)
    return counts
