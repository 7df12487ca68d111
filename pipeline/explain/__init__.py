"""How a published score came about: from the score to the formula, the counts, the SQL and the records (``asq explain``)."""
