"""The start tag as parsed, which proves an external link."""

from typing import Final

from wholinks.storage.shorthand import escape

from .userinfo import without_userinfo

MAX_TAG_BYTES: Final = 300
_ENOUGH: Final = MAX_TAG_BYTES + 1


def cut_utf8(text: str, size: int) -> tuple[str, bool]:
    """``text`` cut to ``size`` bytes of UTF-8, between characters, and whether it was."""
    if len(text) <= size and (text.isascii() or len(text) * 4 <= size):
        return text, False
    data = text[: size + 1].encode()
    return (data[:size].decode("utf-8", "ignore"), True) if len(data) > size else (text, False)


def start_tag(name: str, attributes: dict[str, str | None]) -> tuple[str, bool]:
    """The start tag as HTML serialises it, without userinfo, in its first 300 bytes, and whether it was longer."""
    values = "".join(filter(None, attributes.values()))
    if len(values) > MAX_TAG_BYTES or not _is_plain(values):
        pairs = [_attribute(key, value or "") for key, value in attributes.items()]
    else:
        pairs = [f' {key}="{value or ""}"' for key, value in attributes.items()]
    text = f"<{name}{''.join(pairs)}>"
    if len(text) <= MAX_TAG_BYTES and text.isascii():
        return text, False
    return cut_utf8(text, MAX_TAG_BYTES)


def _is_plain(text: str) -> bool:
    """Whether nothing in ``text`` is escaped or looked at; searches are cheaper than one pattern."""
    return not ("&" in text or '"' in text or "<" in text or ">" in text or "@" in text) and (
        text.isascii() or "\u00a0" not in text
    )


def _attribute(key: str, value: str) -> str:
    if "@" in value:
        value = without_userinfo(value)
    if len(value) > MAX_TAG_BYTES or len(key) > MAX_TAG_BYTES:
        key, value = key[:_ENOUGH], value[:_ENOUGH]
    return f' {key}="{escape(value)}"'
