"""What a page says, piece by piece; :func:`wholinks.crawler.parser.parse_page` puts the pieces together.

A page goes bytes → text (``charset``) → its elements that say something, found by one traversal (``tree``, ``tags``) →
what surrounds each element (``surroundings``, ``visibility``) and its text (``page_text``) → links (``outlinks``, with
``hrefs``, ``rel``, ``evidence``) and the facts of its head and headers (``head_facts``, ``header_links``,
``link_header``, ``directives``, ``simhash``). Texts stay in Lexbor's tree until one is asked for; the page's words come
last, since for them all is taken out of the tree that is no text of the page. Everything is pure, linear in the page's
size, and never raises for what a page holds.
"""
