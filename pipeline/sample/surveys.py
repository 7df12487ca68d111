"""Surveys and mystery visits: rounds, questions, responses and answers.

A satisfaction round and a pulse per quarter, shared by all enterprises; a round of mystery visits in the second and fourth
quarter of each year. Doubtful responses are added in ``doubts``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np
import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.sample.clientele import Clientele
from pipeline.sample.clock import Clock, quarter_code
from pipeline.sample.contentment import ATTITUDE, RESOLUTION, TIMELINESS, Contentment, contentment
from pipeline.sample.doubts import plant_doubts
from pipeline.sample.draws import (
    Column,
    Flags,
    Floats,
    Ints,
    chance,
    choose_words,
    conform,
    in_blocks,
    numbered,
    only,
    seconds,
    stream,
    take,
)  # fmt: skip
from pipeline.sample.grammar import comment_texts
from pipeline.sample.names import devices
from pipeline.sample.network import Network
from pipeline.sample.profiles import CHANNELS, Profile
from pipeline.sample.requests import Requests
from pipeline.sample.wording import PLAIN_ENDINGS, located, texts, with_order_numbers

# Its wording, measure and touchpoint, whether it also asks for the expectation, the aspect of contentment that it asks for
# (None: all of them), and its rating relative to others.
_Question = tuple[str, str, str | None, bool, int | None, float]
_SATISFACTION: tuple[_Question, ...] = (
    ("总体来说，您对我们的售后服务满意吗？", "O2-1", None, True, None, 0.05),
    ("您愿意把我们的服务推荐给亲友吗？", "O2-1", None, False, None, -0.05),
    ("您对电话服务满意吗？", "O2-2", "phone", True, TIMELINESS, 0.0),
    ("您对在线服务满意吗？", "O2-2", "online", True, TIMELINESS, 0.05),
    ("您对服务网点满意吗？", "O2-2", "outlet", True, TIMELINESS, 0.05),
    ("您对上门服务满意吗？", "O2-2", "onsite", True, TIMELINESS, 0.1),
    ("服务人员的态度如何？", "O2-3", None, True, ATTITUDE, 0.15),
    ("服务人员的专业水平如何？", "O2-3", None, True, ATTITUDE, 0.05),
    ("服务人员的仪容仪表如何？", "O2-3", None, False, ATTITUDE, 0.1),
    ("您的问题是否得到彻底解决？", "O2-4", None, True, RESOLUTION, 0.05),
    ("解决问题的速度如何？", "O2-4", None, True, TIMELINESS, -0.15),
    ("修好以后使用是否正常？", "O2-4", None, False, RESOLUTION, 0.05),
    ("服务方案讲解得清楚吗？", "P4-1", None, True, RESOLUTION, 0.0),
    ("故障原因说明得清楚吗？", "P4-1", None, False, RESOLUTION, -0.05),
    ("用词容易听懂吗？", "P4-3", None, False, ATTITUDE, 0.0),
    ("资料和说明容易看懂吗？", "P4-3", None, False, ATTITUDE, -0.1),
    ("您的意见被认真听取了吗？", "P4-4", None, True, ATTITUDE, 0.05),
    ("您的要求得到回应了吗？", "P4-4", None, False, ATTITUDE, 0.0),
    ("改约时间方便吗？", "P5-3", None, False, TIMELINESS, -0.05),
    ("服务方式可以按您的需要调整吗？", "P5-3", None, False, TIMELINESS, -0.1),
    ("收费项目和标准清楚吗？", "O3-1b", None, True, RESOLUTION, -0.1),
    ("报价与实际收费一致吗？", "O3-1b", None, False, RESOLUTION, 0.0),
    ("服务收费是否合理？", "O3-3", None, True, RESOLUTION, -0.25),
    ("与其他品牌相比，性价比如何？", "O3-3", None, False, RESOLUTION, -0.2),
)  # fmt: skip
_PULSE: tuple[_Question, ...] = (
    ("您对本次通话满意吗？", "O2-2", "phone", False, TIMELINESS, 0.1),
    ("您对本次服务人员满意吗？", "O2-3", None, False, ATTITUDE, 0.1),
    ("您的问题解决了吗？", "O2-4", None, False, RESOLUTION, 0.05),
)
_MYSTERY: tuple[_Question, ...] = (
    ("门店环境", "O2-2", "outlet", False, TIMELINESS, 0.1), ("接待问候", "O2-3", None, False, ATTITUDE, 0.0),
    ("业务讲解", "P4-1", None, False, RESOLUTION, -0.1),
    ("用语规范", "P4-3", None, False, ATTITUDE, 0.0), ("倾听需求", "P4-4", None, False, ATTITUDE, -0.1),
    ("价格公示", "O3-1b", None, False, RESOLUTION, 0.0),
    ("预约灵活", "P5-3", None, False, TIMELINESS, -0.2), ("总体印象", "O2-1", None, False, None, 0.0),
)  # fmt: skip
_BY_ASPECT, _BY_CHANCE = 0.42, 0.42
"""Standard deviations of an answer, in points: by the contentment with its aspect, and by chance."""
_SCENARIOS = ("到店报修", "到店咨询", "取机验收", "投诉处理")


def satisfaction_round(quarter: Quarter) -> str:
    """The survey id of a quarter's satisfaction round."""
    return f"SAT-{quarter_code(quarter)}"


