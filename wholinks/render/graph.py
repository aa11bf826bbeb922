"""The graph of domains as GEXF and GraphML, for Gephi, networkx and the like."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Final
from xml.sax.saxutils import quoteattr

_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML document may have, escaped or not."""

_MEASURES: Final = ("backlinks", "links", "followed")

_GEXF_VALUES: Final = "".join(f'<attvalue for="{name}" value="%d"/>' for name in _MEASURES)
_GRAPHML_VALUES: Final = "".join(f'<data key="{name}">%d</data>' for name in _MEASURES)

Edge = tuple[Any, ...]
"""Source, target, backlinks, links, followed."""


@lru_cache(1 << 16)
def attribute(text: str) -> str:
    """``text`` as an attribute's value, with its quotes; characters that XML forbids are dropped."""
    return quoteattr(_FORBIDDEN.sub("", text))


def gexf(nodes: Iterable[str], edges: Iterable[Edge]) -> Iterator[str]:
    """GEXF 1.2, line by line; an edge's weight is its backlinks."""
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<gexf xmlns="http://www.gexf.net/1.2draft" version="1.2">'
    yield '<graph mode="static" defaultedgetype="directed">'
    yield '<attributes class="edge">'
    yield from (f'<attribute id="{name}" title="{name}" type="long"/>' for name in _MEASURES)
    yield "</attributes>"
    yield "<nodes>"
    for node in nodes:
        yield f"<node id={attribute(node)} label={attribute(node)}/>"
    yield "</nodes>"
    yield "<edges>"
    for number, (source, target, *counts) in enumerate(edges):
        values = _GEXF_VALUES % tuple(counts)
        ends = f"source={attribute(source)} target={attribute(target)}"
        yield f'<edge id="{number}" {ends} weight="{counts[0]:d}"><attvalues>{values}</attvalues></edge>'
    yield "</edges>"
    yield "</graph>"
    yield "</gexf>"


def graphml(nodes: Iterable[str], edges: Iterable[Edge]) -> Iterator[str]:
    """GraphML, line by line."""
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
    yield from (f'<key id="{name}" for="edge" attr.name="{name}" attr.type="long"/>' for name in _MEASURES)
    yield '<graph edgedefault="directed">'
    for node in nodes:
        yield f"<node id={attribute(node)}/>"
    for source, target, *counts in edges:
        values = _GRAPHML_VALUES % tuple(counts)
        yield f"<edge source={attribute(source)} target={attribute(target)}>{values}</edge>"
    yield "</graph>"
    yield "</graphml>"
