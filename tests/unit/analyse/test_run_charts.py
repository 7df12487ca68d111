"""Control charts against figures published by others, and on series in which nothing happens."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from pipeline.analyse.control_limits import BEYOND, LANEY_P, LANEY_U, LINEAR, LOG, NO_SIGNAL, RUN, XMR, with_limits, with_signals
from pipeline.analyse.run_charts import run_charts

LIMITS = ("lower_limit", "upper_limit")

# Emergency attendances seen within four hours: 20 periods of very many (Mohammed, Panesar, Laney & Wilson 2013, BMJ Qual. Saf. 22,
# 362–368).
SEEN = (266501, 264225, 276532, 281461, 269071, 261215, 270409, 279778, 270483, 270320, 267923, 271478, 255353, 256820, 261835,
        259144, 255910, 260863, 264465, 260989)  # fmt: skip
ATTENDED = (280443, 276823, 291681, 296155, 282343, 275888, 283867, 295251, 284468, 282529, 279618, 283932, 266629, 268091, 276803,
            271578, 266005, 273520, 278574, 273772)  # fmt: skip


def charted(values: object, n: object, chart: str, scale: str = LINEAR, unit_size: float = 1.0) -> pl.DataFrame:
    """The limits and signals of rows of series × months."""
    table = np.atleast_2d(np.asarray(values, dtype=np.float64))
    series, months = table.shape
    rows = pl.DataFrame(
        {
            "series": np.repeat(np.arange(series), months),
            "value": table.ravel(),
            "n": np.broadcast_to(np.asarray(n, dtype=np.float64), table.shape).ravel(),
        }
    ).with_columns(unit_size=pl.lit(unit_size), chart=pl.lit(chart), scale=pl.lit(scale))
    return with_signals(with_limits(rows, ["series"]), ["series"])


def shares_with_signals(found: pl.DataFrame) -> tuple[float, float]:
    """Series with a month beyond its limits, and with any signal."""
    signals = found.group_by("series").agg(
        beyond=(pl.col("signal") == BEYOND).any().cast(pl.Float64), either=(pl.col("signal") != NO_SIGNAL).any().cast(pl.Float64)
    )
    return float(np.mean(signals["beyond"].to_numpy())), float(np.mean(signals["either"].to_numpy()))


def test_laney_p_has_the_limits_of_qicharts2() -> None:
    """R's qicharts2, chart 'pp', as the tests of AUS-DOH PowerBI-SPC quote it in per cent."""
    found = charted([a / b for a, b in zip(SEEN, ATTENDED, strict=True)], ATTENDED, LANEY_P)
    low, high = (100 * found[name].to_numpy() for name in LIMITS)
    assert low[:12] == pytest.approx(
        [94.013, 94.0046, 94.0378, 94.0473, 94.0173, 94.0025, 94.0207, 94.0454, 94.022, 94.0177, 94.0111, 94.0208], abs=6e-5
    )
    assert high == pytest.approx(
        [96.567, 96.5753, 96.5421, 96.5326, 96.5627, 96.5775, 96.5593, 96.5345, 96.5579, 96.5623, 96.5689, 96.5591, 96.5996,
         96.5961, 96.5753, 96.5877, 96.6012, 96.583, 96.5713, 96.5824], abs=6e-5,
    )  # fmt: skip
    assert set(found["signal"]) == {NO_SIGNAL}


