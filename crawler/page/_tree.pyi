from selectolax.lexbor import LexborNode

from .object_tree import Tree as Tree

VERSION: int

def bind(library: str, codes: bytes, roles: tuple[int, ...], probe: LexborNode | None) -> None: ...
