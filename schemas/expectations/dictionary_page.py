"""The page docs/data-dictionary.md, made of the declarations: every table and column with its meaning."""

from __future__ import annotations

from collections.abc import Iterator

from schemas.expectations.meanings import LATEST, column_meaning, table_meanings
from schemas.expectations.release import column_classes, released_columns

_HEAD = f"""# Data dictionary 数据字典

Made by `asq warehouse dictionary --out docs/data-dictionary.md` from `table_meanings.csv`, `column_meanings.csv` and
`released_columns.csv` in `schemas/expectations/`. `warehouse.duckdb` and `analyst.duckdb` carry the same texts as comments:

```sql
select column_name, comment from duckdb_columns() where table_name = 'scores';
```

Readers see the columns marked ●; those marked ○ are in `analyst.duckdb` only ([privacy](privacy.md#two-layers)).
`{LATEST}<table>` is what the newest published quarter says of a table. Queries to start from:
[analyst-queries.md](analyst-queries.md).

What a null means is said after the semicolon. Besides, what readers may not see is null in their layer: the column `withheld` says
so where a table has one. 读者无权查看的数字在发布层中也为空，见 `withheld` 列。
"""


def dictionary_page() -> str:
    """The page, as Markdown; raises KeyError for a table or column without a meaning."""
    tables = sorted(column_classes())
    parts = [
        _HEAD,
        "## Released 可供查阅\n",
        *("".join(_table(table)) for table in tables if released_columns(table)),
        "## Analysts only 仅供分析人员\n",
        *("".join(_table(table)) for table in tables if not released_columns(table)),
    ]
    return "\n".join(parts)


def _table(table: str) -> Iterator[str]:
    meaning = table_meanings()[table]
    yield f"### {table}\n\n"
    yield f"{meaning.zh}。每行：{meaning.unit_zh}。 {meaning.en}. One row per {meaning.unit_en}.\n\n"
    yield "| column | | 含义 | meaning | unit |\n|---|---|---|---|---|\n"
    seen = set(released_columns(table))
    for column in column_classes()[table]:
        of_column = column_meaning(table, column)
        if of_column is None:
            raise KeyError(f"{table}.{column} has no line in column_meanings.csv")
        unit = " / ".join(filter(None, (of_column.unit_zh, of_column.unit_en)))
        cells = (f"`{column}`", "●" if column in seen else "○", of_column.zh, of_column.en, unit)
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"
