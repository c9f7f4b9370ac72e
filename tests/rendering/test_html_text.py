import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifyhub.rendering.html_text import derive_text

HIDDEN = "h1dd3n"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("plain", "plain"),
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("<div><div><p>one</p></div></div>two", "one\n\ntwo"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("one<hr>two", "one\n\ntwo"),
        ("  one \n\t two  ", "one two"),
        ("<b>one</b> <i>two</i>", "one two"),
        ("<td>Code</td><td>123</td>", "Code 123"),
        ("<table><tr><th>a</th><td>b</td></tr><tr><td>c</td></tr></table>", "a b\n\nc"),
        ("<ul><li>one</li><li>two</li></ul>", "one\n\ntwo"),
        ("<ul><li>one<li>two</ul>three", "one\n\ntwo\n\nthree"),
        ("a &amp; b &lt;c&gt; &eacute; &#233; &#xe9; &nbsp; d", "a & b <c> é é é d"),
        ("<img alt='x'>one<wbr>two", "onetwo"),
        ("one<!-- not this -->two", "onetwo"),
        ("<!--[if mso]>not this<![endif]-->one", "one"),
        ("<![if !mso]>one<![endif]>two", "onetwo"),
        ("<!doctype html><html><body>one</body></html>", "one"),
    ],
)
def test_the_visible_text_is_kept(html, text):
    assert derive_text(html) == f"{text}\n"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ('<a href="https://x.example">Go</a>!', "Go (https://x.example)!"),
        ('<a href="https://x.example">https://x.example</a>', "https://x.example"),
        ('<a href="https://x.example"><b>https://x.example</b> </a>', "https://x.example"),
        ('<a href="https://x.example"><img></a>', "(https://x.example)"),
        ('<a href="mailto:a@x.example">a@x.example</a>', "a@x.example"),
        ('<a href="mailto:a@x.example">Ask</a>', "Ask (a@x.example)"),
        ('<a href="https://x.example/?a=1&amp;b=2">Go</a>', "Go (https://x.example/?a=1&b=2)"),
        ("<a name=x>Go</a>", "Go"),
        ("<a href>Go</a>", "Go"),
        ('<a href="https://x.example">Go', "Go (https://x.example)"),
        ('<div hidden><a href="https://x.example">no</a></div>Go', "Go"),
        ('https://x.example <a href="https://x.example">Go</a>', "https://x.example Go (https://x.example)"),
    ],
)
def test_a_link_is_written_behind_its_text_unless_it_is_its_text(html, text):
    assert derive_text(html) == f"{text}\n"


@pytest.mark.parametrize(
    "hidden",
    [
        "<head><title>{}</title><style>{}</style></head>",
        "<style>p {{ content: '{}' }}</style>",
        "<script>if (a < b) '{}'</script>",
        "<template>{}</template>",
        '<div style="display:none">{}</div>',
        '<div style="color:red; DISPLAY : None !important">{}</div>',
        '<div style="display:\nnone">{}</div>',
        '<div style="visibility: hidden">{}</div>',
        "<div hidden>{}</div>",
        "<span hidden>{}</span>",
        "<div hidden>{}<div>{}</div>{}</div>",
        "<div hidden>{}<br>{}<img>{}<hr>{}</div>",
        "<div hidden><p>{}<p>{}</div>",
        "<div hidden><b>{}</div>",
        "<div hidden></span>{}</div>",
        "<div hidden><div hidden>{}</div>{}</div>",
        "<table hidden><tr><td>{}<tr><td>{}</table>",
        "<p hidden>{}",
        "<div><span hidden>{}</div>",
        "<table><tr hidden><td>{}<tr></table>",
        "<ul><li hidden>{}<li></ul>",
    ],
)
def test_what_is_hidden_stays_so_and_what_follows_shows(hidden):
    html = hidden.replace("{}", HIDDEN)
    assert derive_text(f"{html}<p>shown</p>").strip() == "shown"


@pytest.mark.parametrize(
    "start", ["<head><title>x</title><body>", "<head><meta charset=utf-8><p>", "<head hidden><div>"]
)
def test_a_head_without_its_end_does_not_swallow_the_body(start):
    """HTML lets authors leave the end tag out, and the code would be lost with the body."""
    assert derive_text(f"{start}123456") == "123456\n"


@pytest.mark.parametrize(
    "html",
    ["<", "<p", "</", "</>", "<!", "<!x", "<![x[y]]>", "<![", "<?x", "&", "&#;", "&#x110000;", "<a b=", "<p/>", "\0"],
)
def test_what_is_no_html_is_no_error(html):
    assert derive_text(html).endswith("\n")
    assert "shown" in derive_text(f"<p>shown</p>{html}")


TAGS = st.sampled_from(
    [
        "<p>",
        "</p>",
        "<div>",
        "<div/hidden>",
        "</div>",
        "<a/href=x>",
        "</a>",
        "<br>",
        "<td>",
        "</tr>",
        "<head>",
        "<!--",
        "-->",
        "<![if]>",
    ]
)


@given(
    st.lists(TAGS.map(lambda tag: tag.replace("/h", " h")) | st.text(alphabet="<>!/?&#;=[]-'\" abc\n", max_size=8)).map(
        "".join
    )
)
def test_no_text_raises(html):
    assert derive_text(html).endswith("\n")


WORDS = st.text(string.ascii_lowercase, min_size=1, max_size=5)
ELEMENTS = st.sampled_from(["div", "span", "b", "section", "blockquote"])


def nested(attributes):
    """Well-formed HTML of any depth, its elements with one of these attributes."""
    return st.recursive(
        WORDS,
        lambda inner: st.builds(
            lambda tag, attribute, children: f"<{tag} {attribute}>{''.join(children)}</{tag}>",
            ELEMENTS,
            st.sampled_from(attributes),
            st.lists(inner, max_size=3),
        ),
        max_leaves=8,
    )


@given(nested(["", "hidden", "class=x"]), nested(["", "class=x"]))
def test_no_text_of_a_hidden_element_shows_and_all_that_follows_does(inside, after):
    """Hidden words are upper case here, visible ones lower case."""
    html = f"<div hidden>{inside.upper()}</div>{after}"
    assert derive_text(html) == derive_text(after)


@given(nested([""]))
def test_every_visible_word_is_kept(html):
    import re

    assert "".join(derive_text(html).split()) == re.sub(r"<[^>]*>|\s", "", html)
