"""Text and formulas written by a trained generator: a room above sampling and evaluation.

`characters` knows what a class can write and how high it stands; `text` and `formula` say where ink
goes; `hands` is the writer, a region of latent space with a slant and a pen; `inking` turns images
to outlines; `sheet` is the written page as PNG or SVG; `writer` joins them; `legibility` reads it.
"""
