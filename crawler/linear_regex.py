"""Regular expressions that can't take for ever: RE2's, in time linear in the text. An extra: ``wholinks[regex]``."""

from typing import Final, Protocol

from wholinks.storage.errors import UsageError

_MAX_CHARS: Final = 2_000
_MAX_MEMORY: Final = 1 << 22


class Regex(Protocol):
    """What is compiled."""

    def search(self, text: str) -> object | None:
        """Anything but None where it matches somewhere in ``text``."""


def compile_regex(pattern: str) -> Regex:
    """Compile ``pattern`` in RE2's syntax (no look-around, no back references). Raises :class:`UsageError`."""
    try:
        import re2  # noqa: PLC0415 - an extra
    except ImportError:
        raise UsageError(
            f"re:{pattern}: regular expressions need RE2; install it with: pip install 'wholinks[regex]'"
        ) from None
    if len(pattern) > _MAX_CHARS:
        raise UsageError(f"re:{pattern[:40]}…: longer than {_MAX_CHARS:,} characters")
    options = re2.Options()
    options.never_capture, options.log_errors, options.max_mem = True, False, _MAX_MEMORY
    try:
        compiled: Regex = re2.compile(pattern, options)
    except re2.error as error:
        said = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else error.args[0]
        raise UsageError(f"re:{pattern}: no regular expression ({said})") from None
    return compiled
