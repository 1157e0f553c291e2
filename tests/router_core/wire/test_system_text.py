"""Leading instructions of every format come to one place."""

from router_core.wire.model import Media, Message, Request, Text
from router_core.wire.system_text import is_billing_header, joined_system

BILLING = Text("x-anthropic-billing-header: cc_version=2.1.0; cc_entrypoint=cli; cch=abc;")
USER = Message("user", (Text("hello"),))


def test_system_and_leading_system_messages_are_joined_in_order() -> None:
    developer = Message("developer", (Text("three"), Text("")))
    request = Request("m", (Message("system", (Text("two"),)), developer, USER), system=(Text("one"),))
    texts, rest = joined_system(request)
    assert [text.text for text in texts] == ["one", "two", "three"]
    assert rest == [USER]


def test_the_attribution_line_of_claude_code_is_left_out() -> None:
    texts, _ = joined_system(Request("m", (USER,), system=(BILLING, Text("You are Claude Code."))))
    assert [text.text for text in texts] == ["You are Claude Code."]
    assert is_billing_header(BILLING)
    assert not is_billing_header(Text("about x-anthropic-billing-header"))


def test_a_system_message_between_turns_stays_where_it_is() -> None:
    late = Message("system", (Text("now be brief"),))
    assert joined_system(Request("m", (USER, late)))[1] == [USER, late]


def test_a_leading_system_message_with_an_image_is_left_in_the_conversation() -> None:
    shown = Message("system", (Text("see"), Media("image", url="https://example.com/a.png")))
    assert joined_system(Request("m", (shown, USER))) == ([], [shown, USER])
