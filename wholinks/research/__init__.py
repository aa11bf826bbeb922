"""Numbers from the index and the notes: competitors, authority, quality, growth. Never the network.

A module answers one kind of question with one typed value (frozen dataclasses all the way down, ``rows`` the main
ones), by statements over the tables of ``index.schema``; :meth:`wholinks.index.queries.Index.ask` gives the session in
which ``link`` holds the links a question means. Each measure is defined in docs/metrics.md. Renderers see values, never
SQL.
"""
