"""Write the files of deploy/ and the crontab in docs/operating.md from `digest/services.py`: python -m deploy.make."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from cronsim import CronSim
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from digest.services import SERVICES, Service, Way, calendar, crontab

FOLDER = Path(__file__).parent
OPERATING = FOLDER.parent / "docs" / "operating.md"
BIN = "/opt/digest/bin"
CONFIG = "/srv/digest/comms/digest.toml"
_TARGETS = {Way.TIMERS: "digest@%i.target", Way.PREFECT: "digest-prefect@%i.target"}
_DOES = {
    Way.TIMERS: "its timers, its desk and its pages",
    Way.PREFECT: "its worker, its desk and its pages; a Prefect server has the timetable",
}
_SUBNET = "172.30.77.0/24"  # of the containers: the proxy among them is believed
_PORTS = {one.name: one.port for one in SERVICES if one.port}
_MACHINE = {"inside": False, "pages": "digest.example.org", "desk": "desk.example.org"}
_CONTAINER = {"inside": True, "pages": "{$PAGES_HOST}", "desk": "{$DESK_HOST}"}

_jinja = Environment(
    loader=FileSystemLoader(FOLDER / "templates"),
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    undefined=StrictUndefined,
    autoescape=False,  # noqa: S701 - no HTML
)


def files(program_folder: str = BIN) -> dict[str, str]:
    """Return the text of each file by its path in deploy/. `program_folder` is where `digest` and `prefect` are."""
    made = {f"systemd/{name}": text for name, text in _units(program_folder).items()}
    for name, values in (("proxy/Caddyfile", _MACHINE), ("proxy/Caddyfile.compose", _CONTAINER)):
        made[name] = _rendered("Caddyfile", **values, port=_PORTS)
    made["proxy/nginx.conf"] = _rendered("nginx.conf", **_MACHINE, port=_PORTS)
    made["Dockerfile"] = _rendered(
        "Dockerfile", port=_PORTS, probe=json.dumps(_probe(f"http://127.0.0.1:{_PORTS['public']}/healthz"))
    )
    made["compose.yaml"] = _rendered(
        "compose.yaml",
        services=[one for one in SERVICES if Way.PREFECT in one.ways and one.name != "serve"],
        command=_container_command,
        health=_health,
        subnet=_SUBNET,
    )
    return made


def operating(text: str) -> str:
    """Return the page with the crontab as the table has it."""
    lines = "\n".join(crontab(f"{BIN}/digest", CONFIG))
    place = re.compile(r"(<!-- crontab -->\n```\n).*?(```)", re.DOTALL)
    made, places = place.subn(lambda found: f"{found[1]}{lines}\n{found[2]}", text)
    if places != 1:
        raise ValueError(f"{OPERATING} has {places} places for a crontab")
    return made


def _units(folder: str) -> dict[str, str]:
    units = {}
    for one in SERVICES:
        values = {"one": one, "targets": " ".join(_TARGETS[way] for way in Way if way in one.ways)}
        arguments = re.sub(r"\$([A-Z_]+)", r"${\1}", one.arguments)
        units[f"digest-{one.name}@.service"] = _rendered("service", **values, arguments=arguments, bin=folder)
        if one.cron:
            units[f"digest-{one.name}@.timer"] = _rendered("timer", **values, calendar=calendar(one.cron))
    for way, target in _TARGETS.items():
        wanted = [_unit(one) for one in SERVICES if way in one.ways and not one.optional]
        name = target.replace("%i", "")
        units[name] = _rendered("target", description=_DOES[way], wanted=" ".join(wanted))
    return units


def _unit(one: Service) -> str:
    return f"digest-{one.name}@%i.{'timer' if one.cron else 'service'}"


def _container_command(one: Service) -> str:
    """Return a command in YAML: in a container a service listens for the proxy, which is another container."""
    values = dict(one.defaults) | {"POOL": "${POOL:-digest}", "FOLDER": "/srv/newsletter"}
    words = [re.sub(r"\$([A-Z_]+)", lambda name: values[name[1]], word) for word in one.arguments.split()]
    words = [_SUBNET if word == "127.0.0.1" else word for word in words]
    words += ["--host", "0.0.0.0"] if one.port else []  # noqa: S104 - of the container
    words += ["--with-healthcheck"] if one.name == "worker" else []
    if one.cron:
        loop = f"while :; do {one.program} {' '.join(words)}; sleep {_seconds_between(one.cron)}; done"
        return json.dumps(["sh", "-c", loop])
    return json.dumps([one.program, *words])


def _health(url: str) -> str:
    """Return a container's health check in YAML."""
    test = json.dumps(["CMD", *_probe(url)])
    return f"{{test: {test}, interval: 15s, timeout: 10s, retries: 4, start_period: 60s}}"


def _probe(url: str) -> list[str]:
    """Return a command that fails unless the URL answers. The image has no curl."""
    return ["python", "-c", f"import urllib.request as r; r.urlopen('{url}', timeout=5)"]


def _seconds_between(cron: str) -> int:
    first, second = islice(CronSim(cron, datetime(2024, 1, 1, tzinfo=UTC)), 2)
    return int((second - first).total_seconds())


def _rendered(template: str, **values: object) -> str:
    return _jinja.get_template(f"{template}.j2").render(**values)


def main() -> None:
    made = files()
    for path in (FOLDER / "systemd").iterdir():
        if f"systemd/{path.name}" not in made:
            path.unlink()
    for name, text in made.items():
        (FOLDER / name).parent.mkdir(exist_ok=True)
        (FOLDER / name).write_text(text, "utf-8")
    OPERATING.write_text(operating(OPERATING.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
