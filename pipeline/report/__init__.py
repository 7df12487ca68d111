"""Explains a run's results to people: one report model, renderers apart.

``model.py`` gathers what a report says, ``labels.py`` and ``format.py`` hold its words and number formats, ``html.py``
draws. No value, score or verdict is computed here: that is the evaluate stage's business.
"""
