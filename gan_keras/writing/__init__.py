"""Text and formulas written by a trained generator.

`handwriter.Writer` joins the rest: `alphabet` knows what the classes stand for; `hand_styles` makes
up a hand, a region of latent space with a slant and a pen; `text_layout` and `formula_layout` place
glyphs; `glyph_measures` and `ink_outlines` turn images into outlines; `written_sheet` is the result
as PNG or SVG. `open_writer` finds runs that can write, `web_page` serves one, `legibility` grades.
"""
