"""Draws texts: sums and equations, or words, with the symbol counts of real collections.

A text is a list of (label, raised) and its LaTeX; a raised symbol is an exponent.
"""

import random
from pathlib import Path

Text = tuple[list[tuple[str, bool]], str]

# Digits of CROHME 2012 + 2013. A number never starts with a superfluous 0.
_DIGITS = "0123456789"
_DIGIT_SHARES = (3100, 9300, 8300, 3785, 2536, 1257, 1085, 1025, 1045, 1091)
_FIRST_SHARES = (0, *_DIGIT_SHARES[1:])

# Words with the letters of English, chosen so that the rare ones come up often enough.
_WORDS = (Path(__file__).parent / "words.txt").read_text(encoding="utf-8").split()
_ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class _Sum:
    """Builds one expression of numbers, x, brackets and signs."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.tokens: list[tuple[str, bool]] = []
        self.latex: list[str] = []

    def put(self, label: str) -> None:
        self.tokens.append((label, False))
        self.latex.append(label)

    def number(self) -> None:
        length = self.rng.choices((1, 2, 3), (70, 24, 6))[0]
        first = _DIGIT_SHARES if length == 1 else _FIRST_SHARES
        self.put(self.rng.choices(_DIGITS, first)[0])
        for _ in range(length - 1):
            self.put(self.rng.choices(_DIGITS, _DIGIT_SHARES)[0])

    def power(self) -> None:
        exponent = self.rng.choices("23451", (66, 20, 6, 3, 5))[0]
        self.tokens.append((exponent, True))
        self.latex.append(f"^{{{exponent}}}")

    def factor(self, depth: int) -> None:
        draw = self.rng.random()
        if draw < 0.61:
            self.number()
        elif draw < 0.825:
            if self.rng.random() < 0.22:
                self.number()
            self.put("x")
            if self.rng.random() < 0.25:
                self.power()
        elif depth < 2:
            if self.rng.random() < 0.12:
                self.put("x")
            self.put("(")
            self.side(depth + 1, terms=self.rng.choices((1, 2, 3), (10, 75, 15))[0])
            self.put(")")
        else:
            self.put("x")

    def side(self, depth: int, terms: int) -> None:
        if self.rng.random() < 0.24:
            self.put("-")
        for i in range(terms):
            if i:
                self.put("-" if self.rng.random() < 0.5 else "+")
            self.factor(depth)


def math_text(rng: random.Random) -> Text:
    """Returns an expression such as `(x+12)-5=x` in the 16 symbols of math16.

    Args:
        rng: Source of chance.
    """
    builder = _Sum(rng)
    builder.side(0, terms=rng.choices((1, 2, 3, 4), (12, 48, 30, 10))[0])
    if rng.random() < 0.63:
        builder.put("=")
        builder.side(0, terms=rng.choices((1, 2), (70, 30))[0])
    return builder.tokens, f"${''.join(builder.latex)}$"


def word_text(rng: random.Random) -> Text:
    """Returns a word, a name, a word in capitals, a code or a number, in letters and digits.

    Args:
        rng: Source of chance.
    """
    draw = rng.random()
    word = rng.choice(_WORDS)
    if draw < 0.36:
        text = word
    elif draw < 0.49:
        text = word.capitalize()
    elif draw < 0.65:
        text = word.upper()
    elif draw < 0.93:
        # Codes as on tickets: the only texts in which every class is equally likely.
        text = "".join(rng.choice(_ALPHANUMERIC) for _ in range(rng.randint(4, 8)))
    else:
        text = "".join(rng.choice(_DIGITS) for _ in range(rng.randint(3, 6)))
    return [(label, False) for label in text], f"${text}$"
