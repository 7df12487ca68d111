"""Redacts free text: what a comment says about the service stays; who and where people are is replaced.

Each kind of personal data of close-reading §4.2 has its patterns in the module of its kind and becomes a label such as
``[电话]``; this module orders the rules and applies them to one text or a column. Columns with one value of a known class are
handled in ``tokens.py`` and ``masks.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import polars as pl

from pipeline.redact import births, documents, net, numbers, people, places, plates, positions
from pipeline.redact.people import redact_record_name, redact_record_names
from pipeline.redact.replacing import UNUSUAL, Step, plain, plain_texts

# Numbers of vehicles, accounts, addresses of devices, dates of birth and papers first, because they hold numbers and dots; plates
# after telephones, which may begin with the same digits.
RULES = (
    *(*documents.VEHICLES, *net.RULES, *positions.RULES, *births.RULES, *documents.PAPERS),
    *(*numbers.RULES, *plates.RULES, *places.RULES, *people.RULES),
)
_ALL_RULES = (1 << len(RULES)) - 1
_BITS = {rule: 1 << position for position, rule in enumerate(RULES)}

# Run on all texts: one automaton for each group, small enough for its cache. The large alternations of surnames and counted repeats
# of Han characters run only on texts that pass it.
_GROUPS = tuple(
    ("|".join(rule.coarse or rule.guard for rule in group), group)
    for group in (
        (*documents.VEHICLES, *net.RULES, *positions.RULES, *births.RULES, *documents.PAPERS, *numbers.RULES, *plates.RULES),
        places.RULES,
        people.RULES,
    )
)


def redact(text: str, names: Sequence[str] = ()) -> str:
    """Replace the personal data in ``text`` by labels; text without any is returned unchanged.

    ``names`` are the people named by the record itself; they are replaced everywhere. ``redact(redact(x)) == redact(x)``.
    In a text that is changed, letters and digits in other forms (full-width, circled) become plain ones, and invisible marks go.
    """
    read = plain(text)
    redacted = read
    for name in names:
        redacted = redact_record_name(redacted, name)
    # Replacing may join two pieces that match another pattern; every round removes something, so the rounds end.
    while (once := _apply(redacted, _ALL_RULES)) != redacted:
        redacted = once
    return text if redacted == read else redacted


def redact_column(texts: pl.Series, names: pl.Series | None = None) -> pl.Series:
    """``redact`` for a whole column; ``names`` is the record's own name column, in the same order. Nulls stay null.

    The rules' guards find in one fast pass which texts may match; only those go through Python, only with the rules that may
    apply, and once per distinct text.
    """
    rows = _suspects(texts)
    work = pl.DataFrame({"row": rows, "text": plain_texts(texts.gather(rows))})
    if names is not None:
        named = redact_record_names(texts, names)
        work = pl.concat([work.join(named, on="row", how="anti"), named])
    finished: list[pl.DataFrame] = []
    while len(work):
        flags = _flags(work["text"])
        known: dict[str, str] = {}
        once = pl.Series(
            "text",
            [
                known.get(text) or known.setdefault(text, _apply(text, flag)) if flag else text
                for text, flag in zip(work["text"].to_list(), flags.to_list(), strict=True)
            ],
            dtype=pl.String,
        )
        changed = once != work["text"]
        finished.append(work.filter(~changed))
        work = pl.DataFrame({"row": work["row"], "text": once}).filter(changed)
    if not finished:
        return texts
    done = pl.concat(finished)
    # A text without any match keeps its characters as they were written.
    done = done.filter(done["text"] != plain_texts(texts.gather(done["row"])))
    return texts.clone().scatter(done["row"], done["text"]) if len(done) else texts


def _suspects(texts: pl.Series) -> pl.Series:
    """The row numbers of the texts that some rule may change."""
    return ((_flags(texts) > 0) | texts.str.contains(UNUSUAL).fill_null(False)).arg_true()


def _flags(texts: pl.Series) -> pl.Series:
    """For each text the rules that may apply, as bits; none for null."""
    flags = pl.zeros(len(texts), dtype=pl.UInt32, eager=True)
    for coarse, group in _GROUPS:
        rows = texts.str.contains(coarse).fill_null(False).arg_true()
        if len(rows):
            bits = (pl.col("text").str.contains(rule.guard).cast(pl.UInt32) * _BITS[rule] for rule in group)
            found = texts.gather(rows).alias("text").to_frame().select(pl.sum_horizontal(bits)).to_series()
            flags = flags.scatter(rows, flags.gather(rows) + found)
    return flags


def _apply(text: str, rules: int) -> str:
    """One round of the rules whose bits are set."""
    for step in _steps(rules):
        text = step(text)
    return text


@cache
def _steps(rules: int) -> tuple[Step, ...]:
    return tuple(rule.step for position, rule in enumerate(RULES) if rules >> position & 1)
