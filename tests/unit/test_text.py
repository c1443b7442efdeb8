"""Untrusted text made harmless, and cut where nothing breaks."""

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sgsync.text import clean, counted, cut

bounded = settings(max_examples=300, deadline=None, derandomize=True, database=None)

all_of_unicode = st.text(st.characters())
troublemakers = st.text(
    st.sampled_from(
        "ab \t\n\r\0\x1b\x7f\x85\u00a0\u061c\u200b\u200d\u200e\u2028\u2029\u202e\u2066\ud800\udfff"
    )
)
marked = st.text(st.sampled_from("ae \u0301\u0302\u200d\ufe0f\u2764\U0001f469"))

BIDI = {"LRE", "LRO", "RLE", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
BIDI_MARKS = "\u061c\u200e\u200f"


@bounded
@given(all_of_unicode | troublemakers)
@example("".join(map(chr, range(0x3000))))
def test_nothing_harmful_is_left(text: str) -> None:
    cleaned = clean(text)
    assert {unicodedata.category(char) for char in cleaned}.isdisjoint({"Cc", "Cs", "Zl", "Zp"})
    assert {unicodedata.bidirectional(char) for char in cleaned}.isdisjoint(BIDI)
    assert not set(cleaned) & set(BIDI_MARKS)
    assert len(cleaned.splitlines()) <= 1
    cleaned.encode()
    assert cleaned == cleaned.strip()
    assert "  " not in cleaned


@bounded
@given(all_of_unicode | troublemakers)
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@bounded
@given(st.text(st.characters(categories=["L", "N", "P", "Sm", "Sc", "So"])))
def test_letters_of_every_script_pass_unharmed(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "é",
        "e\u0301",
        "いずみ",
        "Михаил",
        "שלום",
        "नमस्ते",
        "👩‍👩‍👧",
        "❤️",
        "👍🏽",
        "🇫🇷",
        "a b",
        "[red]x[/]",
        "%s {0}",
    ],
)
def test_names_of_all_kinds_pass_unharmed(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    "between", ["\n", "\r\n", "\t", "\0", "\x1b", "\x85", "\u2028", "\u202e", "\ud800", " \n "]
)
def test_what_is_removed_does_not_join_words(between: str) -> None:
    assert clean(f"one{between}two") == "one two"


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\0", "\u202e\u2066", "\ud800"])
def test_text_of_nothing_but_harm_is_empty(text: str) -> None:
    assert clean(text) == ""


@bounded
@given(marked, st.integers(1, 12))
def test_what_is_cut_is_the_beginning_and_short_enough(text: str, length: int) -> None:
    text = clean(text)
    short = cut(text, length)
    assert len(short) <= length
    assert text.startswith(short)
    assert bool(short) == bool(text)
    assert cut(short, length) == short


@bounded
@given(st.text(max_size=20))
def test_what_is_short_enough_stays_whole(text: str) -> None:
    assert cut(text, 20) == text


@pytest.mark.parametrize(
    "character",
    [
        "e\u0301",
        "e\u0302\u0323",
        "👩\u200d👩\u200d👧",
        "❤\ufe0f",
        "❤\ufe0f\u200d🔥",
        "1\ufe0f\u20e3",
        "\u0e01\u0e31",  # Thai, with a vowel above
        "\u0915\u093f",  # Devanagari, with a vowel beside
        "👍\U0001f3fd",
    ],
)
def test_a_visible_character_is_never_split(character: str) -> None:
    text = "x" + character + "y"
    for length in range(1, len(text)):
        assert cut(text, length) in ("x", f"x{character}")


def test_a_single_character_too_long_for_the_column_is_split_rather_than_lost() -> None:
    assert len(cut("e" + "\u0301" * 1000, 255)) == 255


def test_no_space_is_left_at_the_cut() -> None:
    assert cut("one two", 4) == "one"


def test_one_is_one_and_others_are_many() -> None:
    assert [counted(number, "run") for number in (0, 1, 2)] == ["0 runs", "1 run", "2 runs"]
    assert counted(2, "history entry", "history entries") == "2 history entries"
