"""Where posts are read: in worker processes of this machine, or by the workers of a Dask scheduler (`[scale] dask`)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from digest.errors import SettingsError
from digest.read.workers.executor_pool import ExecutorPool
from digest.read.workers.read_pool import SECONDS_PER_POST, PostPool, ReadPool
from digest.settings import Settings

LOG = logging.getLogger(__name__)


@contextmanager
def reading_pool(
    settings: Settings, *, seconds_per_post: float = SECONDS_PER_POST, connect_seconds: float = 15.0
) -> Iterator[PostPool]:
    """Give the pool that reads posts. A scheduler that cannot be reached is logged, and posts are read here.

    Raises SettingsError if `[scale] dask` is set and Dask is not installed.
    """
    address = settings.scale.dask
    if not address:
        with ReadPool(seconds_per_post=seconds_per_post) as pool:
            yield pool
        return
    try:
        import distributed
    except ImportError as error:
        raise SettingsError(
            f'[scale] dask = "{address}" needs the library distributed.',
            "Install it with `pip install 'digest-mailer[dask]'`, here and on Dask's workers.",
        ) from error
    try:
        make_client: Callable[..., Any] = distributed.Client
        client = make_client(address, timeout=connect_seconds, set_as_default=False)
    except (OSError, TimeoutError) as error:
        LOG.warning("The Dask scheduler %s cannot be reached (%s): posts are read here.", address, error)
        with ReadPool(seconds_per_post=seconds_per_post) as pool:
            yield pool
        return
    with client, ExecutorPool(client.get_executor(pure=False), seconds_per_post=seconds_per_post) as cluster:
        yield cluster
