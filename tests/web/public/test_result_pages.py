"""What a browser gets for a form: a redirect to the result, which Back and reload show again."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from digest.web.public.result_pages import ResultPages

NAVIGATES = {"Sec-Fetch-Mode": "navigate"}


class Counter:
    """An application that counts forms. `background` counts the work after responses."""

    def __init__(self, **limits: float) -> None:
        self.forms = self.background = 0
        routes = [Route(path, self.page, methods=["GET", "POST"]) for path in ("/form", "/other")]
        self.app = Starlette(routes=routes, middleware=[Middleware(ResultPages, **limits)])
        self.browser = TestClient(self.app, follow_redirects=False, headers=NAVIGATES)

    async def page(self, request: Request) -> Response:
        if request.method == "GET":
            return HTMLResponse("<p>The form</p>")
        self.forms += 1
        status = int(request.query_params.get("status", "200"))
        if status == 202:
            return PlainTextResponse("noted", 202)
        task = BackgroundTask(self.count)
        return HTMLResponse(f"<p>Form {self.forms}</p>", status, {"Content-Language": "cy"}, background=task)

    def count(self) -> None:
        self.background += 1


def test_back_and_reload_show_the_result_again() -> None:
    counter = Counter()
    response = counter.browser.post("/form?lang=cy")
    assert response.status_code == 303
    assert response.headers["location"].startswith("?lang=cy&done="), "relative: only the proxy knows the scheme"
    for _ in range(3):
        page = counter.browser.get(f"/form{response.headers['location']}")
        assert (page.status_code, page.text, page.headers["content-language"]) == (200, "<p>Form 1</p>", "cy")
    assert (counter.forms, counter.background) == (1, 1)


def test_a_form_on_the_result_page_can_be_sent() -> None:
    counter = Counter()
    first = counter.browser.post("/form").headers["location"]
    second = counter.browser.post(f"/form{first}").headers["location"]
    assert second.count("done=") == 1
    assert counter.browser.get(f"/form{second}").text == "<p>Form 2</p>"
    assert counter.browser.get(f"/form{first}").text == "<p>Form 1</p>"


def test_a_refused_form_keeps_its_status() -> None:
    counter = Counter()
    where = counter.browser.post("/form?status=422").headers["location"]
    assert counter.browser.get(f"/form{where}").status_code == 422


def test_what_is_no_page_or_may_be_sent_again_is_not_redirected() -> None:
    counter = Counter()
    assert counter.browser.post("/form?status=202").text == "noted"
    assert counter.browser.post("/form?status=503").status_code == 503


def test_a_program_gets_the_answer_itself() -> None:
    counter = Counter()
    assert TestClient(counter.app).post("/form", follow_redirects=False).text == "<p>Form 1</p>"


def test_a_result_belongs_to_its_path_and_ends() -> None:
    counter = Counter()
    where = counter.browser.post("/form").headers["location"]
    assert counter.browser.get(f"/other{where}").text == "<p>The form</p>"
    assert counter.browser.get("/form?done=unknown").text == "<p>The form</p>"
    late = Counter(seconds=-1)
    assert late.browser.get(f"/form{late.browser.post('/form').headers['location']}").text == "<p>The form</p>"


def test_memory_is_bounded() -> None:
    counter = Counter(most_bytes=100)
    places = [counter.browser.post("/form").headers["location"] for _ in range(20)]
    assert counter.browser.get(f"/form{places[0]}").text == "<p>The form</p>"
    assert counter.browser.get(f"/form{places[-1]}").text == "<p>Form 20</p>"
