"""Weights of indicators by AHP: matrices, consistency, the experts' panel, and the projection onto the standard's ranges.

How weights are used is ``scores/``'s business.
"""
