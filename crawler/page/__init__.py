"""What a page says, piece by piece; :func:`wholinks.crawler.parser.parse_page` puts the pieces together.

A page goes bytes → text (``charset``) → its elements that say something, what is around them and the words people see,
all found by one traversal (``tree``, that is ``c/tree.c`` or ``object_tree``, with what ``tags`` knows of names) → what
surrounds each element (``surroundings``, ``visibility``) → links (``outlinks``, with ``page_text``, ``hrefs``, ``rel``,
``evidence``) and the facts of its head and headers (``head_facts``, ``header_links``, ``link_header``, ``directives``,
``simhash``). Everything is pure, linear in the page's size, and never raises for what a page holds.
"""

from importlib.util import find_spec


def is_compiled() -> bool:
    """Whether the modules in C are there; without them all is done in Python, in about twice the time."""
    return all(find_spec(f"{__name__}.{name}") is not None for name in ("_tree", "_simhash"))
