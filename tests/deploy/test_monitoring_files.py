"""The dashboard, the alert rules and their documentation name what `/metrics` has, and commands that exist."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from digest.cli.main import COMMANDS, load
from digest.model import DeliveryState, EditionStatus, EffectiveStatus
from digest.settings.metrics_table import MetricsRule
from digest.steps.figures import Figures, Health
from digest.store.figures import Queue
from digest.web.metrics import metrics_of
from tests.conftest import ROOT

FOLDER = ROOT / "deploy" / "monitoring"
NOW = datetime(2019, 3, 25, 7, tzinfo=UTC)
ALWAYS = {"digest_info": {"version"}, "digest_ready": set(), "digest_reading_seconds": set()}


@pytest.fixture(scope="module")
def labels() -> dict[str, dict[str, set[str]]]:
    """The values of each label of each metric."""
    steps: dict[str, datetime | None] = dict.fromkeys(("collect", "compose", "send", "backup"), NOW)
    figures = Figures(
        NOW,
        dict.fromkeys(Health, 1),
        1,
        dict.fromkeys(EditionStatus, 1),
        dict.fromkeys(DeliveryState, 1),
        Queue(NOW, NOW),
        dict.fromkeys(EffectiveStatus, 1),
        1,
        steps,
        1,
        "0020",
    )
    values: dict[str, dict[str, set[str]]] = {name: {key: set() for key in keys} for name, keys in ALWAYS.items()}
    for metric in metrics_of(figures, 1.0):
        for sample in metric.samples:
            kinds = values.setdefault(sample.name, {})
            for key, value in sample.labels.items():
                kinds.setdefault(key, set()).add(value)
    return values


def rules() -> list[dict[str, Any]]:
    document = yaml.safe_load((FOLDER / "alerts.yml").read_text("utf-8"))
    return [rule for group in document["groups"] for rule in group["rules"]]


def expressions() -> Iterator[str]:
    yield from (rule["expr"] for rule in rules())
    dashboard = json.loads((FOLDER / "dashboard.json").read_text("utf-8"))
    for panel in dashboard["panels"]:
        yield from (target["expr"] for target in panel["targets"])
    yield from (each["expr"] for each in dashboard["annotations"]["list"])


@pytest.mark.parametrize("expression", list(expressions()))
def test_each_expression_names_metrics_labels_and_values_that_exist(
    expression: str, labels: dict[str, dict[str, set[str]]]
) -> None:
    names = re.findall(r"\b(digest_[a-z_]+)(?:\{([^}]*)\})?", expression)
    assert names or "up{" in expression
    for name, selector in names:
        assert name in labels
        for key, _, value in re.findall(r'(\w+)(=~|!~|!=|=)"([^"]*)"', selector):
            if key != "newsletter":  # of the scrape job
                assert set(value.split("|")) <= labels[name][key], f"{name}: {key}={value}"
    assert expression.count("(") == expression.count(")")
    for grouped in re.findall(r"by \((\w+)\)", expression):
        assert grouped in labels[names[0][0]]


def test_each_rule_says_how_bad_it_is_and_what_to_do() -> None:
    assert len({rule["alert"] for rule in rules()}) == len(rules()) >= 10
    for rule in rules():
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert set(rule["annotations"]) == {"summary", "action"}
        assert re.fullmatch(r"\d+[mhd]", rule["for"])


def test_each_command_in_an_action_exists() -> None:
    actions = " ".join(rule["annotations"]["action"] for rule in rules())
    named = re.findall(r"`digest ([a-z]+(?: [a-z]+)?)", actions)
    assert len(named) >= 8
    for text in named:
        name, _, part = text.partition(" ")
        assert name in COMMANDS, text
        if COMMANDS[name].group and part:
            assert part in load(name).commands, text


def test_the_dashboard_s_panels_do_not_overlap_and_lead_to_one_data_source() -> None:
    dashboard = json.loads((FOLDER / "dashboard.json").read_text("utf-8"))
    cells: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        own = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & own, panel["title"]
        cells |= own
        assert panel["datasource"]["uid"] == "${datasource}"
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    variables = {each["name"] for each in dashboard["templating"]["list"]}
    assert set(re.findall(r"\$\{?(\w+)", json.dumps(dashboard))) <= variables


def test_the_scrape_job_has_the_rules_and_the_label_that_the_dashboard_chooses_by() -> None:
    document = yaml.safe_load((FOLDER / "prometheus.yml").read_text("utf-8"))
    assert [(FOLDER / name).exists() for name in document["rule_files"]] == [True]
    (job,) = document["scrape_configs"]
    assert job["job_name"] == "digest"
    assert "newsletter" in job["static_configs"][0]["labels"]


def test_every_metric_is_documented(labels: dict[str, dict[str, set[str]]]) -> None:
    text = (ROOT / "docs" / "monitoring.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `(digest_\w+)` \| (.*) \|$", text, re.MULTILINE))
    assert set(rows) == set(labels)
    for name, kinds in labels.items():
        for key, values in kinds.items():
            assert f"`{key}`" in rows[name]
            if key in ("health", "step"):
                assert values <= set(re.findall(r"\w+", rows[name])), name
    assert set(MetricsRule.model_fields) == set(re.findall(r"\[metrics\] (\w+)", text))


def test_the_rules_raise_the_alerts_that_they_should(tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool (of Prometheus) is not installed")
    for path in (FOLDER / "alerts.yml", Path(__file__).parent / "alerts_test.yml"):
        shutil.copy(path, tmp_path)
    for command in (["check", "rules", "alerts.yml"], ["test", "rules", "alerts_test.yml"]):
        done = subprocess.run(
            [promtool, *command], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stdout + done.stderr