def test_laney_u_has_the_limits_of_qicharts2() -> None:
    """Chart 'up' of the same counts, as the same tests quote it; per ten thousand everything is ten thousand times that."""
    rates = np.array(SEEN) / np.array(ATTENDED)
    found = charted(rates, ATTENDED, LANEY_U)
    low, high = (found[name].to_numpy() for name in LIMITS)
    assert high == pytest.approx(
        [0.9657, 0.9658, 0.9654, 0.9653, 0.9656, 0.9658, 0.9656, 0.9653, 0.9656, 0.9656, 0.9657, 0.9656, 0.966, 0.966, 0.9658,
         0.9659, 0.966, 0.9658, 0.9657, 0.9658], abs=6e-5,
    )  # fmt: skip
    assert low == pytest.approx(
        [0.9401, 0.940, 0.9404, 0.9405, 0.9402, 0.94, 0.9402, 0.9405, 0.9402, 0.9402, 0.9401, 0.9402, 0.9398, 0.9398, 0.94,
         0.9399, 0.9398, 0.94, 0.9401, 0.94], abs=6e-5,
    )  # fmt: skip
    scaled = charted(1e4 * rates, ATTENDED, LANEY_U, unit_size=1e4)
    assert scaled["upper_limit"].to_numpy() == pytest.approx(1e4 * high, rel=1e-12)


def test_individual_values_have_the_limits_of_the_nist_handbook() -> None:
    """NIST/SEMATECH e-Handbook 6.3.2.2: ten flow rates, mean 50.81, mean moving range 1.8778, limits 45.8159 and 55.8041."""
    flow = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
    found = charted(flow, 1, XMR)
    assert found.select("centre_line", *LIMITS).row(0) == pytest.approx((50.81, 45.8159, 55.8041), abs=6e-5)
    # Of logarithms: the same chart of what the exponentials are of.
    raised = charted(np.exp(np.array(flow) / 10), 1, XMR, LOG)
    assert 10 * np.log(raised.select("centre_line", *LIMITS).row(0)) == pytest.approx((50.81, 45.8159, 55.8041), abs=6e-5)


def test_the_eighth_month_on_one_side_is_a_signal() -> None:
    """A line at 80: seven in a row are no signal, and a month on the line neither counts nor ends the run."""
    values = [79.0, 81, 79, 81, 79, 81, 81, 81, 81, 80, 81, 81, 81, 81, 79]
    rows = pl.DataFrame({"series": 0, "value": values, "centre_line": 80.0, "lower_limit": 70.0, "upper_limit": 90.0})
    assert with_signals(rows, ["series"])["signal"].to_list() == [NO_SIGNAL] * 13 + [RUN, NO_SIGNAL]
    apart = rows.with_columns(series=pl.Series([0] * 9 + [1] * 6))
    assert set(with_signals(apart, ["series"])["signal"]) == {NO_SIGNAL}


def test_stable_series_of_27_months_are_rarely_signalled() -> None:
    """2,000 series a kind. By simulation elsewhere 7 % of stable series leave their limits, and 11 % have any signal."""
    rng = np.random.default_rng(5)
    shape = (2000, 27)
    many = rng.poisson(5000, shape)
    # Months whose own rate scatters by a point: a binomial chart flags 99.6 % of such series.
    spread = np.clip(rng.normal(0.92, 0.01, shape), 0, 1)
    rates = rng.binomial(many, spread) / many
    centre = (rates * many).sum(axis=1, keepdims=True) / many.sum(axis=1, keepdims=True)
    assert np.mean((np.abs(rates - centre) > 3 * np.sqrt(centre * (1 - centre) / many)).any(axis=1)) > 0.97
    found = {
        "spread": shares_with_signals(charted(rates, many, LANEY_P)),
        "binomial": shares_with_signals(charted(rng.binomial(100, 0.85, shape) / 100, 100, LANEY_P)),
        "events": shares_with_signals(charted(rng.poisson(many * 0.01) / many, many, LANEY_U)),
        "scores": shares_with_signals(charted(rng.normal(80, 3, shape), 30, XMR)),
        "times": shares_with_signals(charted(rng.gamma(30, 1 / 30, shape), 30, XMR, LOG)),
    }
    assert {name: beyond for name, (beyond, _) in found.items() if beyond > 0.095} == {}
    assert {name: either for name, (_, either) in found.items() if either > 0.135} == {}


