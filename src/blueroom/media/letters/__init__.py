"""Text on pictures: people's words in Fraunces, the interface in Figtree, any script.

`french` sets the spaces, `bidi` the order in which a line is read, `runs` finds the font for each
letter, `layout` breaks and fits, `drawing` puts it on a Pillow image. Raqm shapes.
"""
