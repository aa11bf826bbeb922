"""The index: crawl.db transposed, so that "who links to X" is a scan of rows that lie side by side.

``index.duckdb`` is derived and disposable. A build (:mod:`.build`) reads one moment of crawl.db, writes
``index.duckdb.new`` and renames it over the old file: readers see the old index or the new one, never a half, and those
that have the old one open keep it until they close it. Nothing is ever changed in place.

===========  ==========================================================================================================
``link``       every live external link, sorted by target domain, source domain, target URL, source page, ordinal
``pair``       the default answer by referring domain, counted once for all targets
``via``        links whose target redirects elsewhere, under the URL at the end of the chain
``page``       every URL that is a source: fetched pages, and URLs that redirect out of their domain
``redirect``   every URL known to redirect, with its next hop and the end of its chain
``url``, ``origin``, ``domain``   what the numbers stand for
``known``      every page known, and what became of it
``coverage``   the same counted by domain, state and reason
``meta``       what the index was made from and when
===========  ==========================================================================================================

Numbers of domains, origins and URLs are dense and follow the sort order domain, host, origin, path: the URLs of an
origin are one range, which is what makes every target mode a few ranges and every column compress.

A question (:class:`.questions.Question`) names a target, a follow policy and the kinds that count; facts are stored as
they were seen, and the policy is applied when the question is asked (docs/counting.md). All counting is in SQL here
(ahead, in :mod:`.pairs`); the layers above see typed rows (:mod:`.answers`). Not for: the network, crawl.db's tables
(``storage.views`` has the statements), scores (``wholinks.research``).
"""