CATALOGUE = pl.DataFrame(
    {
        "indicator_id": ["O1-1", "P2-3a", "O2-1", "O4-1"],
        "method": ["rate", "mean", "score", "ratio"],
        "unit": ["rate", "h", "score", "per_10000_services"],
        "unit_divisor": [1.0, 3600.0, 1.0, 1.0],
        "multiplier": [1.0, 1.0, 1.0, 10000.0],
    }
)


def months(indicator: str, values: list[float], n: int = 500, status: str = "ok") -> pl.DataFrame:
    place = {"enterprise_id": "E1", "scope_type": "enterprise", "scope_id": "E1", "indicator_id": indicator}
    labels = [f"{2023 + at // 12}-{at % 12 + 1:02d}" for at in range(len(values))]
    return pl.DataFrame(
        [place | {"month": each, "value": v, "n": n, "status": status} for each, v in zip(labels, values, strict=True)]
    )


SCATTER = [0.0, 1, -1, 2, 0, -2, 1, 0, 1, -1, 0, 2, -2, 1, -1, 0, 1, -1, 2, -2]


@pytest.mark.parametrize(
    ("rows", "status", "chart", "scale"),
    [
        (months("O1-1", [0.85 + each / 100 for each in SCATTER]), "ok", LANEY_P, LINEAR),
        (months("O1-1", [0.85 + each / 100 for each in SCATTER[:12]]), "trial_limits", LANEY_P, LINEAR),
        (months("O1-1", [0.85 + each / 100 for each in SCATTER[:11]]), "insufficient_history", LANEY_P, LINEAR),
        # 20 cases a month, of which three miss.
        (months("O1-1", [0.85 + each / 100 for each in SCATTER], n=20), "insufficient_sample", LANEY_P, LINEAR),
        (months("O1-1", [0.85] * 20), "no_spread", LANEY_P, LINEAR),
        (months("P2-3a", [4 + each / 10 for each in SCATTER]), "ok", XMR, LOG),
        (months("P2-3a", [max(each, 0.0) for each in SCATTER]), "insufficient_sample", XMR, LOG),
        (months("O2-1", [80 + each for each in SCATTER], n=30), "ok", XMR, LINEAR),
        (months("O2-1", [80 + each for each in SCATTER], n=9), "insufficient_sample", XMR, LINEAR),
        # 30 incidents among 10,000 services, and three.
        (months("O4-1", [30 + each for each in SCATTER], n=10000), "ok", LANEY_U, LINEAR),
        (months("O4-1", [3 + each for each in SCATTER], n=10000), "insufficient_sample", LANEY_U, LINEAR),
    ],
)
def test_a_series_is_charted_by_what_it_is_and_how_much_of_it_there_is(
    rows: pl.DataFrame, status: str, chart: str, scale: str
) -> None:
    found = run_charts(rows, CATALOGUE)
    assert (found.height, set(found["status"]), set(found["chart"]), set(found["scale"])) == (
        rows.height,
        {status},
        {chart},
        {scale},
    )
    has_limits = status in ("ok", "trial_limits")
    assert found.select("centre_line", *LIMITS).null_count().row(0) == ((0 if has_limits else rows.height,) * 3)
    if has_limits:
        assert (found["lower_limit"] < found["centre_line"]).all()
        assert (found["centre_line"] < found["upper_limit"]).all()


def test_a_month_that_falls_is_found_and_what_was_assumed_is_left_out() -> None:
    values = [0.85 + each / 100 for each in SCATTER]
    fallen = pl.concat([months("O1-1", values[:-1]), months("O1-1", values).tail(1).with_columns(value=pl.lit(0.7))])
    found = run_charts(fallen, CATALOGUE)
    assert found.filter(signal=BEYOND)["month"].to_list() == ["2024-08"]
    assert run_charts(months("O1-1", values, status="assumed"), CATALOGUE).is_empty()
