"""Indicator weights by AHP: matrices, consistency, the expert panel, and the projection onto the standard's ranges.

The use of weights belongs to ``scores/``.
"""
