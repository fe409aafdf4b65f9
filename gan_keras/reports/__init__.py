"""Scores for people: tables on the terminal, pages in HTML, verdicts in words."""
