"""An edition from feeds that mean harm: every field tries to break out of where it is put."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from digest.model import AlsoOn, Credit, Edition, EditionPost, Image, Section
from tests.mail.editions import STARTS, edition

TEXTS = (
    "</mj-text></mj-column></mj-section><mj-raw><script>alert(1)</script></mj-raw>",
    "<mj-foo>unknown</mj-foo> and <mj-include path=\"/etc/passwd\" type='html' />",
    "<!--[if mso]><xml>Outlook only</xml><![endif]--> or so",
    "--> closes a comment <!-- opens one",
    "<![CDATA[ a section ]]> that never ends ]]>",
    '" onmouseover="alert(1)" style=\'display:none\' x=`',
    "'><img src=x onerror=alert(1)>",
    "</style><style>body{display:none}</style>",
    "expression(alert(1)); } * { color: red } /*",
    "{{ 7 * 7 }} {% raw %} {# never closed",
    "⟦unsubscribe⟧ and ⟦email⟧ and ⟦nonsense⟧",
    "Quarterly\r\nBcc: everyone@victim.example\r\n\r\nSecond body",
    "=?utf-8?q?=0D=0ABcc:_x@victim.example?= encoded",
    "A\x00null, a\x08backspace, a\x1bescape, \ufffe and \ud800 and \U0001ffff",
    "Right \u202eot tfel\u202c turns and \u2066isolates\u2069",
    "Zalgo: h\u0300\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308\u0309\u030a\u030b\u030ci",
    "Backslash \\u{202e} \\n and a Windows path C:\\temp\\new",
    "مرحبا بالعالم: the weekly note",
    "日本語の見出しはここにあります",
    "Emoji 👩\u200d💻 👍🏽 and 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f flags ✌️",
    "Donaudampfschifffahrtsgesellschaftskapitänskajütentürschlüsselloch" * 6,
    "AT&amp;T &lt;b&gt;bold&lt;/b&gt; &#x41; &copy;",
    "A\u00a0no-break\u2007space\u3000and\u2028lines\u2029paragraphs\u200bzero\ufeffwidth",
    "   ",
)

URLS = (
    "javascript:alert(document.cookie)",
    "JaVaScRiPt:alert(1)//https://fine.example/",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "file:///etc/passwd",
    "//no-scheme.example/path",
    "https://user:password@bank.example/",
    "https://bank.example\\@evil.example/",
    'https://evil.example/" onclick="alert(1)',
    "https://evil.example/'><script>alert(1)</script>",
    "https://evil.example/a\r\nSet-Cookie: x=1",
    "https://192.0.2.7/raw-address",
    "https://0x7f000001/number",
    "https://2130706433/number",
    "https://" + "a" * 64 + ".example/label-too-long",
    "https://example..com/empty-label",
    "https://evil.example/{{config}}",
    "https://evil.example/⟦unsubscribe⟧",
    "https://b\u00fccher.example/\u00fcber uns?q=\u00e9#\u00a7",
    "https://evil.example:99999/port",
    "https://evil.example/" + "a" * 3_000,
    "https://evil.example/%zz%",
    "https://[::1",
    "",
)


def hostile_edition() -> Edition:
    """Every text with some address, every address with some text, in every field that feeds can fill."""
    posts = []
    for number, text in enumerate(TEXTS):
        url = URLS[number % len(URLS)]
        other = TEXTS[(number + 7) % len(TEXTS)]
        posts.append(
            EditionPost(
                id=f"{number:016x}",
                title=text,
                url=url,
                source=other,
                author=text,
                published=STARTS + timedelta(hours=number),
                summary=(text, other, "A last sentence that is quite harmless, so that there is something to read."),
                summary_method=text,
                because=(text,),
                also_on=(AlsoOn(text, URLS[(number + 5) % len(URLS)]), AlsoOn(other, url)),
                words=number * 97,
                image=Image(f"https://digest.harbour.example/{number}.png{url}", text),
                language=("", "ar", 'en" onload="x', "ja", "xx-\u202e")[number % 5],
                origin=Credit(other, url) if number % 3 == 0 else None,
                short=number % 6 == 5,
                lead=number == 0,
            )
        )
    calm = edition(8)
    return replace(
        calm,
        sections=(
            *calm.sections,
            Section("elsewhere\" onload='x'", "Elsewhere </h2><script>alert(1)</script>", tuple(posts)),
        ),
        introduction="# Heading\n\n"
        "<script>alert(1)</script> <mj-raw>x</mj-raw> **bold** [bad](javascript:alert(1)) "
        "[good](https://fine.example/?a=1&b=2) ![pixel](https://tracker.example/open.gif) {{ 7 }} ⟦email⟧\n\n"
        "- one\n- two `code`\n\n> quoted <!--[if mso]>x<![endif]-->\n",
    )
