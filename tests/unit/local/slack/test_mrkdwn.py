from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.slack.mrkdwn import escaped, render, shown, strays, unescaped


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*bold* _italic_ ~strike~ `code`", "<b>bold</b> <i>italic</i> <s>strike</s> <code>code</code>"),
        ("a\nb", "a<br>b"),
        ("```\na *b*\n<c>```", "<pre>a *b*\n&lt;c&gt;</pre>"),
        ("x ```y``` z", "x <pre>y</pre> z"),
        ("> quoted\nnot", "<blockquote>quoted</blockquote>not"),
        ("a\n&gt; b\n&gt; c", "a<blockquote>b<br>c</blockquote>"),
        (">>>all\nof it", "<blockquote>all<br>of it</blockquote>"),
        (":white_check_mark: :no_such_emoji:", "✅ :no_such_emoji:"),
        # AWS text survives
        (
            "arn:aws:ecs:eu-west-1:123456789012:service/prod/checkout",
            "arn:aws:ecs:eu-west-1:123456789012:service/prod/checkout",
        ),
        ("10:45:30 to 10:45:31", "10:45:30 to 10:45:31"),
        ("arn:fire:x :fire:", "arn:fire:x 🔥"),
        ("my_service_name_v2 a*b*c 5~6~7", "my_service_name_v2 a*b*c 5~6~7"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("`a*b*c` `<!channel>`", "<code>a*b*c</code> <code>&lt;!channel&gt;</code>"),
        # what is not markup stays text
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 &lt; 2 &amp;&amp; 3 &gt; 2"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("<javascript:alert(1)|x>", "&lt;javascript:alert(1)|x&gt;"),
        ("&lt;https://evil.example|x&gt;", "&lt;https://evil.example|x&gt;"),
        ("&amp;lt;b&amp;gt;", "&amp;lt;b&amp;gt;"),
        ("http://evil.example/", "http://evil.example/"),
        ('"><img src=x onerror=alert(1)>', "&#34;&gt;&lt;img src=x onerror=alert(1)&gt;"),
        ("a\x1b[31m\u202eb", "a\ufffd[31m\ufffdb"),
        ("\ue0000\ue001", "0"),
    ],
)
def test_render(text: str, html: str) -> None:
    assert render(text) == html


def test_links_and_mentions() -> None:
    attributes = 'target="_blank" rel="noopener noreferrer nofollow"'
    assert render("*<https://e.com/?a=1&amp;b=2|c &lt;d&gt;>*") == (
        f'<b><a href="https://e.com/?a=1&amp;b=2" {attributes}>c &lt;d&gt;</a></b>'
    )
    assert render("<https://e.com/x>") == f'<a href="https://e.com/x" {attributes}>https://e.com/x</a>'
    names = {"U1ABC": "Maria", "C1ABC": "alerts"}
    assert render("<@U1ABC> <#C1ABC> <!here> <!subteam^S1AB>", names) == (
        '<span class="mention">@Maria</span> <span class="mention">#alerts</span> '
        '<span class="mention">@here</span> <span class="mention">@S1AB</span>'
    )


def test_dates_are_shown_in_utc() -> None:
    text = "<!date^1392734382^Posted {date_num} {time_secs}|then>"
    assert render(text) == (
        '<time datetime="2014-02-18T14:39:42+00:00" title="2014-02-18 14:39:42 UTC">Posted 2014-02-18 14:39:42</time>'
    )
    assert render("<!date^999999999999^{date}|far &lt;away&gt;>") == "far &lt;away&gt;"


@pytest.mark.parametrize(
    "text",
    [
        "a < b",
        "a > b",
        "AT&T",
        "<!everyone_else>",
        "<@maria>",
        "<https://a b|c>",
        "<!date^1^no token|x>",
        "<!date^1^{date}>",
        "<!date^1^{hour}|x>",
        "<b>",
        "a\x00b",
        "<https://e.com/?a=1&b=2|c>",
        "x <",
        "\u202eevil",
    ],
)
def test_strays_are_found(text: str) -> None:
    assert list(strays(text))


@given(st.text())
def test_an_escaped_text_has_no_strays_but_control_characters_and_reads_the_same(text: str) -> None:
    assert [stray for stray in strays(escaped(text)) if not stray.startswith("control character")] == []
    assert unescaped(escaped(text)) == text


class Tags(HTMLParser):
    """Collects the tags and attributes that a browser would see."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen |= {tag, *(f"{tag}.{name}" for name, _ in attrs)}


OWN = {"b", "i", "s", "br", "code", "pre", "blockquote"}
PIECES = st.sampled_from(
    [
        "<",
        ">",
        "&",
        "|",
        "*",
        "_",
        "~",
        "`",
        "```",
        "\n",
        "@",
        "#",
        "!",
        "^",
        "\ue000",
        "\ue001",
        "0",
        "1",
        '"',
        "'",
        ":fire:",
        "https://e.com",
        "javascript:",
        "<img src=x onerror=y>",
        "<!here>",
        "<@U123>",
        "<!date^1^{date}|x>",
        "&lt;",
        "&amp;",
        "a b",
    ]
)


@given(st.lists(PIECES, max_size=30).map("".join))
def test_no_input_makes_a_tag_that_is_not_ours(text: str) -> None:
    ours = OWN | {"a", "a.href", "a.target", "a.rel", "span", "span.class", "time", "time.datetime", "time.title"}
    tags = Tags()
    tags.feed(str(render(text)))
    assert tags.seen <= ours


@given(st.lists(PIECES, max_size=30).map("".join))
def test_an_escaped_value_makes_no_link_and_no_mention(text: str) -> None:
    tags = Tags()
    tags.feed(str(render(escaped(text))))
    assert tags.seen <= OWN


@given(st.text())
def test_plain_text_makes_no_tag_but_breaks(text: str) -> None:
    tags = Tags()
    tags.feed(str(shown(text)))
    assert tags.seen <= {"br"}
