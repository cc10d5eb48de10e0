"""The end of each flow: notify of what is wrong, and send the heartbeat if the run went well."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from prefect.client.schemas.objects import State

from digest.errors import DigestError
from digest.steps.alerting.after_run import after_run
from flows.run_context import opened

LOG = logging.getLogger(__name__)

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def alerting(
    work: Callable[Parameters, Awaitable[Result]],
) -> Callable[Parameters, Coroutine[Any, Any, Result]]:
    """Look for what is wrong once `work`, a flow's function, has ended. A run that was cancelled looks for nothing."""

    @wraps(work)
    async def run(*arguments: Parameters.args, **named: Parameters.kwargs) -> Result:
        try:
            result = await work(*arguments, **named)
        except Exception:
            await asyncio.to_thread(_look, went_well=False)
            raise
        await asyncio.to_thread(_look, went_well=not (isinstance(result, State) and result.is_failed()))
        return result

    # Prefect reads the parameters' types from here: by name it would look for them in this module.
    run.__signature__ = inspect.signature(work, eval_str=True)  # type: ignore[attr-defined]
    return run


def _look(*, went_well: bool) -> None:
    try:
        with opened() as context:
            after_run(context, went_well=went_well)
    except DigestError as error:
        LOG.warning("It could not be checked whether something is wrong: %s", error.what)
