"""The mail as the workbench's frame shows it: with anchors at its posts, and one script of ours.

The script scrolls to a post and says which one was clicked. The frame stays without an origin, and the policy allows
no script but this one, by its hash. What subscribers get, and `/editions/W/email.html`, have nothing of it.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from html import unescape
from importlib import resources

from digest.model import Edition
from digest.web.security_headers import mail_policy

_LINK = re.compile(r"<a\b(?=[^>]*?\shref=\"([^\"]*)\")", re.IGNORECASE)
_HEADING = re.compile(r"<h[1-6]\b[^<>]*>\s*\Z", re.IGNORECASE)
_HEADING_LENGTH = 400  # characters of its start tag at most
_STYLE = """<style>
[data-digest-post]{cursor:pointer}
@keyframes digest-glow{from{background-color:rgba(255,200,60,.55)}to{background-color:transparent}}
@keyframes digest-rim{from{box-shadow:-6px 0 0 #1b4b8a}to{box-shadow:-6px 0 0 transparent}}
.digest-changed{animation:digest-glow 2.5s ease-out}
.digest-chosen{animation:digest-rim 2s ease-out}
@media (prefers-reduced-motion:reduce){.digest-changed,.digest-chosen{animation-timing-function:step-end}}
</style>"""


@cache
def script() -> str:
    return resources.files("digest.web").joinpath("static/desk/in_mail.js").read_text("utf-8")


@cache
def _hash() -> str:
    return base64.b64encode(hashlib.sha256(script().encode()).digest()).decode()


def marked_policy(images: list[str] | None) -> str:
    """Return the policy of a mail that may run our script, and no other."""
    policy = mail_policy(images=images)
    return f"{policy} allow-scripts; script-src 'sha256-{_hash()}'"


def with_marks(html: str, edition: Edition) -> str:
    """Return the mail with an anchor at the title of each post, and the script at its end.

    A title is the first link to the post in a heading, else the first one: the list of top stories has links, too.
    """
    posts = {post.url: post.id for post in edition.posts if post.url}
    places: dict[str, tuple[bool, int]] = {}
    for link in _LINK.finditer(html):
        post = posts.get(unescape(link[1]), "")
        in_heading = bool(_HEADING.search(html, max(0, link.start() - _HEADING_LENGTH), link.start()))
        if post and (post not in places or (in_heading and not places[post][0])):
            places[post] = in_heading, link.end()
    marked, end = "", 0
    for post, (_, place) in sorted(places.items(), key=lambda item: item[1][1]):
        marked += f'{html[end:place]} id="post-{post}" data-digest-post="{post}"'
        end = place
    marked += html[end:]
    head, _, tail = marked.rpartition("</body>")
    if not head:
        head, tail = marked, ""
    return f"{head}{_STYLE}<script>{script()}</script></body>{tail}"
