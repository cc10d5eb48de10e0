"""The public pages: what a browser, a scanner, a mailbox provider and a rude script get from them."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
from starlette.testclient import TestClient

from digest.model import EffectiveStatus, Suppression, SuppressionReason
from digest.steps.picture_files import keep_picture
from digest.steps.subscribers import operator_actions
from digest.store.engine import Store
from digest.web.public.app import create_app
from digest.web.public.site import HONEYPOT
from tests.conftest import ROOT
from tests.mail.smtp.smtp_server import serving
from tests.web.public.public_pages import HOST, PublicPages


def test_double_opt_in(site: PublicPages) -> None:
    response = site.browser.post("/subscribe", data={"email": "Ada@Example.org", "name": "Ada", "themes": ["comms"]})
    assert response.status_code == 200
    assert "Check your email" in response.text
    assert site.status("Ada@example.org") is EffectiveStatus.PENDING

    (mail,) = site.mails()
    assert mail.startswith("Ada@example.org\nConfirm that you want The Test Digest")
    path = site.path_in(mail)
    assert "Ada" not in path
    assert len(path.rpartition("/")[2]) <= 40

    for _ in range(3):  # scanners and prefetchers open every link
        assert site.browser.get(path).status_code == 200
        assert site.browser.head(path).status_code == 200
    assert site.status("Ada@example.org") is EffectiveStatus.PENDING

    for _ in range(2):
        assert "You are subscribed" in site.browser.post(path).text
    (_, welcome) = site.mails()
    assert welcome.startswith("Ada@example.org\nYou are subscribed to The Test Digest")
    assert site.path_in(welcome) == site.links("Ada@example.org")[0], "its button leads to the preferences"
    (one,) = operator_actions.everyone(site.context)
    assert (one.status, one.name, one.themes) == (EffectiveStatus.ACTIVE, "Ada", ("comms",))
    lines = operator_actions.history(site.context, "ada@example.org")
    assert [line.what for line in lines] == ["asked", "confirmed"]
    assert lines[1].origin == "198.51.100.0/24"
    assert "you agree to get The Test Digest" in lines[1].wording


def test_the_latest_edition_is_offered_only_if_there_is_one(site: PublicPages) -> None:
    site.browser.post("/subscribe", data={"email": "ada@example.org"})
    path = site.path_in(site.mails()[0])
    assert "latest" not in site.browser.get(path).text, "there is none"
    text = site.browser.post(path, data={"latest": "yes"}).text
    assert "The next edition comes by email." in text
    assert "on its way" not in text


def test_a_suppressed_address_is_not_shown_as_subscribed(site: PublicPages) -> None:
    site.browser.post("/subscribe", data={"email": "ada@example.org"})
    operator_actions.suppress(site.context, "ada@example.org", detail="asked by letter")
    assert site.browser.post(site.path_in(site.mails()[0])).status_code == 404
    assert site.status("ada@example.org") is EffectiveStatus.PENDING


def test_responses_do_not_reveal_who_is_subscribed(site: PublicPages) -> None:
    site.add("here@example.org")
    site.add("left@example.org")
    operator_actions.remove(site.context, "left@example.org")
    operator_actions.suppress(site.context, "barred@example.org", detail="asked by letter")
    pages = {
        email: site.browser.post("/subscribe", data={"email": f"{email}@example.org"})
        for email in ("here", "left", "barred", "new")
    }
    assert {page.status_code for page in pages.values()} == {200}
    assert len({page.text.replace(f"{email}@example.org", "") for email, page in pages.items()}) == 1
    text = {mail.split("\n")[0].split("@")[0]: mail for mail in site.mails()}
    assert set(text) == {"here", "left", "new"}, "who was barred by an operator hears nothing"
    assert "You already get" in text["here"]
    assert site.status("left@example.org") is EffectiveStatus.LEFT, "nothing changes before the owner confirms"
    site.browser.post(site.path_in(text["left"]))
    assert site.status("left@example.org") is EffectiveStatus.ACTIVE


def test_confirmation_mails_per_address_are_limited(site: PublicPages) -> None:
    for number in range(6):
        site.visitor(f"203.0.113.{number}").post("/subscribe", data={"email": "ada@example.org"})
    assert len(site.mails()) == 3
    assert site.visitor("192.0.2.1").post("/subscribe", data={"email": "bo@example.org"}).status_code == 200
    assert len(site.mails()) == 4


def test_many_simultaneous_requests_for_one_address(site: PublicPages) -> None:
    with ThreadPoolExecutor(8) as pool:
        visitors = [site.visitor(f"203.0.{number}.1") for number in range(8)]
        asking = [pool.submit(one.post, "/subscribe", data={"email": "ada@example.org"}) for one in visitors]
        assert {one.result(timeout=60).status_code for one in asking} == {200}
    assert site.status("ada@example.org") is EffectiveStatus.PENDING
    assert len(site.mails()) == 3


def test_a_filled_honeypot_field_sends_no_mail(site: PublicPages) -> None:
    answer = site.browser.post("/subscribe", data={"email": "ada@example.org", HONEYPOT: "https://spam.example"})
    assert "Check your email" in answer.text
    assert site.mails() == []
    assert site.status("ada@example.org") is None


def test_a_bad_address_is_explained_and_kept(site: PublicPages) -> None:
    answer = site.browser.post("/subscribe", data={"email": "ada@", "name": "Ada <b>", "themes": "comms"})
    assert answer.status_code == 422
    assert 'value="ada@"' in answer.text
    assert "Ada &lt;b&gt;" in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert 'value="comms" checked' in answer.text


def test_an_old_confirmation_link(site: PublicPages) -> None:
    site.browser.post("/subscribe", data={"email": "ada@example.org"})
    path = site.path_in(site.mails()[0])
    site.now += timedelta(days=8)
    assert site.browser.get(path).status_code == 404
    assert site.browser.post(path).status_code == 404
    site.browser.post("/subscribe", data={"email": "bo@example.org"})
    assert site.status("ada@example.org") is None, "who never confirmed is forgotten"


# --- Leaving ----------------------------------------------------------------------------------------------------------


def test_opening_the_unsubscribe_page_changes_nothing(site: PublicPages) -> None:
    email = site.add("ada@example.org")
    _, path = site.links(email)
    for method in (site.browser.get, site.browser.head, site.browser.options):
        method(path)
        method(path + "?List-Unsubscribe=One-Click")
    assert site.status(email) is EffectiveStatus.ACTIVE


def test_one_click(site: PublicPages) -> None:
    email = site.add("ada@example.org")
    _, path = site.links(email)
    # As mailbox providers do it: another client, no cookie, no referrer; form-encoded or multipart (RFC 8058 3.1).
    answer = site.visitor("192.0.2.99").post(path, data={"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, answer.text) == (200, "You are unsubscribed.\n")
    assert "set-cookie" not in answer.headers
    assert site.status(email) is EffectiveStatus.LEFT
    assert site.visitor("192.0.2.99").post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    lines = operator_actions.history(site.context, email)
    assert [(line.what, line.how) for line in lines][-1] == ("unsubscribed", "one click (RFC 8058)")


def test_one_click_as_multipart(site: PublicPages) -> None:
    email = site.add("ada@example.org")
    _, path = site.links(email)
    body = '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    assert site.browser.post(path, content=body, headers=headers).status_code == 200
    assert site.status(email) is EffectiveStatus.LEFT


def test_unsubscribing_on_the_page_and_resubscribing(site: PublicPages) -> None:
    email = site.add("ada@example.org")
    _, path = site.links(email)
    assert "You are unsubscribed" in site.browser.post(path).text
    assert operator_actions.add(site.context, email).verdict == "suppressed", "no import brings them back"
    assert "subscribed again" in site.browser.post(path, data={"act": "back"}).text
    assert site.status(email) is EffectiveStatus.ACTIVE


@pytest.mark.parametrize("token", ["x", "1.aaaaaaaaaaaaaaaaaaaaaaaaaaa", "1", "", "é", "a" * 5000, "..%2f..%2fetc"])
def test_forged_tokens(site: PublicPages, token: str) -> None:
    site.add("ada@example.org")
    for page in ("unsubscribe", "confirm", "move", *(["preferences"] if token else [])):  # `/preferences` is a page
        assert site.browser.get(f"/{page}/{token}").status_code in (404, 414)
        assert site.browser.post(f"/{page}/{token}").status_code in (404, 405, 414)
    assert site.status("ada@example.org") is EffectiveStatus.ACTIVE


def test_a_token_is_good_for_its_own_purpose_only(site: PublicPages) -> None:
    email = site.add("ada@example.org")
    _, unsubscribe = site.links(email)
    token = unsubscribe.rpartition("/")[2]
    assert site.browser.get(f"/preferences/{token}").status_code == 404
    assert site.browser.get(f"/confirm/{token}").status_code == 404


# --- Choosing ---------------------------------------------------------------------------------------------------------


def test_preferences(site: PublicPages) -> None:
    email = site.add("ada@example.org")
    path, _ = site.links(email)
    page = site.browser.get(path)
    assert email not in page.text
    assert "a•••@e•••.org" in page.text
    saved = site.browser.post(path, data={"act": "save", "name": "Ada P.", "themes": ["comms", "civic-tech"]})
    assert "Your choices are saved" in saved.text
    (one,) = operator_actions.everyone(site.context)
    assert (one.name, one.themes) == ("Ada P.", ("comms", "civic-tech"))
    site.browser.post(path, data={"act": "pause"})
    assert site.status(email) is EffectiveStatus.PAUSED
    assert "Resume" in site.browser.get(path).text
    site.browser.post(path, data={"act": "resume"})
    assert site.status(email) is EffectiveStatus.ACTIVE
    assert site.browser.post(path, data={"act": "nonsense"}).status_code == 422


@pytest.mark.parametrize(
    ("suppression", "text", "may_return"),
    [
        (Suppression(SuppressionReason.BOUNCE, "5.1.1"), "have stopped: they came back to us", True),
        (Suppression(SuppressionReason.COMPLAINT, "abuse"), "have stopped: one was reported as spam", True),
        (Suppression(SuppressionReason.OPERATOR, "bounce it was not"), "have stopped.", False),
    ],
)
def test_preferences_of_a_subscriber_who_gets_nothing(
    site: PublicPages, suppression: Suppression, text: str, may_return: bool
) -> None:
    email = site.add("ada@example.org")
    path, unsubscribe = site.links(email)
    operator_actions.suppress(site.context, email, reason=suppression.reason, detail=suppression.detail)
    page = site.browser.get(path).text
    assert text in page
    assert ("Subscribe again" in page) is may_return
    assert " gets The" not in page
    assert "Pause" not in page
    site.browser.post(unsubscribe, data={"act": "back"})
    assert site.status(email) is EffectiveStatus.SUPPRESSED, "whoever holds the link may have it from a forwarded mail"
    if may_return:
        site.browser.post(site.path_in(site.mails()[0]))
        assert site.status(email) is EffectiveStatus.ACTIVE
    else:
        assert site.mails() == []


def test_an_unknown_theme_changes_nothing(site: PublicPages) -> None:
    email = site.add("ada@example.org")
    path, _ = site.links(email)
    site.browser.post(path, data={"act": "save", "name": "Ada", "themes": ["comms"]})
    for ticked in (["no-such"], ["civic-tech", "no-such"], [""], ["elsewhere"]):
        refused = site.browser.post(path, data={"act": "save", "name": "Other", "themes": ticked})
        assert refused.status_code == 422
        assert "Nothing was changed" in refused.text
        assert "This theme is no longer available" in refused.text
        assert 'aria-invalid="true"' not in refused.text, "it is not the address that is wrong"
    (one,) = operator_actions.everyone(site.context)
    assert (one.name, one.themes) == ("Ada", ("comms",))
    assert [line.what for line in operator_actions.history(site.context, email)] == [
        "subscribed",
        "changed name, themes",
    ]
    assert site.browser.post("/preferences/x", data={"act": "save", "themes": ["no-such"]}).status_code == 404


def test_subscribing_to_an_unknown_theme_answers_everybody_the_same(site: PublicPages) -> None:
    site.add("here@example.org")
    pages = [
        site.browser.post("/subscribe", data={"email": f"{name}@example.org", "themes": ["comms", "no-such"]})
        for name in ("here", "new")
    ]
    assert [page.status_code for page in pages] == [422, 422]
    assert pages[0].text.replace("here@", "new@") == pages[1].text
    assert 'value="comms" checked' in pages[1].text
    assert site.mails() == []
    assert site.status("new@example.org") is None


def test_changing_the_address(site: PublicPages) -> None:
    old, new = site.add("old@example.org"), "new@example.net"
    site.add("taken@example.org")
    path, _ = site.links(old)
    assert site.browser.post(path, data={"act": "move", "email": "nonsense"}).status_code == 422
    text = [site.browser.post(path, data={"act": "move", "email": one}).text for one in ("taken@example.org", new)]
    assert text[0] == text[1], "the page does not tell who is subscribed"
    assert [mail.split("\n")[:2] for mail in site.mails()] == [
        [old, "Confirm your change of address: The Test Digest"]
    ] * 2
    for mail in site.mails():
        site.browser.get(site.path_in(mail))
        assert len(site.mails()) == 2, "opening the link changes nothing"
    assert site.browser.get(site.path_in(site.mails()[0])).status_code == 404, "only the newest request counts"
    site.browser.post(site.path_in(site.mails()[1]))
    mail = site.mails()[-1]
    assert mail.startswith(new)
    confirm = site.path_in(mail)
    site.browser.get(confirm)
    assert site.status(new) is None
    assert "Your email address has changed" in site.browser.post(confirm).text
    assert site.status(old) is None
    assert site.status(new) is EffectiveStatus.ACTIVE
    assert site.browser.get(path).status_code == 404, "links in mails to the old address act for nobody"
    assert site.browser.get(site.links(new)[0]).status_code == 200
    assert site.browser.post(confirm).status_code == 404


def ask_to_move(site: PublicPages, path: str, new: str) -> str:
    """The present address allows it; return the path in the mail to the new one."""
    site.browser.post(path, data={"act": "move", "email": new})
    site.browser.post(site.path_in(site.mails()[-1]))
    mail = site.mails()[-1]
    assert mail.startswith(new)
    return site.path_in(mail)


def move(site: PublicPages, path: str, new: str) -> str:
    """Return the path of the new preferences."""
    assert "Your email address has changed" in site.browser.post(ask_to_move(site, path, new)).text
    site.now += timedelta(hours=9)
    return site.links(new)[0]


def data_of(site: PublicPages, path: str) -> Any:
    """The personal data, by the link that is mailed for it."""
    site.browser.post(path, data={"act": "export"})
    return site.browser.post(site.path_in(site.mails()[-1])).json()


def test_no_import_brings_back_a_changed_address(site: PublicPages) -> None:
    old, new = "old@example.org", "new@example.net"
    path, old_leave = site.links(site.add(old))
    site.now += timedelta(hours=1)
    path = move(site, path, new)
    leave = site.links(new)[1]
    again = operator_actions.add(site.context, old)
    assert (again.verdict, again.reason) == ("suppressed", "moved to another address")
    one_click = site.browser.post(old_leave, data={"List-Unsubscribe": "One-Click"})
    assert (one_click.status_code, one_click.text) == (200, "You are unsubscribed.\n")
    assert "This link is no longer used" in site.browser.post(old_leave).text
    assert site.status(new) is EffectiveStatus.ACTIVE, "a mail to the old address does not act for the new one"
    assert site.browser.post(leave).status_code == 200
    assert operator_actions.add(site.context, old).verdict == "suppressed"
    assert operator_actions.add(site.context, new).verdict == "suppressed"

    site.browser.post("/subscribe", data={"email": old})  # the present owner of that address may subscribe
    site.browser.post(site.path_in(site.mails()[-1]))
    assert site.status(old) is EffectiveStatus.ACTIVE
    assert site.status(new) is EffectiveStatus.LEFT


def test_an_address_may_be_changed_back(site: PublicPages) -> None:
    path, _ = site.links(site.add("old@example.org"))
    for new in ("new@example.net", "third@example.net", "old@example.org"):
        path = move(site, path, new)
        assert site.status(new) is EffectiveStatus.ACTIVE
    assert operator_actions.add(site.context, "old@example.org").verdict == "unchanged"
    assert operator_actions.add(site.context, "new@example.net").verdict == "suppressed"
    lines = [line.what for line in operator_actions.history(site.context, "old@example.org")]
    assert (lines.count("moved away"), lines.count("moved here"), lines.count("subscribed")) == (3, 3, 1)


def test_suppression_of_the_old_address_stays_after_a_change(site: PublicPages) -> None:
    site.browser.post("/subscribe", data={"email": "old@example.org"})
    site.browser.post(site.path_in(site.mails()[0]))
    site.now += timedelta(hours=1)
    path, _ = site.links("old@example.org")
    path = move(site, path, "new@example.net")
    operator_actions.suppress(site.context, "old@example.org", detail="its owner now")
    assert operator_actions.add(site.context, "old@example.org").reason == "its owner now", (
        "and cannot be lifted by a form"
    )
    lines = operator_actions.history(site.context, "new@example.net")
    text = ["asked", "confirmed", "asked to move away", "moved away", "asked to move here", "moved here"]
    assert [line.what for line in lines] == text, "and nothing that happened there later"
    assert "you agree to get The Test Digest" in lines[1].wording
    assert lines[-1].wording == "", "how it is linked is nobody's business"
    assert [line["what"] for line in data_of(site, path)["history"]] == text


def test_changing_the_address_cannot_be_used_to_send_mails(site: PublicPages) -> None:
    path, _ = site.links(site.add("old@example.org"))
    bo, _ = site.links(site.add("bo@example.org"))
    codes = [
        site.visitor(f"203.0.{number}.1")
        .post(path, data={"act": "move", "email": f"r{number}@example.net"})
        .status_code
        for number in range(6)
    ]
    assert codes == [200] * 6, "the page says the same"
    assert len(site.mails()) == 3, "but a subscriber may ask a few times a day"
    codes = [site.browser.post(bo, data={"act": "move", "email": "bo@example.net"}).status_code for _ in range(7)]
    assert codes == [200] * 5 + [429] * 2, "and a network a few times an hour"
    assert len(site.mails()) == 6
    site.now += timedelta(days=2)
    site.visitor("203.0.113.9").post(path, data={"act": "move", "email": "new@example.net"})
    assert len(site.mails()) == 7


def test_the_response_does_not_wait_for_the_mail(site: PublicPages) -> None:
    """A known address gets no mail: a response after sending would reveal that by its time."""
    path, _ = site.links(site.add("old@example.org"))
    app = create_app(site.context)
    sent_before_response: list[int] = []
    messages = [{"type": "http.request", "body": b"act=move&email=new%40example.net", "more_body": False}]

    async def receive() -> Any:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body" and not message.get("more_body"):
            sent_before_response.append(len(site.server.accepted))

    kind = (b"content-type", b"application/x-www-form-urlencoded")
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "https",
        "http_version": "1.1",
        "server": (HOST, 443),
        "client": ("198.51.100.7", 4000),
        "headers": [(b"host", HOST.encode()), kind],
    }
    anyio.run(app, scope, receive, send)
    assert sent_before_response == [0]
    assert len(site.mails()) == 1


def test_a_link_to_one_new_address_confirms_no_other(site: PublicPages) -> None:
    path, _ = site.links(site.add("old@example.org"))
    link = ask_to_move(site, path, "mine@example.net")
    site.browser.post(path, data={"act": "move", "email": "victim@example.com"})
    assert site.browser.get(link).status_code == 404
    assert site.browser.post(link).status_code == 404
    assert site.status("victim@example.com") is None, "its owner has confirmed nothing"
    assert site.status("old@example.org") is EffectiveStatus.ACTIVE
    site.browser.post(site.path_in(site.mails()[-1]))
    assert "Your email address has changed" in site.browser.post(site.path_in(site.mails()[-1])).text
    assert site.status("victim@example.com") is EffectiveStatus.ACTIVE


def test_downloading_the_data_and_being_erased(site: PublicPages) -> None:
    email = site.add("ada@example.org")
    path, unsubscribe = site.links(email)
    site.browser.post(path, data={"act": "export"})
    link = site.path_in(site.mails()[-1])
    assert "a•••@e•••.org" in site.browser.get(link).text
    data = site.browser.post(link)
    assert data.json()["email"] == email
    assert data.json()["history"][0]["what"] == "subscribed"
    assert "attachment" in data.headers["content-disposition"]
    site.browser.post(path, data={"act": "erase", "sure": "yes"})
    assert site.status(email) is EffectiveStatus.ACTIVE
    erase = site.path_in(site.mails()[-1])
    assert "Delete your data?" in site.browser.get(erase).text
    assert site.status(email) is EffectiveStatus.ACTIVE
    assert "Your data is deleted" in site.browser.post(erase).text
    assert site.status(email) is None
    for gone in (path, link, erase):
        assert site.browser.get(gone).status_code == 404
    assert site.browser.post(unsubscribe, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert operator_actions.add(site.context, email).verdict == "suppressed"
    lines = operator_actions.history(site.context, email)
    assert [line.what for line in lines] == ["subscribed", "erased"]


# --- Doors and walls --------------------------------------------------------------------------------------------------


def test_headers(site: PublicPages) -> None:
    for path in ("/subscribe", "/nowhere", "/confirm/x"):
        headers = site.browser.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["strict-transport-security"] == "max-age=31536000"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert headers.get("x-robots-tag", "") == ("" if path == "/subscribe" else "noindex, nofollow")
        assert "set-cookie" not in headers
    assert "noindex" not in site.browser.get("/subscribe").text
    assert "noindex" in site.browser.post("/subscribe", data={"email": "x"}).text


def test_headers_of_other_responses(site: PublicPages) -> None:
    folder = site.context.settings.state_folder / "archive" / "2019-W12"
    folder.mkdir(parents=True)
    (folder / "index.html").write_text("<p>an edition</p>", "utf-8")
    answers = [
        site.browser.get(path, follow_redirects=False)
        for path in ("/", "/healthz", "/archive/2019-W12/", "/archive/2019-W12", "/archive/none", "/archive/style.css")
    ]
    answers.append(site.browser.get("/subscribe", headers={"Host": "evil.example"}))
    answers.append(site.browser.post("/subscribe", data={"email": "a" * 30_000}))
    broken = TestClient(
        create_app(replace(site.context, clock=lambda: 1 / 0)),  # type: ignore[arg-type, return-value]  # it fails
        base_url=f"https://{HOST}",
        raise_server_exceptions=False,
    )
    answers.append(broken.get("/confirm/x"))
    assert [answer.status_code for answer in answers] == [200, 200, 200, 301, 404, 200, 421, 413, 500]
    for answer in answers:
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"


def test_unknown_host_names_are_rejected(site: PublicPages) -> None:
    assert site.browser.get("/subscribe", headers={"Host": "evil.example"}).status_code == 421


def test_a_body_that_is_too_large(site: PublicPages) -> None:
    assert site.browser.post("/subscribe", data={"email": "a" * 30_000}).status_code == 413


def test_pictures_are_served_before_their_edition_is_sent(site: PublicPages, tmp_path: Path) -> None:
    name = keep_picture(site.context.settings, b"\xff\xd8\xff a picture", ".jpg")
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "images").mkdir(parents=True)
    (elsewhere / "images" / "share-1.png").write_bytes(b"drawn")
    other = TestClient(create_app(site.context, archive=elsewhere), base_url=f"https://{HOST}")
    for browser in (site.browser, other):
        answer = browser.get(f"/archive/images/{name}")
        assert (answer.status_code, answer.headers["x-content-type-options"]) == (200, "nosniff")
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
        assert browser.get("/archive/images/none.jpg").status_code == 404
    assert other.get("/archive/images/share-1.png").content == b"drawn"


def test_archive_health_and_redirect(site: PublicPages) -> None:
    folder = site.context.settings.state_folder / "archive" / "2019-W12"
    folder.mkdir(parents=True)
    (folder / "index.html").write_text("<p>an edition</p>", "utf-8")
    assert "an edition" in site.browser.get("/archive/2019-W12/").text
    for path, there in (
        ("/archive", "archive/"),
        ("/archive/2019-W12", "2019-W12/"),
        ("/archive/2019-W12?q=x", "2019-W12/?q=x"),
    ):
        response = site.browser.get(path, follow_redirects=False)
        assert (response.status_code, response.headers["location"]) == (301, there), "a proxy's scheme is not known"
    assert site.browser.get("/subscribe/").status_code == 200
    shared = re.findall(r'href="(/archive/[^"]+[?]v=[^"]*)"', site.browser.get("/subscribe").text)
    assert [path.partition("?")[0] for path in shared] == ["/archive/icon.svg", "/archive/style.css"]
    assert all("immutable" in site.browser.get(path).headers["cache-control"] for path in shared)
    assert site.browser.get("/archive/../digest.toml").status_code == 404
    assert site.browser.get("/archive/%2e%2e/digest.toml").status_code == 404
    assert site.browser.get("/healthz").text == "ok\n"


def test_the_style_sheets_use_only_colours_of_the_palette(site: PublicPages) -> None:
    sheets = {path.stem: path.read_text("utf-8") for path in (ROOT / "digest/web/static/desk").glob("*.css")}
    palette = sheets.pop("palette")
    public = site.browser.get("/archive/style.css").text
    for colours, using in ((palette, list(sheets.values())), (public, [public])):
        light, dark, *_ = (set(re.findall(r"(--[\w-]+):", part)) for part in colours.split("@media"))
        used = {name for sheet in using for name in re.findall(r"var\((--[\w-]+)\)", sheet)}
        lengths = {name for sheet in sheets.values() for name in re.findall(r"(--[\w-]+): [\d.]+(?:px|rem)", sheet)}
        assert used - lengths == light, "each is defined, and none for nothing"
        assert dark < light


def test_pages_are_served_under_a_path(tmp_path: Path, store: Store) -> None:
    with serving() as server:
        site = PublicPages(tmp_path, store, server, public_url=f"https://{HOST}/digest")
        page = site.browser.get("/digest/subscribe")
        assert page.status_code == 200
        assert 'action="/digest/subscribe"' in page.text
        assert site.browser.get("/subscribe").status_code == 200, "a proxy may take the path away"
        for path in ("/digest", "/digest/", "/"):
            assert 'action="/digest/subscribe"' in site.browser.get(path, follow_redirects=False).text
        assert site.browser.get("/digest/archive", follow_redirects=False).headers["location"] == "archive/"
