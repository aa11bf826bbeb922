"""Answers made visible: one file an output, from the typed rows of ``wholinks.index`` and nothing else.

``json`` is the contract scripts rely on; ``jsonl`` and ``csv`` are the same rows without what surrounds them; ``table``
is for people. Every text of a row was written by some page, so each output makes it harmless in its own way
(:mod:`.text`): none can move a cursor, reorder a line, end a row or become a formula. Nothing here counts or decides.
"""
