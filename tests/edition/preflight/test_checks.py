"""The preflight: a good edition passes, and each fault gives a finding with a remedy."""

from __future__ import annotations

from dataclasses import replace

import pytest

from digest.edition.preflight.checks import CHECKS, LinkResult, LinkState, preflight
from digest.edition.preflight.contrast import low_contrast
from digest.edition.preflight.dead_links import links_to_check
from digest.edition.preflight.parsed_mail import parse_mail
from digest.mail.rendering.design import Design
from digest.mail.rendering.render import Renderer
from digest.model import Edition, EditionMail, Finding, Section, Severity
from digest.template_folders import packaged_folder
from digest.week import Week
from tests.mail.editions import DESIGN, STARTS, edition, post
from tests.mail.hostile import hostile_edition

RENDERER = Renderer(DESIGN, [packaged_folder()])
GOOD = edition(15, short=3)
MAIL = RENDERER.render(GOOD)


def findings_of(check: str, findings: tuple[Finding, ...]) -> list[tuple[Severity, str]]:
    return [(finding.severity, finding.message) for finding in findings if finding.check == check]


def one(
    check: str, edition: Edition = GOOD, rendered: EditionMail = MAIL, design: Design = DESIGN
) -> tuple[Severity, str]:
    (finding,) = findings_of(check, preflight(edition, rendered, design))
    return finding


def with_posts(*posts: object, introduction: str = "") -> Edition:
    return replace(edition(1), sections=(Section("comms", "Comms", posts),), introduction=introduction)  # type: ignore[arg-type]  # EditionPosts


