"""Judges what the marts counted: indicator values, weights, scores and process rules.

Pure functions over small tables: AHP, intervals, scoring lines, the score tree. Counting belongs to the marts (dbt),
the numbers of the standard to the seeds, explaining and drawing to the later stages.
"""
