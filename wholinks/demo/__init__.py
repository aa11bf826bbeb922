"""The demo web: a small web of an outdoor-gear shop, its rivals and the blogs that link to them, served on loopback.

Fjellgear sells tents. It wants to know who links to it, and who links to Nordpack and Tarncraft instead. The answer
for ``fjellgear.example`` is **23 backlinks from three sites**: Trail Notes 10, Hut to Hut 5, Packlist 8. On the way
there a crawler meets what the real web has: nofollow, ugc and sponsored links, links repeated on a page, image links,
a comment in the source that only looks like a link, pages that moved, a print version that must not count twice, a
folder robots.txt forbids, a noindex page, dead links, tracking parameters, a short-link service.

- ``sites/<host>.toml``  what a host serves: readable prose, one table a path
- ``sites``              reads and renders them; pure
- ``web``                :func:`~wholinks.demo.web.demo_web` serves them, told apart by the Host header

``seeds/demo.txt`` names the start pages. The content never changes between two requests, so neither does the answer.
It is a teaching aid, not a test bed: tests that need a misbehaving server make their own.
"""
