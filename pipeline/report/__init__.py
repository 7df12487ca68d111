"""Reports of a run's results: a report model, and renderers separate from it.

``model/`` and ``parts/`` gather the content, ``words/`` holds words and number formats, ``formats/`` renders. No value,
score or verdict is computed here: that belongs to the evaluate stage.
"""
