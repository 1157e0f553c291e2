"""What `--sanitized` makes of names, ids and texts."""

from tui.sanitize import WORDS, Sanitizer


def test_everything_is_given_back_unchanged_when_it_is_off() -> None:
    off = Sanitizer()
    assert [off.name("anna"), off.id("01k"), off.text("Why?"), off.sentence("anna rests")] == [
        *("anna", "01k", "Why?", "anna rests")
    ]


def test_the_same_name_is_the_same_word_and_another_one_another() -> None:
    on = Sanitizer(on=True)
    names = [f"token-{number}" for number in range(3 * len(WORDS))]
    words = [on.name(name) for name in names]
    assert len(set(words)) == len(names)
    assert [on.name(name) for name in names] == words
    assert not set(words) & set(names)


def test_ids_are_hashed_and_other_ones_in_each_run() -> None:
    first, second = Sanitizer(on=True), Sanitizer(on=True)
    assert first.id("01kabc") == first.id("01kabc") != first.id("01kabd")
    assert first.id("01kabc") != second.id("01kabc")
    assert "01k" not in first.id("01kabc")


def test_a_text_keeps_its_layout_only() -> None:
    said = Sanitizer(on=True).text('{"text": "Warum, Jürgen_2?\n\tja"}')
    assert said == '{"••••": "•••••, ••••••_•?\n\t••"}'


def test_a_sentence_is_told_without_the_names_and_ids_that_are_known() -> None:
    on = Sanitizer(on=True)
    anna, annabel, session = on.name("anna"), on.name("annabel"), on.id("5f1c20de-8a44")
    assert on.sentence("annabel rests, anna pays for 5f1c20de-8a44") == f"{annabel} rests, {anna} pays for {session}"
    assert on.sentence("") == ""
    assert Sanitizer(on=True).sentence("nobody is known") == "nobody is known"


def test_a_line_of_a_log_is_told_without_what_looks_like_an_id_a_path_or_an_address() -> None:
    on = Sanitizer(on=True)
    on.name("anna")
    line = "POST /v1/messages for 5f1c20de-8a44 of anna@example.org in /home/anna/clock: 200 in 4.1s, 12 tokens"
    assert (
        on.line(line)
        == "POST /v1/messages for ••••••••-•••• of •••••@•••••••.••• in /••••/•••••/•••••: 200 in 4.1s, 12 tokens"
    )
    assert Sanitizer().line(line) == line
