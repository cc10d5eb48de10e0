"""One owner per library, and every module in its place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent

OWNERS = {
    "feedparser": {"digest/collect/"},
    "httpx": {
        "digest/collect/fetch.py",
        "digest/collect/guarded_transport.py",  # its transport
        "digest/collect/visit_cookies.py",  # its cookies
        "digest/steps/editing/wake_prefect.py",  # talks to Prefect's API
        "digest/demo/prefect_server.py",
        "digest/steps/checks/web.py",
        "digest/steps/alerting/web_request.py",
        "digest/web/desk/who/oidc_fetch.py",
    },
    "h11": {"digest/collect/guarded_transport.py"},
    "trafilatura": {"digest/read/"},
    "sumy": {"digest/read/"},
    "nltk": {"digest/read/"},
    "mjml": {"digest/mail/"},
    "babel": {"digest/words/", "digest/mail/", "digest/dates/"},
    "markdown_it": {"digest/mail/", "digest/demo/"},
    "dkim": {"digest/mail/"},
    "smtplib": {"digest/mail/"},
    "flufl": {"digest/mail/"},
    "jinja2": {"digest/mail/", "digest/web/", "digest/demo/"},
    "sqlalchemy": {"digest/store/", "digest/steps/"},  # steps name the connection's type, and no more
    "alembic": {"digest/store/"},
    "prefect": {"flows/"},
    "starlette": {"digest/web/"},
    "uvicorn": {"digest/web/"},
    "aiosmtpd": {"digest/web/"},
    "prometheus_client": {"digest/web/metrics.py"},
    "typer": {"digest/cli/"},
    "itsdangerous": {"digest/subscribers/", "digest/web/", "digest/steps/notifying/"},
    "joserfc": {"digest/web/desk/who/id_tokens.py"},
    "email_validator": {"digest/subscribers/"},
    "holidays": {"digest/public_holidays.py"},
    "segno": {"digest/web/qr_code.py"},
    "distributed": {"digest/steps/composing/reading_pool.py"},
    "idna": {"digest/domain_names.py"},
    "PIL": {"digest/read/pictures/", "digest/web/archive/share_picture.py"},
}


@cache
def parsed() -> dict[str, tuple[set[str], set[object]]]:
    """What each module imports, and its constants: parsing them all takes seconds."""
    found = {}
    for path in [*(ROOT / "digest").rglob("*.py"), *(ROOT / "flows").rglob("*.py")]:
        nodes = [*ast.walk(ast.parse(path.read_text("utf-8")))]
        constants = {node.value for node in nodes if isinstance(node, ast.Constant)}
        found[str(path.relative_to(ROOT))] = ({*imports_of(nodes)}, constants)
    return found


def imports_of(nodes: list[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def test_each_library_has_one_owner() -> None:
    strays = {
        f"{module} imports {library}"
        for module, (imported, _) in parsed().items()
        for library in imported & OWNERS.keys()
        if not any(module.startswith(place) for place in OWNERS[library])
    }
    assert strays == set()


def test_steps_only_name_sqlalchemy_s_types() -> None:
    for path in (ROOT / "digest" / "steps").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy"):
                assert {alias.name for alias in node.names} <= {"Connection"}, path.name


def test_no_module_is_named_utils_or_helpers() -> None:
    names = {path.stem for path in (ROOT / "digest").rglob("*.py")}
    assert not names & {"utils", "util", "helpers", "misc", "common_utils"}


def test_nothing_uses_pythons_own_idna_codec() -> None:
    """It is IDNA 2003, which sends mail for faß.de to fass.de: `domain_names.to_ascii` is the way."""
    for module, (_, constants) in parsed().items():
        assert "idna" not in constants, module


def test_no_test_replaces_parts_of_a_module() -> None:
    """What a test varies is passed in. `monkeypatch` is for the environment and the working folder."""
    allowed = {"setenv", "delenv", "chdir", "undo"}
    for path in (ROOT / "tests").rglob("*.py"):
        text = path.read_text("utf-8")
        for node in ast.walk(ast.parse(text)) if "monkeypatch" in text or "mock" in text else ():
            where = f"{path.relative_to(ROOT)}, line {getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "monkeypatch":
                assert node.attr in allowed, where
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {getattr(node, "module", None), *(alias.name for alias in node.names)}
                assert not names & {"unittest.mock", "mock"}, where
