"""The standard as data: typed, validated readers of ``dbt_project/seeds``, one module per seed file or family of them.

The files are the only place for every number of T/GXDSL 244—2025 and every reading of it; dbt reads the same files.
Non-programmers edit them, so all faults of a file are reported at once with file, row, column and rule. Computing with the
numbers (values, scores, clocks) does not belong here.
"""
