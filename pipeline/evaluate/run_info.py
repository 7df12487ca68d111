"""The record of a run: every version, choice and warning its numbers depend on, one row each (table ``run_info``).

Only what is recorded and its wording; the choices themselves belong to the plan and the parameters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.evaluate.weights.weight_set import WeightSet
from pipeline.settings.handed_in import FILES
from pipeline.settings.plan import Acceptance, EvaluationPlan, Target
from pipeline.validate.apply_corrections import Outcome
from pipeline.validate.merged_rows import told
from schemas.contract import TABLES
from schemas.standard.edition import standard_fingerprint

SCHEMA = {
    "key": pl.String,
    "value": pl.String,
    "label_zh": pl.String,
    "value_zh": pl.String,
    "enterprise_id": pl.String,
    "quarter": pl.String,
    "run_id": pl.String,
}

WARNING = "warning"
# How many unapplied corrections are named; their number is always given.
_ORIGINS_NAMED = 5
_UNAPPLIED_ZH = {
    "expired": "已过期",
    "before differs": "更正前的值与数据不符",
    "would move the row to another quarter": "会使记录移到其他季度",
    "overruled by one with a key": "被指定记录的更正取代",
    "no such row": "没有对应的记录",
}
NOT_GIVEN = "none"

_CONDUCT_ZH = {
    "legal": "违反法律法规",
    "own_rule": "违反企业自身规定",
    "industry_rule": "违反行业规定",
    "system_effect": "影响服务体系有效性",
    "falsified_data": "数据造假",
}


@dataclass(frozen=True)
class Entry:
    """One row: ``value`` for machines, ``value_zh`` the same in words if the value alone is unclear.

    enterprise_id   the only enterprise whose report may show the entry; None means all
    """

    key: str
    value: str
    label_zh: str
    value_zh: str | None = None
    enterprise_id: str | None = None


@dataclass(frozen=True)
class Purged:
    """Records that a run found purged because their retention term was over.

    tables        tables whose rows of the quarter were not validated again
    other_key     quarters whose pseudonyms were made with another key and cannot be made again
    """

    tables: tuple[str, ...] = ()
    other_key: tuple[Quarter, ...] = ()


@dataclass(frozen=True)
class Elsewhere:
    """Delivered rows that no evaluation counts because of their date.

    undated   table → rows without a readable one, which belong to no quarter
    far       table → quarter outside the delivery's time → rows
    """

    undated: Mapping[str, int] = field(default_factory=dict)
    far: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class RunRecord:
    """Everything that the numbers of a run depend on.

    versions      standard_edition, catalogue_version, weights_version, data_as_of
    enterprises   enterprises with a record in the quarter
    stale         outlier decisions that are not applied because their point is not flagged: enterprise, quarter, table,
                  record, measure, decision
    corrections   table → outcome of its corrections
    purged        tables evaluated without their records
    elsewhere     rows of the delivery that belong to no quarter, or to one far away
    fingerprints  SHA-256 of every settings file, by name
    damaged       files of the lake that were set aside and made anew for this run → what was wrong with them
    """

    quarter: Quarter
    run_id: str
    plan: EvaluationPlan
    weights: WeightSet
    versions: Mapping[str, Any]
    parameters: Mapping[str, float]
    enterprises: Iterable[str]
    stale: Iterable[tuple[str, ...]]
    corrections: Mapping[str, Outcome]
    purged: Purged
    elsewhere: Elsewhere
    fingerprints: Mapping[str, str]
    damaged: Mapping[str, str] = field(default_factory=dict)


def run_info(record: RunRecord) -> pl.DataFrame:
    """The published table ``run_info``."""
    plan = record.plan
    entries = [
        *_versions(record.quarter, record.run_id, record.versions),
        *_fingerprints(record.fingerprints),
        *_methods(plan, record.weights, record.parameters),
        *_entries_of_plan(plan),
        *_corrections(record.corrections),
        *_warnings(plan, record.weights, frozenset(record.enterprises)),
        *_stale_decisions(record.stale),
        *_of_purged(record.purged),
        *_of_elsewhere(record.elsewhere),
        *_of_damaged(record.damaged),
    ]
    rows = [vars(entry) | {"quarter": record.quarter.label, "run_id": record.run_id} for entry in entries]
    return pl.DataFrame(rows, schema=SCHEMA)


def _versions(quarter: Quarter, run_id: str, versions: Mapping[str, Any]) -> Iterator[Entry]:
    yield Entry("quarter", quarter.label, "评价季度")
    yield Entry("run_id", run_id, "运行编号")
    yield Entry("standard_edition", versions["standard_edition"], "标准版本")
    yield Entry("catalogue_version", versions["catalogue_version"], "指标目录版本")
    yield Entry("standard_fingerprint", standard_fingerprint(), "标准数据文件指纹（SHA-256 前 12 位）")
    yield Entry("weights_version", versions["weights_version"], "权重版本")
    yield Entry("data_as_of", versions["data_as_of"].isoformat(sep=" "), "数据截止时间")


def _fingerprints(fingerprints: Mapping[str, str]) -> Iterator[Entry]:
    for file in FILES:
        yield Entry(f"{file.name}_sha256", fingerprints.get(file.name, NOT_GIVEN), f"{file.title_zh} SHA-256")
    for key, label in (("margins", "总体构成文件"), ("invitations", "问卷发放登记文件")):
        yield Entry(f"survey_{key}_sha256", fingerprints.get(f"survey_{key}", NOT_GIVEN), f"{label} SHA-256")


def _methods(plan: EvaluationPlan, weights: WeightSet, parameters: Mapping[str, float]) -> Iterator[Entry]:
    yield Entry("mode", plan.mode, "评价方式")
    yield Entry("score_method", plan.score_method, "计分方法")
    yield Entry("compound_method", plan.compound_method, "复合指标合成方法")
    yield _limit("not_rateable_above", plan.not_rateable_above, parameters["not_applicable_weight_cap"], "不适用权重上限")
    yield Entry("rateable_from", f"{plan.rateable_from:g}", "给出得分所需的计分覆盖下限")
    yield Entry("ahp_method", plan.ahp_method, "层次分析法权重算法")
    yield Entry("random_index", plan.random_index, "随机一致性指标表")
    yield _limit("consistency_limit", plan.consistency_limit, parameters["consistency_ratio_max"], "一致性比率上限")
    experts = max((edge.experts for edge in weights.edges), default=0)
    yield Entry("experts", str(experts), "采用判断矩阵的专家数")
    yield Entry("returned_judgements", str(len(weights.returned)), "退回的判断矩阵数")
    for expert, weight in sorted(plan.expert_weights.items()):
        yield Entry(f"expert_weight:{expert}", f"{weight:g}", f"专家 {expert} 的权重（未列出的专家为 1）")
    for name, is_on, label in (("grade", plan.overlays.grade, "等级"), ("veto", plan.overlays.veto, "特别扣分与否决")):
        yield Entry(f"overlay_{name}", "on" if is_on else "off", f"附加呈现：{label}（参照 GB/T 27922，不属于本标准）")
    survey = plan.survey
    if "margins" in survey.files:
        yield _limit("survey_cell_minimum", survey.minimum_cell, parameters["survey_cell_minimum"], "单独加权的最少答卷数")
        yield _limit(
            "survey_weight_cap",
            survey.largest_weight,
            parameters["survey_weight_cap"],
            "答卷权重上限（平均权重的倍数）",
        )
    yield Entry("pseudonym_algorithm", plan.pseudonym_algorithm, "假名化算法")
    yield Entry("privacy_k", str(plan.privacy.k), "记录级数据表每个等价类的最少行数 k")
    yield Entry("privacy_l", str(plan.privacy.diversity), "记录级数据表每个等价类敏感值的最少种数 l")
    yield Entry("outlier_methods", ",".join(plan.outlier_methods), "须复核的异常值判定方法")
    yield Entry("analyses_draws", str(plan.analyses.draws), "稳健性分析的抽样次数")
    yield Entry("analyses_seed", str(plan.analyses.seed), "稳健性分析的随机数种子")
    limits = plan.refused_limits
    yield Entry("refused_limits", f"{limits.default:g}", "拒收行占比上限")
    for table, limit in sorted(limits.tables.items()):
        yield Entry(f"refused_limits:{table}", f"{limit:g}", f"拒收行占比上限：{TABLES[table].title}")
    yield from _acceptance(plan.acceptance)


def _acceptance(acceptance: Acceptance) -> Iterator[Entry]:
    for limit in acceptance.limits:
        table = f"{limit.table}:" if limit.table else ""
        bounds = {"expected": ("预期", limit.expected), "required": ("要求", limit.required)}
        given = {name: (label, bound) for name, (label, bound) in bounds.items() if bound is not None}
        yield Entry(
            f"acceptance_limit:{table}{limit.check}",
            ", ".join(f"{name} {bound}" for name, (_, bound) in given.items()),
            f"评价方案设定的验收限值：{table}{limit.check}",
            "，".join(f"{label} {bound}" for label, bound in given.values()),
        )
    for waiver in acceptance.waivers:
        yield Entry(
            f"acceptance_waiver:{waiver.quarter}:{waiver.table}:{waiver.check}"
            + (f"@{waiver.enterprise_id}" if waiver.enterprise_id else ""),
            f"{waiver.reason} ({waiver.author})",
            f"验收豁免：{waiver.quarter} {TABLES[waiver.table].title} {waiver.check}",
            f"{waiver.reason}（{waiver.author}）",
            waiver.enterprise_id,
        )


def _limit(key: str, chosen: float | None, default: float, label: str) -> Entry:
    if chosen is None:
        return Entry(key, f"{default:g}", label)
    return Entry(key, f"{chosen:g}", label, f"{chosen:g}（评价方案设定；默认 {default:g}）")


def _entries_of_plan(plan: EvaluationPlan) -> Iterator[Entry]:
    yield Entry("targets_of_plan", str(len(plan.targets)), "评价方案设定的目标数")
    for target in plan.targets:
        yield _target(target)
    yield Entry("not_applicable_of_plan", str(len(plan.not_applicable)), "评价方案认定的不适用指标数")
    for entry in plan.not_applicable:
        approved = f"{entry.approved_by}, {entry.approved_on}"
        yield Entry(
            f"not_applicable:{entry.indicator_id}@{entry.enterprise_id}",
            f"{entry.reason} ({approved})",
            f"不适用：{entry.indicator_id}",
            f"{entry.reason}（批准：{entry.approved_by}，{entry.approved_on}）",
            entry.enterprise_id,
        )
    for assumption in plan.assumed:
        yield Entry(
            f"assumed:{assumption.indicator_id}" + (f"@{assumption.enterprise_id}" if assumption.enterprise_id else ""),
            f"{assumption.reason} ({assumption.author})",
            f"评价方案准予按设定值计分：{assumption.indicator_id}",
            f"{assumption.reason}（{assumption.author}）",
            assumption.enterprise_id,
        )
    for finding in plan.conduct:
        yield Entry(
            f"conduct:{finding.period}:{finding.kind}@{finding.enterprise_id}",
            f"{finding.reason} ({finding.approved_by})",
            f"行为认定：{finding.period} {_CONDUCT_ZH[finding.kind]}",
            f"{finding.reason}（批准：{finding.approved_by}）",
            finding.enterprise_id,
        )


def _target(target: Target) -> Entry:
    set_here = {
        "requirement": ("要求值", target.requirement),
        "acceptable": ("可接受限值", target.acceptable),
        "objective": ("目标", target.objective),
    }
    given = {name: (label, number) for name, (label, number) in set_here.items() if number is not None}
    return Entry(
        f"target:{target.indicator_id}" + (f"@{target.enterprise_id}" if target.enterprise_id else ""),
        ", ".join(f"{name} {number:g}" for name, (_, number) in given.items()),
        f"评价方案设定的目标：{target.indicator_id}" + ("（本企业）" if target.enterprise_id else ""),
        "，".join(f"{label} {number:g}" for label, number in given.values()),
        target.enterprise_id,
    )


def _corrections(outcomes: Mapping[str, Outcome]) -> Iterator[Entry]:
    for table, outcome in outcomes.items():
        title = TABLES[table].title
        if outcome.values:
            said = f"{outcome.values} values in {outcome.rows} rows"
            said_zh = f"{outcome.rows:,} 行中的 {outcome.values:,} 个值"
            yield Entry(f"corrections:{table}", said, f"按更正文件更正：{title}", said_zh)
        for rule, rows in outcome.set_aside.items():
            said = f"{table}: {told(rows, rule)}"
            said_zh = f"{title}：{rows:,} 行并入的记录不存在或不计入统计，这些行照常计数（{rule}）"
            yield Entry(WARNING, said, "警告", said_zh)
        for status, origins in outcome.unapplied.items():
            named = ", ".join(origins[:_ORIGINS_NAMED])
            more = f" and {len(origins) - _ORIGINS_NAMED} more" if len(origins) > _ORIGINS_NAMED else ""
            more_zh = "等" if more else ""
            said = f"{table}: {len(origins)} corrections not applied, {status}: {named}{more}"
            said_zh = f"{title}：{len(origins)} 条更正未生效（{_UNAPPLIED_ZH[status]}）：{named}{more_zh}"
            yield Entry(WARNING, said, "警告", said_zh)


def _of_purged(purged: Purged) -> Iterator[Entry]:
    if purged.tables:
        said = f"the records were purged and not delivered again; evaluated from their clean rows: {', '.join(purged.tables)}"
        titles = "、".join(TABLES[name].title for name in purged.tables)
        yield Entry(WARNING, said, "警告", f"原始记录已按保存期限清除且未重新提交，按去标识化数据评价：{titles}")
    if purged.other_key:
        labels = [quarter.label for quarter in purged.other_key]
        said = (
            f"purged quarters keep the pseudonyms of an earlier key: {', '.join(labels)}; a customer of theirs is not recognised "
            "in other quarters"
        )
        said_zh = f"{'、'.join(labels)} 的原始记录已清除，仍使用旧密钥的假名，与其他季度的同一客户无法对应"
        yield Entry(WARNING, said, "警告", said_zh)


def _of_elsewhere(elsewhere: Elsewhere) -> Iterator[Entry]:
    for table, rows in elsewhere.undated.items():
        said = f"{table}: {rows} rows have no readable date: they belong to no quarter and are refused in every one"
        said_zh = f"{TABLES[table].title}：{rows:,} 行没有可读的日期，不属于任何季度，在每个季度都被隔离"
        yield Entry(WARNING, said, "警告", said_zh)
    for table, quarters in elsewhere.far.items():
        said = (
            f"{table}: rows dated more than a year from all others: {', '.join(f'{label} ({n})' for label, n in quarters.items())}"
        )
        counted = "、".join(f"{label}（{rows:,} 行）" for label, rows in quarters.items())
        yield Entry(WARNING, said, "警告", f"{TABLES[table].title}：日期与其余数据相距一年以上：{counted}")


def _of_damaged(damaged: Mapping[str, str]) -> Iterator[Entry]:
    for file, problem in damaged.items():
        yield Entry(f"damaged:{file}", f"{problem}; set aside", f"数据湖中的损坏文件：{file}", "已移出，由其来源重新生成")


def _warnings(plan: EvaluationPlan, weights: WeightSet, enterprises: frozenset[str]) -> Iterator[Entry]:
    file = "evaluation plan" if plan.file is None else plan.file.path.name
    for expert, said in zip(weights.unheard, weights.warnings, strict=True):
        yield Entry(WARNING, f"{file}: {said}", "警告", f"评价方案为专家 {expert} 设定了权重，但其没有给出判断")
    for enterprise, keys in plan.enterprises_named().items():
        if enterprise not in enterprises:
            said = f"{file} names enterprise {enterprise}, of which the quarter holds no record ({', '.join(keys)})"
            said_zh = f"评价方案写有企业 {enterprise}，但本季度没有其记录（{'、'.join(keys)}）"
            yield Entry(WARNING, said, "警告", said_zh, enterprise)


def _stale_decisions(stale: Iterable[tuple[str, ...]]) -> Iterator[Entry]:
    for enterprise, quarter, table, row_key, measure, decision in stale:
        said = f"the review of outliers decides '{decision}' for {measure} of {table} {row_key} ({quarter}), which is not flagged"
        said_zh = f"异常值复核对 {quarter} {TABLES[table].title}记录 {row_key} 的 {measure} 作出“{decision}”，但该数据点未被标记"
        yield Entry(WARNING, f"{said}: not applied", "警告", f"{said_zh}，未予执行", enterprise)
