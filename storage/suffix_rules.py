"""The Public Suffix List, read: which part of a host people register names under.

The list is the one that tldextract brings along, and the answers are tldextract's (a test compares them for every rule
there is); but a process that loads tldextract loads an HTTP client with it, and builds two trees of 10,000 nodes: 0.15
of the 0.45 seconds of CPU that a parser process needs to start.
"""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import ada_url

_RULE: Final = re.compile(r"^[.*!]*\w\S*", re.MULTILINE)
_PRIVATE: Final = "// ===BEGIN PRIVATE DOMAINS==="
_PART, _PUBLIC, _OWNERS = 0, 1, 2  # of a longer rule; a registry's suffix; a suffix of somebody's own domain


def bundled_list() -> str:
    """The text of the list in tldextract's package, which is not loaded for it."""
    spec = find_spec("tldextract")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("tldextract is not installed; the public suffix list is part of it")
    return (Path(spec.submodule_search_locations[0]) / ".tld_set_snapshot").read_text("utf-8")


class SuffixRules:
    """The rules of a list, private section and all. Hosts are lower case, with IDNA labels as ``xn--…``."""

    def __init__(self, text: str) -> None:
        public, _, private = text.partition(_PRIVATE)
        self._nodes = dict.fromkeys(_rules(public), _PUBLIC) | dict.fromkeys(_rules(private), _OWNERS)
        new = set(self._nodes)
        while new:
            new = {rule.partition(".")[2] for rule in new if "." in rule} - self._nodes.keys()
            self._nodes |= dict.fromkeys(new, _PART)

    def domains(self, host: str) -> tuple[str, str] | None:
        """The name that was registered under a public suffix, and that under a registry's; the host itself where it is
        a suffix; None where no rule is for it."""
        nodes = self._nodes
        found = registry = len(host)
        kind = _PART
        end = len(host) + 1  # of the label at hand, and one
        while end > 0:
            start = host.rfind(".", 0, end - 1) + 1
            node = nodes.get(host[start:])
            if node is None:
                above = host[end:]
                wild = nodes.get(f"*.{above}") if above else None
                if wild is not None:
                    found = end if f"!{host[start:]}" in nodes else start
                    kind = wild
                break
            if node:
                found, kind = start, node
                if node == _PUBLIC:
                    registry = start
            end = start
        if found == len(host):
            return None
        if found == 0:
            return host, host
        if registry == len(host):  # the list's own default rule: an unknown top level is a suffix
            registry = host.rfind(".") + 1
        domain = host[_label_before(host, found) :]
        return domain, host[_label_before(host, registry) :] if kind == _OWNERS else domain


def _label_before(host: str, start: int) -> int:
    """Where the label before that place begins."""
    return host.rfind(".", 0, start - 1) + 1


def _rules(text: str) -> list[str]:
    return [rule if rule.isascii() else _to_ascii(rule) for rule in _RULE.findall(text)]


def _to_ascii(rule: str) -> str:
    bare = rule.lstrip("!*.")
    return rule.removesuffix(bare) + ada_url.idna_to_ascii(bare).decode("ascii")
