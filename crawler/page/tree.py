"""A page's tree as columns: one traversal in document order, then only what is asked for is looked at.

A loop in Python over all nodes would take longer than the parse. So the traversal and the columns are filled inside
selectolax, Python visits the elements that have a code, and where something ends is worked out only where it matters.
Whatever climbs remembers what it found, so that deep nesting costs no more than the page's size.
"""

from functools import cached_property
from operator import attrgetter
from typing import Final

from selectolax.lexbor import LexborNode

from .tags import CODES, SEPARATORS, TEXT

_NEAR_NODES: Final = 64

_number_of = attrgetter("tag_id")
_text_of = attrgetter("text_content")
_key_of = attrgetter("mem_id")


class Tree:
    """``nodes`` in document order; of each the code of its name, and of text nodes the text.

    ``parts`` is the page's text once :class:`PageText` has put in what separates words. A node's key is its
    ``mem_id``.
    """

    def __init__(self, root: LexborNode | None) -> None:
        self.nodes = list(root.traverse(include_text=True)) if root is not None else []
        self.codes: list[int | None] = list(map(CODES.get, map(_number_of, self.nodes)))
        self.parts: list[str | None] = list(map(_text_of, self.nodes))
        self._after: dict[int, LexborNode | None] = {}

    @cached_property
    def _index(self) -> dict[int, int]:
        return dict(zip(map(_key_of, self.nodes), range(len(self.nodes)), strict=True))

    def index_of(self, node: LexborNode, start: int) -> int:
        """Where ``node`` stands, which is not before ``start``; the end if it is outside of the tree."""
        key, nodes = node.mem_id, self.nodes
        for index in range(start, min(start + _NEAR_NODES, len(nodes))):
            if nodes[index].mem_id == key:
                return index
        return self._index.get(key, len(nodes))

    def after(self, node: LexborNode) -> LexborNode | None:
        """The first node after all that is inside ``node``."""
        following = node.next
        if following is not None:
            return following
        passed = []
        current: LexborNode | None = node
        while current is not None:
            key = current.mem_id
            if key in self._after:
                following = self._after[key]
                break
            passed.append(key)
            following = current.next
            if following is not None:
                break
            current = current.parent
        for key in passed:
            self._after[key] = following
        return following

    def end_of(self, index: int) -> int:
        """The index after the last node inside the one at ``index``."""
        node = self.nodes[index]
        child = node.first_child
        if child is None:
            return index + 1
        if child.next is None and self.codes[index + 1] == TEXT:
            return index + 2
        following = self.after(node)
        return len(self.nodes) if following is None else self.index_of(following, index + 1)

    def separate_end(self, index: int) -> None:
        """Lets words end where the block at ``index`` does, unless white space or another block sees to that."""
        node: LexborNode | None = self.nodes[index]
        while node is not None:
            following = node.next
            if following is not None:
                self._separate_before(following, index + 1)
                return
            node = node.parent
            if node is not None and CODES.get(node.tag_id) in SEPARATORS:
                return

    def _separate_before(self, node: LexborNode, start: int) -> None:
        if CODES.get(node.tag_id) in SEPARATORS:
            return
        text = node.text_content
        if text is None or not text[:1].isspace():
            at = self.index_of(node, start)
            if at < len(self.nodes) and (self.parts[at] or "")[:1] != " ":
                self.parts[at] = " " + (self.parts[at] or "")
