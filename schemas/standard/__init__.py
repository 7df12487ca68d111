"""The standard as data: typed, validated readers of ``dbt_project/seeds``, one module per seed file or family of them.

The files are the one home of every number of T/GXDSL 244—2025 and of every reading of it; dbt reads the same files.
Non-programmers edit them, so every fault is reported with file, row, column and rule, all faults of a file at once. What the
numbers make of a period (values, scores, clocks) does not belong here.
"""
