"""Untrusted text made harmless, once, where it comes in or goes out."""

import unicodedata

# Bidirectional controls reorder what stands around them: a name could disguise a log line.
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_SKIN_TONES = frozenset("\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")
_JOINERS = frozenset("\u200d\ufe0e\ufe0f")
_HARMFUL_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})


def _is_harmful(char: str) -> bool:
    return char in _BIDI or unicodedata.category(char) in _HARMFUL_CATEGORIES


def clean(text: str) -> str:
    """`text` on one line, without control characters, lone surrogates and bidi overrides.

    What is removed becomes a space, and runs of white space become one, so that words do not
    join. Letters of every script and emoji pass unharmed.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    harmless = "".join(" " if _is_harmful(char) else char for char in text)
    return " ".join(harmless.split())


def counted(number: int, one: str, more: str | None = None) -> str:
    """`number` and its noun: "1 match", "2 matches"; `more` is the plural where an s does not make it."""
    return f"{number} {one if number == 1 else more or one + 's'}"


def cut(text: str, length: int) -> str:
    """The first `length` code points of `text`, ending between two characters as people see them."""
    if len(text) <= length:
        return text
    end = length
    while end > 0 and _continues(text, end):
        end -= 1
    return (text[:end] if end else text[:length]).rstrip()


def _continues(text: str, index: int) -> bool:
    """Whether the code point at `index` belongs to the same visible character as the one before."""
    char = text[index]
    is_mark = unicodedata.category(char).startswith("M") or char in _SKIN_TONES
    return is_mark or char in _JOINERS or text[index - 1] == "\u200d"
