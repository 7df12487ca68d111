"""Evaluates the counted marts: indicator values, weights, scores and process rules.

Pure functions over small tables: AHP, intervals, scoring lines, the score tree. Counting belongs to the marts (dbt),
the standard's numbers to the seeds, explanations and charts to the later stages.
"""
