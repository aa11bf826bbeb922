"""The text of a page in document order, with marks where links begin and end.

The traversal appends pieces: text as it is, a space where words end, a mark where a position will be asked for. At the
end all of it is collapsed at once, and anchor texts and contexts are slices of the result; so the cost is that of the
page's size, however links are nested.
"""

from typing import Final
from unicodedata import normalize

MARK: Final = "\0"
"""What stands for a position. HTML's tree construction leaves no U+0000 in a text."""

MAX_ANCHOR_CHARS: Final = 1_000
MAX_CONTEXT_CHARS: Final = 80


class PageText:
    """Pieces of text, and what of them is no visible text.

    White space is what ``str.split`` takes for it: Unicode's White_Space, and the four separators U+001C-U+001F. Other
    control characters are facts and stay; who shows them makes them harmless.
    """

    __slots__ = ("_at", "_hidden", "marks", "parts", "text")

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.marks: list[int] = []
        self.text = ""
        self._hidden: list[tuple[int, int, str]] = []
        self._at: dict[int, int] = {}

    def mark(self) -> int:
        """Puts a mark here; returns its position among the pieces."""
        position = len(self.parts)
        self.parts.append(MARK)
        self.marks.append(position)
        return position

    def mark_space(self, position: int) -> None:
        """Turns a piece that is a space into a mark with spaces around it."""
        if self.parts[position] == " ":
            self.parts[position] = f" {MARK} "
            self.marks.append(position)

    def add_alt(self, alt: str) -> None:
        """An image's text: it counts in anchor texts and contexts, not as a visible word."""
        self._hidden.append((len(self.parts), len(self.parts) + 1, " "))
        self.parts.append(f" {alt} ")

    def hide(self, start: int) -> None:
        """What was added from the piece ``start`` on is no visible text."""
        self._hidden.append((start, len(self.parts), ""))

    def visible_words(self) -> list[str]:
        """The words of the page without alternative texts and ``noscript``."""
        parts = self.parts
        if self._hidden:
            parts = parts[:]
            for start, end, blank in self._hidden:
                parts[start:end] = [blank] * (end - start)
        return "".join(parts).replace(MARK, "").split()

    def collapse(self) -> None:
        """Makes the slices below answerable; nothing may be added after it."""
        joined = "".join(self.parts)
        if not joined.isascii():
            joined = normalize("NFC", joined)
        segments = joined.split(MARK)
        if len(segments) != len(self.marks) + 1:  # the standard rules it out, a bug in a parser might not
            segments = self._segments_without_stray_marks()
        positions = sorted(self.marks)
        pieces: list[str] = []
        length = 0
        needs_space = False
        for index, segment in enumerate(segments):
            words = segment.split()
            if words:
                piece = " ".join(words)
                if length and (needs_space or segment[0].isspace()):
                    piece = " " + piece
                pieces.append(piece)
                length += len(piece)
                needs_space = segment[-1].isspace()
            elif segment:
                needs_space = True
            if index < len(positions):
                self._at[positions[index]] = length
        self.text = "".join(pieces)

    def _segments_without_stray_marks(self) -> list[str]:
        marked = set(self.marks)
        kept = [part if at in marked else part.replace(MARK, "") for at, part in enumerate(self.parts)]
        return normalize("NFC", "".join(kept)).split(MARK)

    def anchor(self, start: int, end: int) -> tuple[str, bool]:
        """The text between two marks, at most 1,000 characters of it, and whether it was cut."""
        begin, stop = self._at[start], self._at[end]
        text = self.text[begin : min(stop, begin + MAX_ANCHOR_CHARS + 2)].strip(" ")
        if not text.isascii():
            text = normalize("NFC", text)  # marks within it may have kept two characters apart
        if len(text) > MAX_ANCHOR_CHARS:
            return text[:MAX_ANCHOR_CHARS].rstrip(" "), True
        return text, False

    def context(self, block: list[int], start: int, end: int) -> tuple[str, str]:
        """Up to 80 characters before and after two marks, within a block (the positions of its first and last mark)."""
        begin, stop = self._at.get(block[0], 0), self._at.get(block[-1], len(self.text))
        before = self.text[max(begin, self._at[start] - MAX_CONTEXT_CHARS - 1) : self._at[start]]
        after = self.text[self._at[end] : min(stop, self._at[end] + MAX_CONTEXT_CHARS + 1)]
        return before.strip(" ")[-MAX_CONTEXT_CHARS:].strip(" "), after.strip(" ")[:MAX_CONTEXT_CHARS].strip(" ")


def collapsed(text: str, limit: int) -> tuple[str, bool]:
    """``text`` with its white space collapsed, trimmed, in NFC, at most ``limit`` characters, and whether it was cut."""
    text = " ".join(text.split())
    if not text.isascii():
        text = normalize("NFC", text)
    return (text, False) if len(text) <= limit else (text[:limit].rstrip(" "), True)