@pytest.mark.parametrize("posts", [1, 3, 15, 40])
def test_a_good_edition_has_no_findings(posts: int) -> None:
    good = edition(posts, short=posts // 6)
    assert preflight(good, RENDERER.render(good), DESIGN) == ()


def test_a_hundred_posts_pass_with_a_note_about_shortening() -> None:
    long = edition(100, short=10)
    findings = preflight(long, RENDERER.render(long), DESIGN)
    assert [(f.severity, f.check) for f in findings] == [(Severity.NOTE, "size")]
    assert "summaries have one sentence" in findings[0].message


def test_hostile_feeds_give_warnings_and_no_error() -> None:
    hostile = replace(hostile_edition(), introduction="")  # that is the editor's
    findings = preflight(hostile, RENDERER.render(hostile), DESIGN)
    assert findings
    assert not [finding for finding in findings if finding.severity is Severity.ERROR]


def test_errors_come_first_and_each_finding_says_what_to_do() -> None:
    rendered = replace(
        MAIL, html=MAIL.html.replace("⟦unsubscribe⟧", "#nowhere"), subject="RE: HELLO!!", preheader="Short"
    )
    findings = preflight(replace(GOOD, introduction="TODO for week 13"), rendered, replace(DESIGN, public_url=""))
    order = [Severity.ERROR, Severity.WARNING, Severity.NOTE]
    assert [order.index(f.severity) for f in findings] == sorted(order.index(f.severity) for f in findings)
    assert len({f.check for f in findings}) >= 5
    assert all(finding.remedy for finding in findings)
    assert {finding.severity for finding in findings} == set(Severity)


def test_a_translation_is_checked_for_its_own_faults() -> None:
    broken = replace(MAIL, html=MAIL.html.replace("⟦unsubscribe⟧", "#nowhere"))
    (own,) = findings_of("unsubscribe", preflight(GOOD, broken, DESIGN))
    assert own[0] is Severity.ERROR
    findings = preflight(GOOD, MAIL, DESIGN, others={"German": broken, "Welsh": MAIL})
    assert findings_of("unsubscribe", findings) == [(Severity.ERROR, f"In German: {own[1]}")]
    assert len(findings) == 1


def test_a_fault_that_translations_share_is_reported_once() -> None:
    broken = replace(MAIL, html=MAIL.html.replace("⟦unsubscribe⟧", "#nowhere"))
    alone = preflight(GOOD, broken, DESIGN)
    assert preflight(GOOD, broken, DESIGN, others={"German": broken}) == alone


def test_findings_are_in_order_of_severity_whichever_mail_they_are_about() -> None:
    large = replace(MAIL, html=MAIL.html + " " * (90_001 - len(MAIL.html.encode())))
    broken = replace(MAIL, html=MAIL.html.replace("⟦unsubscribe⟧", "#nowhere"))
    findings = preflight(GOOD, large, DESIGN, others={"German": broken})
    assert [(finding.severity, finding.check) for finding in findings] == [
        (Severity.ERROR, "unsubscribe"),
        (Severity.WARNING, "size"),
    ]


def test_size() -> None:
    def mail_of_length(length: int) -> EditionMail:
        return replace(MAIL, html=MAIL.html + " " * (length - len(MAIL.html.encode())))

    assert one("size", rendered=mail_of_length(102_001)) == (
        Severity.ERROR,
        "The HTML is 102,001 bytes long. Gmail cuts mails off after 102,000.",
    )
    assert one("size", rendered=mail_of_length(90_001))[0] is Severity.WARNING
    assert findings_of("size", preflight(GOOD, mail_of_length(90_000), DESIGN)) == []
    styled = replace(MAIL, html=MAIL.html.replace("</head>", f"<style>{'x' * 17_000}</style></head>"))
    assert one("size", rendered=styled)[0] is Severity.WARNING


@pytest.mark.parametrize(
    ("html", "severity", "says"),
    [
        ('<a href="#nowhere">There</a>', Severity.ERROR, "points to #nowhere, which is not in the mail"),
        (
            '<a href="javascript:x">There</a>',
            Severity.ERROR,
            "has an address that mail programs do not open: 'javascript:x'",
        ),
        ('<a href="https://a.example/"> </a>', Severity.ERROR, "The link to https://a.example/ has no text."),
        ('<a href="https://a.example/">Read more</a>', Severity.WARNING, "does not say where the link leads"),
        (
            '<a href="http://a.example/">There</a>',
            Severity.WARNING,
            "1 link is not encrypted (http): http://a.example/.",
        ),
        (
            '<a href="http://127.0.0.1:8/">There</a>',
            Severity.WARNING,
            "1 link leads to this computer: http://127.0.0.1:8/.",
        ),
        (
            '<a href="https://a.example/?x=1&amp;utm_source=y">T</a>',
            Severity.WARNING,
            "has tracking parameters (utm_source): ",
        ),
        ('<a href="https://a.example/#mc_cid=y">T</a>', Severity.WARNING, "has tracking parameters (mc_cid): "),
        ('<a href="https://a.example/?dm_i=1">T</a>', Severity.WARNING, "has tracking parameters (dm_i): "),
        ('<a href="https://bit.ly/x">There</a>', Severity.WARNING, "1 link uses a link shortener: https://bit.ly/x."),
    ],
)
def test_links(html: str, severity: Severity, says: str) -> None:
    rendered = replace(
        MAIL,
        html=MAIL.html.replace("</h1>", f"</h1>{html}"),
        text=MAIL.text + "http://127.0.0.1:8/ http://a.example/ https://a.example/?x=1&utm_source=y https://bit.ly/x "
        "https://a.example/ javascript:x https://a.example/#mc_cid=y https://a.example/?dm_i=1",
    )
    finding = one("links", rendered=rendered)
    assert finding[0] is severity
    assert says in finding[1]


def test_the_remedy_of_a_tracked_link_is_the_link_without_trackers() -> None:
    edition = replace(GOOD, introduction="See [the fair](https://fair.example/stalls?utm_source=digest&day=2#map).")
    (finding,) = preflight(edition, RENDERER.render(edition), DESIGN)
    assert finding.remedy == "Use https://fair.example/stalls?day=2#map instead."


def visited(*results: LinkResult, hold_withdrawn: bool = False) -> list[Finding]:
    """The findings where the first posts' pages have these results and all other links work."""
    online = dict.fromkeys(links_to_check(MAIL.html, DESIGN.public_url), LinkResult(LinkState.REACHED, STARTS))
    online |= {post.url: result for post, result in zip(GOOD.posts, results, strict=False)}
    return [*preflight(GOOD, MAIL, DESIGN, online=online, hold_withdrawn=hold_withdrawn)]


def test_findings_of_checked_links() -> None:
    dead_link = LinkResult(LinkState.GONE, STARTS, "servicenotes.example has nothing at this address (404).")
    dead = LinkResult(LinkState.UNREACHABLE, STARTS, "plainwords.example has a fault of its own (500).")
    wall = LinkResult(LinkState.UNKNOWN, STARTS, "openledger.example does not let the digest read this (403).")
    assert visited() == []
    names = [post.title for post in GOOD.posts]
    assert [(finding.severity, finding.message) for finding in visited(wall, dead_link, dead)] == [
        (Severity.WARNING, f"“{names[1]}” links to a page that does not exist: {dead_link.reason}"),
        (Severity.WARNING, f"“{names[2]}” did not open: {dead.reason}"),
        (Severity.NOTE, f"“{names[0]}” could not be checked: {wall.reason}"),
    ]
    assert all(finding.check == "links" and finding.remedy for finding in visited(wall, dead_link, dead))
    assert [finding.severity for finding in visited(dead_link, dead, hold_withdrawn=True)] == [
        Severity.ERROR,
        Severity.WARNING,
    ]


def test_many_dead_links_are_one_finding() -> None:
    dead = [LinkResult(LinkState.UNREACHABLE, STARTS, "It does not answer.")] * 9
    messages = [finding.message for finding in visited(*dead)]
    assert len(messages) == 6
    assert messages[-1].startswith("4 more links did not open: “")
    everything = dict.fromkeys(links_to_check(MAIL.html, DESIGN.public_url), dead[0])
    (summary_finding,) = preflight(GOOD, MAIL, DESIGN, online=everything)
    assert summary_finding.severity is Severity.WARNING
    assert summary_finding.message.startswith(f"None of the {len(everything)} links could be reached.")
    assert "on the internet" in summary_finding.remedy


def test_the_links_to_check_are_those_that_subscribers_may_follow() -> None:
    tree = parse_mail(MAIL.html)
    hrefs = {node.attributes["href"] for node in tree.walk() if node.tag == "a"}
    links = links_to_check(MAIL.html, DESIGN.public_url)
    assert {post.url for post in GOOD.posts} <= set(links)
    assert "https://servicenotes.example/2019/03/calls" in links, "the introduction's"
    assert set(links) == {
        address for address in hrefs if address.startswith("http") and not address.startswith(DESIGN.public_url)
    }
    assert links_to_check('<a href="https://a.example/?a=1&#38;b=2">x</a><a href="⟦unsubscribe⟧">y</a>', "") == (
        "https://a.example/?a=1&b=2",
    )


def test_a_post_without_a_safe_url_is_named() -> None:
    odd = with_posts(replace(post(1), url="javascript:x"), post(2))
    assert one("links", odd, RENDERER.render(odd)) == (
        Severity.WARNING,
        f"“{post(1).title}” is shown without a link: its address is not safe to open (javascript:x).",
    )


def test_content_missing_from_the_text_part_is_a_finding() -> None:
    incomplete = replace(MAIL, text=MAIL.text.replace(GOOD.posts[0].url, "").replace("Comms", "Com"))
    messages = [message for _, message in findings_of("text", preflight(GOOD, incomplete, DESIGN))]
    assert messages == [
        f"The text part does not have the link {GOOD.posts[0].url}.",
        "The text part does not have the heading “Comms”.",
    ]
    half = replace(MAIL, text=MAIL.text[: len(MAIL.text) // 2] + "⟦unsubscribe⟧ ⟦preferences⟧")
    assert any(
        "% of the HTML part's words" in message for _, message in findings_of("text", preflight(GOOD, half, DESIGN))
    )


@pytest.mark.parametrize(
    ("old", "new", "check", "says"),
    [
        ("<h1", "<h2", "headings", "exactly one first-level heading"),
        ("<h3", "<h5", "headings", "skips a level, from h2 to h5"),
        ('<html lang="en-GB"', "<html", "language", "language and direction"),
        ("</h1>", '</h1><img src="https://digest.harbour.example/x.png">', "alt", "no alternative text"),
        (
            "</h1>",
            '</h1><img alt="x" src="https://t.example/x.png">',
            "pictures",
            "not on the newsletter's own https site",
        ),
        ("</h1>", "</h1>{{ mail.title }}", "placeholders", "shows “{{ mail.title }}”, which looks like a mistake"),
        ("⟦unsubscribe⟧", "https://servicenotes.example/2019/03/calls", "unsubscribe", "HTML part has no unsubscribe"),
        ("#17191b", "#aaaaaa", "contrast", "In the light colour scheme"),
        ("#eceae5", "#444444", "contrast", "In the dark colour scheme"),
    ],
)
def test_faults_of_a_template(old: str, new: str, check: str, says: str) -> None:
    assert old in MAIL.html
    findings = findings_of(check, preflight(GOOD, replace(MAIL, html=MAIL.html.replace(old, new)), DESIGN))
    assert any(says in message for _, message in findings), findings


def test_faults_of_the_text_template() -> None:
    def texts(check: str, text: str) -> list[str]:
        return [message for _, message in findings_of(check, preflight(GOOD, replace(MAIL, text=text), DESIGN))]

    assert texts("placeholders", MAIL.text + "{% endif %}") == [
        "The text part shows “{% endif %}”, which looks like a mistake."
    ]
    assert texts("placeholders", MAIL.text + "caf\ufffd") == [
        "The text part shows “\ufffd”, which looks like a mistake."
    ]
    assert texts("unsubscribe", MAIL.text.replace("⟦unsubscribe⟧", "")) == ["The text part has no unsubscribe link."]


def test_an_empty_heading() -> None:
    empty = replace(MAIL, html=MAIL.html.replace("</h1>", "</h1><h2> </h2>"))
    assert (Severity.ERROR, "A heading is empty.") in findings_of("headings", preflight(GOOD, empty, DESIGN))


def test_a_bright_accent_colour_keeps_enough_contrast() -> None:
    for accent in ("#ffcc00", "#ffffff", "#000000", "#00ff00", "#7a7a7a"):
        design = replace(DESIGN, accent=accent)
        rendered = Renderer(design, [packaged_folder()]).render(GOOD)
        assert preflight(GOOD, rendered, design) == ()


def test_settings_that_are_missing() -> None:
    design = replace(DESIGN, public_url="", postal_address=" ")
    rendered = Renderer(design, [packaged_folder()]).render(GOOD)
    assert one("postal-address", rendered=rendered, design=design)[0] is Severity.WARNING
    severity, message = one("unsubscribe", rendered=rendered, design=design)
    assert severity is Severity.WARNING
    assert message.startswith("Subscribers can unsubscribe by mail only")
    assert message.endswith("[newsletter] public_url is empty.")
    plain = replace(DESIGN, public_url="http://127.0.0.1:8025")
    assert "is not https" in one("unsubscribe", rendered=rendered, design=plain)[1]


def test_the_posts() -> None:
    findings = preflight(edition(0), RENDERER.render(edition(0)), DESIGN)
    assert findings_of("empty", findings) == [(Severity.ERROR, "This edition has no posts.")]
    empty = findings_of("posts", findings)
    assert (Severity.NOTE, "The theme “Digital government” has no posts. The mail says so.") in empty
    twins = with_posts(post(1), replace(post(2), title=post(1).title.upper()))
    assert one("posts", twins, RENDERER.render(twins))[0] is Severity.WARNING
    silent = with_posts(replace(post(1), summary=()), post(2))
    assert one("posts", silent, RENDERER.render(silent)) == (
        Severity.NOTE,
        f"1 post has no summary: “{post(1).title}”.",
    )


def test_a_post_of_last_week() -> None:
    before = replace(with_posts(replace(post(3), id="other"), post(50)), week=Week(2019, 11))
    now = with_posts(post(1), post(3))
    assert findings_of("repeated", preflight(now, RENDERER.render(now), DESIGN, previous=before)) == [
        (Severity.WARNING, f"“{post(3).title}” was already in the edition of 2019-W11.")
    ]


def test_a_post_of_last_week_at_another_url() -> None:
    again = replace(post(3), id="other", url="https://elsewhere.example/again")
    before = replace(with_posts(again), week=Week(2019, 11))
    now = with_posts(post(1), post(3))
    assert findings_of("repeated", preflight(now, RENDERER.render(now), DESIGN, previous=before)) == [
        (Severity.WARNING, f"“{post(3).title}” was already in the edition of 2019-W11.")
    ]
    with_news = with_posts(replace(post(3), summary=("All of it is new.",)))
    assert findings_of("repeated", preflight(with_news, RENDERER.render(with_news), DESIGN, previous=before)) == []
    notes = with_posts(replace(post(3), title="Weeknotes"))
    earlier = replace(with_posts(replace(again, title="Weeknotes")), week=Week(2019, 11))
    assert findings_of("repeated", preflight(notes, RENDERER.render(notes), DESIGN, previous=earlier)) == []


@pytest.mark.parametrize(
    ("subject", "says"),
    [
        ("Re: our letter", "looks like a reply"),
        ("NEWS FROM THE HARBOUR", "too many capitals or signs"),
        ("News!!", "too many capitals or signs"),
        ("Free tickets for the ferry", "“Free”"),
        ("Don’t miss the ferry", "“Don’t miss”"),
        ("Ferries, now 100% electric", "“100%”"),
        ("A subject that goes on and on, well beyond what any inbox shows", "characters. Inboxes show about"),
    ],
)
def test_subjects(subject: str, says: str) -> None:
    edition = replace(GOOD, subject=subject)
    assert says in one("subject", edition, RENDERER.render(edition))[1]


def test_a_subject_from_the_template_is_checked_too() -> None:
    def texts(subject: str, title: str = GOOD.title) -> list[str]:
        findings = preflight(replace(GOOD, title=title), replace(MAIL, subject=subject), DESIGN)
        return [message for _, message in (*findings_of("subject", findings), *findings_of("week", findings))]

    assert texts("") == ["The subject is empty."]
    assert "“prize”" in texts("The Harbour Digest: who wins the prize")[0]
    assert "“Week 11”" in texts("The Harbour Digest, Week 11")[0]
    assert texts("Free Software News, week 12", title="Free Software News") == []


def test_the_preview_line() -> None:
    short = replace(MAIL, preheader="News")
    assert one("subject", rendered=short) == (
        Severity.NOTE,
        "The preview line has 4 characters. 40 to 140 work best in inboxes.",
    )


def test_repeating_last_weeks_subject_is_a_finding() -> None:
    again = replace(GOOD, subject="Permits and ferries")
    findings = preflight(again, RENDERER.render(again), DESIGN, previous=replace(edition(0), subject=again.subject))
    assert findings_of("subject", findings) == [(Severity.WARNING, "The subject is the same as the last edition's.")]


@pytest.mark.parametrize(
    ("introduction", "check", "says"),
    [
        ("Welcome to week 11.", "week", "says “week 11”, but this is week 12 of 2019"),
        ("See you in 2019-W13.", "week", "“2019-W13”"),
        ("This is 2019-W1.", "week", "“2019-W1”"),
        ("Croeso i wythnos 13.", "week", "“wythnos 13”"),
        ("Lorem ipsum dolor", "placeholders", "still has the placeholder “Lorem ipsum”"),
        ("TODO: write this", "placeholders", "“TODO”"),
        ("Dear [name here]", "placeholders", "“[name here]”"),
        ("Week 12 was quiet, as was 2019-W12.", "week", ""),
        ("In two weeks 30 people came.", "week", ""),
    ],
)
def test_the_introduction(introduction: str, check: str, says: str) -> None:
    edition = replace(GOOD, introduction=introduction)
    messages = [message for _, message in findings_of(check, preflight(edition, RENDERER.render(edition), DESIGN))]
    assert len(messages) == bool(says)
    assert all(says in message for message in messages)


def test_posts_in_another_language_are_noted() -> None:
    foreign = with_posts(replace(post(1), language="cy"), replace(post(2), language="en"))
    assert one("language", foreign, RENDERER.render(foreign)) == (
        Severity.NOTE,
        "1 post is in another language (cy).",
    )


def test_every_check_is_run_once() -> None:
    assert len(set(CHECKS)) == len(CHECKS)


@pytest.mark.parametrize(
    ("html", "dark", "worst"),
    [
        ('<p style="color:#777777">x</p>', False, "#777777 on #ffffff"),
        ('<div style="background:#000"><p>x</p></div>', False, "#000000 on #000"),
        ('<style>.a p{color:#999!important}</style><div class="a"><p style="color:#000000">x</p></div>', False, "#999"),
        ('<style>.a>p{color:#999}</style><div class="a"><b><p>x</p></b></div>', False, ""),
        ('<style>.a{color:#999}#b{color:#000}</style><p class="a" id="b">x</p>', False, ""),
        (
            "<style>@media (prefers-color-scheme:dark){p{color:#fff !important}}</style><p>x</p>",
            True,
            "#fff on #ffffff",
        ),
        ("<style>@media (prefers-color-scheme:dark){p{color:#fff !important}}</style><p>x</p>", False, ""),
        ('<p style="display:none;color:#fff">x</p>', False, ""),
        ('<p style="color:#fff"> </p>', False, ""),
    ],
)
def test_contrast_is_computed_from_the_css_of_the_mail(html: str, dark: bool, worst: str) -> None:
    low = low_contrast(parse_mail(f"<html><body>{html}</body></html>"), dark=dark)
    assert worst in (f"{low.colour} on {low.background}" if low else "")
    assert bool(low) == bool(worst)