def pulse_round(quarter: Quarter) -> str:
    """The survey id of a quarter's pulse."""
    return f"PULSE-{quarter_code(quarter)}"


def mystery_round(quarter: Quarter) -> str | None:
    """The survey id of a quarter's mystery visits, if there are any."""
    return f"MYS-{quarter_code(quarter)}" if quarter.number % 2 == 0 else None


def survey_questions(clock: Clock) -> pl.DataFrame:
    """The questions of every round, all on a five-point scale."""
    rows = []
    for quarter in clock.quarters:
        rounds = [(satisfaction_round(quarter), "satisfaction", _SATISFACTION), (pulse_round(quarter), "pulse", _PULSE)]
        if mystery := mystery_round(quarter):
            rounds.append((mystery, "mystery", _MYSTERY))
        for survey_id, survey_type, questions in rounds:
            for number, (wording, measures, touchpoint, *_) in enumerate(questions, start=1):
                rows.append(
                    {
                        "survey_id": survey_id,
                        "question_id": f"{survey_type[0].upper()}{number:02d}",
                        "survey_type": survey_type,
                        "wording": wording,
                        "measures": measures,
                        "touchpoint": touchpoint,
                        "scale_min": 1,
                        "scale_max": 5,
                    }
                )
    return pl.DataFrame(rows, schema=conform("survey_questions", {}, 0).schema)


