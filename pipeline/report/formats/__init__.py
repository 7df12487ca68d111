"""Renderings of the report model: HTML pages, and the score table of the terminal."""
