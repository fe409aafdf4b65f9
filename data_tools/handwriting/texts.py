"""Draws texts: sums and equations, or words, with the symbol counts of real collections.

A text is a list of (label, raised) and its LaTeX; a raised symbol is an exponent.
"""

import random

Text = tuple[list[tuple[str, bool]], str]

# Digits of CROHME 2012 + 2013. A number never starts with a superfluous 0.
_DIGITS = "0123456789"
_DIGIT_SHARES = (3100, 9300, 8300, 3785, 2536, 1257, 1085, 1025, 1045, 1091)
_FIRST_SHARES = (0, *_DIGIT_SHARES[1:])

# Words with the letters of English, chosen so that the rare ones come up often enough.
_VOCABULARY = (
    "about above again air all also and animal answer any apple are ask away back ball bank "
    "because bed before big bird black blue boat body book box boy bread bring brown build busy "
    "buzz by cake call came can car cat change child city class clock cold come cook could cup "
    "cut dance dark day deep did dog door down draw dream drive each ear early earth east eat "
    "edge eight end even every exact exit eye face fact fall far fast father fax feel few field "
    "final find fire first fish five fix fly fold food foot for form four fox free friend from "
    "full game garden gave girl give glass go gold good great green group grow guess half hand "
    "happy hard have he head hear heat help her high hill him his hold home horse hot house how "
    "ice idea if inch into island it jam jar jazz jelly jet job join joke joy judge juice jump "
    "junior just keep key kick kind king kitchen knee knew know lake land large last laugh law "
    "lead leave left letter life light like line list live long look lost love low luck lynx "
    "made major make man many map mark matrix may maze me mean milk mind mix money month moon "
    "more most mother move much music my name near never new next night nine no noise north note "
    "now number object ocean of off often oil old on once one open or orange other our out oven "
    "over own oxygen page paint paper park part pass path people phone piano pick piece pizza "
    "place plan plant play point pony pool power press project prize pull pump push puzzle quack "
    "quality quarter queen question quick quiet quilt quit quite quiz quote rain ran reach read "
    "red rest rich ride right ring river road rock room round rule run sad said sail salt same "
    "save say school sea see seven shape she ship short show sing six size skip sleep slow small "
    "snow so some song soon sound south space speak square squirrel stand star start stay step "
    "stop story street strong subject such sugar sun swim table take talk tax tell ten test text "
    "than that the then there they thing think three time to today took town tree true try turn "
    "twelve two under unit up us use valley value van vase very view village visit voice vote "
    "vowel wait walk wall want war warm was watch water wave wax way we week well went west what "
    "wheel when where white who why wind wing with wolf woman wood word work world would write "
    "xylophone yard yawn year yellow yes yet yoga you young zebra zero zigzag zone zoo zoom"
)
_WORDS = _VOCABULARY.split()
_ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class _Sum:
    """Builds one expression of numbers, x, brackets and signs."""

    def __init__(self, rng: random.Random):
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