def survey_responses(
    seed: int,
    profile: Profile,
    clock: Clock,
    quarter: Quarter,
    requests: Requests,
    network: Network,
    clientele: Clientele,
) -> tuple[pl.DataFrame, Iterator[pl.DataFrame], pl.DataFrame]:
    """Responses of a quarter's satisfaction round and pulse, their answers in blocks, and personal data planted in comments."""
    rng = stream(seed, profile.enterprise_id, quarter, "surveys")
    last_hours = np.datetime64(quarter.end_day, "s") - np.timedelta64(3600, "s")
    who = np.flatnonzero(requests.is_open & (requests.requested < last_hours - np.timedelta64(7200, "s")))
    # A customer is asked once per round, about one request.
    _, first = np.unique(requests.customer[who], return_index=True)
    who = rng.permutation(who[first])
    wanted = max(min(len(who) // 2, 140), round(len(requests.requested) * 0.03))
    pulsed, who = np.sort(who[wanted : wanted + wanted // 3]), np.sort(who[:wanted])
    complete = chance(rng, 0.94, len(who))
    # Some who broke off return and finish.
    again = who[~complete & chance(rng, 0.4, len(who))]
    asked = np.concatenate([who, again, pulsed])
    count = len(asked)
    is_pulse = np.arange(count) >= len(who) + len(again)
    is_complete = np.concatenate([complete, np.ones(len(again) + len(pulsed), dtype=np.bool_)])
    answered = requests.requested[who] + seconds(rng.uniform(24, 240, len(who)) * 3600)
    answered = np.minimum(answered, last_hours + np.arange(len(who)) % 1800)
    # They return a quarter of an hour after breaking off.
    returned = answered[np.searchsorted(who, again)] + np.timedelta64(900, "s")
    after_call = requests.requested[pulsed] + seconds(rng.uniform(0.1, 2, len(pulsed)) * 3600)
    submitted = np.concatenate([answered, returned, after_call])
    taken = np.where(is_pulse, rng.uniform(15, 70, count), np.exp(rng.normal(np.log(420), 0.35, count)))
    ids = numbered(f"RS{quarter_code(quarter)}-", np.arange(1, count + 1))
    felt = contentment(rng, requests, asked) if profile.effects.has_drivers else None
    openings, commented = with_order_numbers(rng, comment_texts(rng, felt, count)), chance(rng, 0.4, count)
    comments, planted = texts(rng, only(openings, commented), network.districts, requests.region[asked], 0.1, PLAIN_ENDINGS)
    planted = planted.filter(pl.Series(commented).gather(planted["position"]))
    responses = conform(
        "survey_responses",
        {
            "enterprise_id": profile.enterprise_id,
            "response_id": ids,
            "survey_id": take([satisfaction_round(quarter), pulse_round(quarter)], is_pulse.astype(np.int64)),
            "customer_id": take(clientele.customer_ids, requests.customer[asked]),
            "request_id": only(take(requests.ids, asked), ~chance(rng, 0.1, count)),
            "region_code": take(network.region_codes, requests.region[asked]),
            "mode": choose_words(rng, {"online": 0.72, "phone": 0.2, "onsite": 0.08}, count),
            "started_at": only((submitted - seconds(taken)).astype("datetime64[us]"), ~chance(rng, 0.02, count)),
            "submitted_at": submitted,
            "is_complete": is_complete,
            "device_token": only(devices(rng, count), chance(rng, 0.75, count)),
            "comment": comments,
        },
        count,
    )
    level = profile.between("satisfaction", quarter, 4.05, 4.62)
    rounds = np.flatnonzero(~is_pulse)
    answers = chain(
        _answers(
            rng, profile.enterprise_id, ids, level, felt, rounds, is_complete[rounds],
            requests.channel[asked][rounds], _SATISFACTION, "S",
        ),
        _answers(
            rng, profile.enterprise_id, ids, level, felt, np.flatnonzero(is_pulse), np.ones(int(is_pulse.sum()), dtype=np.bool_),
            requests.channel[asked][is_pulse], _PULSE, "P",
        ),
    )  # fmt: skip
    responses, scores = plant_doubts(seed, profile.enterprise_id, quarter, satisfaction_round(quarter), responses)
    return (
        responses.sort("submitted_at", maintain_order=True),
        (block.with_columns(scores) for block in answers),
        located(planted, "survey_responses", "comment", profile.enterprise_id, ids),
    )


def _answers(
    rng: np.random.Generator, enterprise_id: str, ids: Column, level: float, felt: Contentment | None, rows: Ints,
    complete: Flags, channel: Ints, questions: Sequence[_Question], letter: str,
) -> Iterator[pl.DataFrame]:  # fmt: skip
    """One answer per response × question, in blocks; incomplete responses answer only the first third."""
    width = len(questions)
    response, question = np.repeat(np.arange(len(rows)), width), np.tile(np.arange(width), len(rows))
    reached = complete[response] | (question < width // 3)
    response, question = response[reached], question[reached]
    count = len(response)
    liked = np.array([liked for *_, liked in questions])[question]
    opinion = level + liked + _opinions(rng, felt, rows[response], np.array([_aspect_of(asked) for asked in questions])[question])
    score = np.clip(np.rint(opinion), 1, 5).astype(np.int64)
    touchpoint = np.array([CHANNELS.index(place) if place else -1 for _, _, place, *_ in questions])[question]
    # A touchpoint is rated by customers of that channel and some others; a few skip a question.
    unused = (touchpoint >= 0) & (touchpoint != channel[response]) & ~chance(rng, 0.35, count)
    skipped = unused | chance(rng, 0.01, count)
    asks_expectation = np.array([expects for _, _, _, expects, *_ in questions])[question]
    expected = np.clip(np.rint(4.55 + rng.normal(0, 0.5, count)), 1, 5).astype(np.int64)
    return in_blocks(
        "survey_answers",
        {
            "enterprise_id": enterprise_id,
            "response_id": take(ids, rows[response]),
            "question_id": take([f"{letter}{number:02d}" for number in range(1, width + 1)], question),
            "score": only(score, ~skipped),
            "expectation": only(expected, asks_expectation & ~skipped),
        },
        count,
    )


def _aspect_of(question: _Question) -> int:
    """The aspect of contentment that the question asks for; -1: all of them."""
    return -1 if question[4] is None else question[4]


def _opinions(rng: np.random.Generator, felt: Contentment | None, response: Ints, aspect: Ints) -> Floats:
    """Points above or below the level, by answer: of a response to a question about an aspect; by chance if nothing is felt."""
    count = len(response)
    if felt is None:
        return rng.normal(0, (_BY_ASPECT**2 + _BY_CHANCE**2) ** 0.5, count)
    of_aspect = felt.aspects[response, np.maximum(aspect, 0)] * _BY_ASPECT
    return np.asarray(np.where(aspect < 0, felt.overall[response], of_aspect) + rng.normal(0, _BY_CHANCE, count))


def mystery_visits(seed: int, profile: Profile, clock: Clock, quarter: Quarter, network: Network) -> pl.DataFrame:
    """The mystery visits of a quarter: twenty outlets, or twenty scenarios if there are fewer outlets."""
    survey_id = mystery_round(quarter)
    if survey_id is None:
        return conform("mystery_visits", {}, 0)
    rng = stream(seed, profile.enterprise_id, quarter, "mystery")
    visits = 20
    order = rng.permutation(len(network.outlet_ids))
    day = np.datetime64(quarter.first_day, "s") + rng.integers(20, 80, visits).astype("timedelta64[D]")
    time = day + seconds(rng.uniform(9 * 3600, 17 * 3600, visits))
    outlet = network.outlets_at(rng, network.outlet_region[order[np.arange(visits) % len(order)]], time)
    impression = rng.normal(profile.between("satisfaction", quarter, 3.6, 4.5), 0.4, visits)
    width = len(_MYSTERY)
    visit, question = np.repeat(np.arange(visits), width), np.tile(np.arange(width), visits)
    felt = impression[visit] + np.array([liked for *_, liked in _MYSTERY])[question] + rng.normal(0, 0.5, len(visit))
    return conform(
        "mystery_visits",
        {
            "enterprise_id": profile.enterprise_id,
            "visit_id": numbered(f"MV{quarter_code(quarter)}-", visit + 1, width=3),
            "round_id": survey_id,
            "outlet_id": take(network.outlet_ids, outlet[visit]),
            "scenario": take(_SCENARIOS, visit % len(_SCENARIOS)),
            "visited_at": time[visit],
            "survey_id": survey_id,
            "question_id": take([f"M{number:02d}" for number in range(1, width + 1)], question),
            "score": np.clip(np.rint(felt), 1, 5).astype(np.int64),
        },
        len(visit),
    ).sort("visited_at", "visit_id", maintain_order=True)
