"""The flow that looks hourly for what is wrong, and what the other flows do at their end."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from digest.store.engine import Store
from tests.steps.alerting.hook_server import hook_server
from tests.steps.alerting.quiet_newsletter import quiet_newsletter

# Prefect is imported by the tests themselves: it takes seconds to load, in every process that collects tests.
pytestmark = pytest.mark.prefect
on_sqlite = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
FIVE_WEEKS_LATER = "2019-04-29T13:00:00+00:00"


async def ends_well() -> object:
    from prefect.states import Completed

    return Completed()


async def ends_as_failed() -> object:
    from prefect.states import Failed

    return Failed()


async def raises() -> object:
    raise RuntimeError("a surprise")


@on_sqlite
def test_the_hourly_flow_says_what_is_wrong_and_fails_only_if_it_could_not_be_told(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows.alerts import alerts

    with hook_server() as hook, quiet_newsletter(tmp_path, store, hook) as newsletter:
        monkeypatch.setenv("DIGEST_CONFIG", str(newsletter.context.settings.path))
        monkeypatch.setenv("DIGEST_NOW", FIVE_WEEKS_LATER)
        hook.status = 500
        first, second = asyncio.run(alerts.fn()), None
        hook.status = 200
        second = asyncio.run(alerts.fn())
        assert (first.type.value, second.type.value) == ("FAILED", "COMPLETED")
        assert "2019-W17 has no edition" in (second.message or "")
        assert "s3cr3t" not in (first.message or "")


def test_a_flow_s_parameters_are_those_of_its_function() -> None:
    from prefect.exceptions import ParameterTypeError

    from flows.send_edition import send_edition
    from flows.weekly_digest import weekly_digest

    for flow in (weekly_digest, send_edition):
        assert flow.validate_parameters({"week": "2019-W12"})["week"] == "2019-W12"
        with pytest.raises(ParameterTypeError):
            flow.validate_parameters({"week": "no week"})


@on_sqlite
@pytest.mark.parametrize(("work", "number"), [(ends_well, 1), (ends_as_failed, 0), (raises, 0)])
def test_a_flow_sends_the_heartbeat_only_if_it_went_well_and_says_what_is_wrong_in_any_case(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch, work: object, number: int
) -> None:
    from flows.alerting import alerting

    with hook_server() as watchdog, hook_server() as hook:
        with quiet_newsletter(tmp_path, store, hook, alerts={"heartbeat_url": watchdog.url}) as newsletter:
            monkeypatch.setenv("DIGEST_CONFIG", str(newsletter.context.settings.path))
            monkeypatch.setenv("DIGEST_NOW", FIVE_WEEKS_LATER)
            try:
                asyncio.run(alerting(work)())  # type: ignore[arg-type]
            except RuntimeError:
                assert work is raises
        assert (len(watchdog.requests), len(hook.requests)) == (number, 1)
