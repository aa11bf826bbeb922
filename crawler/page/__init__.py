"""What a page says, piece by piece; :func:`wholinks.crawler.parser.parse_page` puts the pieces together.

A page goes bytes → text (``charset``) → a tree as flat columns, filled by one traversal (``tree``, ``tags``) → what
surrounds each element (``surroundings``, ``visibility``) and its text (``page_text``) → links (``outlinks``, with
``hrefs``, ``rel``, ``evidence``) and the facts of its head and headers (``head_facts``, ``header_links``,
``link_header``, ``directives``, ``simhash``). Everything is pure, linear in the page's size, and never raises for what
a page holds.
"""
