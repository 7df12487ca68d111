"""Indicator scores, and the tree that aggregates them to a total.

Weights and values are computed elsewhere.
"""
