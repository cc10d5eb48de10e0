"""A context whose settings follow digest.toml while a program runs, so that the desk shows what commands would do.

Each use looks at the file's stamp. A file that has changed is read again; one that cannot be used leaves the settings
as they were, and `problem` says why. What the program was started with does not change: the store and the time zone.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import replace

from digest.errors import SettingsError
from digest.settings import Settings, load_settings
from digest.steps.context import Context

LOG = logging.getLogger(__name__)
_Stamp = tuple[int, int, int]


class LiveContext:
    """Safe to use from many threads."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lock = threading.Lock()
        self._stamp = self._stamp_of_file()
        self.problem = ""  # why the file as it is now is not in force; "" if it is

    @property
    def context(self) -> Context:
        """The context with the settings as they are now."""
        stamp = self._stamp_of_file()
        if stamp != self._stamp:
            with self._lock:
                if stamp != self._stamp:
                    self._read()
                    self._stamp = stamp
        return self._context

    def _read(self) -> None:
        before = self._context.settings
        try:
            after = load_settings(before.path, before.secrets)
            _refuse_restart(before, after)
        except SettingsError as error:
            self.problem = f"{error.what} {error.remedy}".strip()
            LOG.warning("The settings have changed and are not in force: %s", self.problem)
            return
        self.problem = ""
        self._context = replace(self._context, settings=after)

    def _stamp_of_file(self) -> _Stamp | None:
        """Return what tells the file from an earlier one; None if it is not there."""
        try:
            status = self._context.settings.path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino


def _refuse_restart(before: Settings, after: Settings) -> None:
    for name, old, new in (
        ("[store] url", before.store_url, after.store_url),
        ("[newsletter] timezone", before.newsletter.timezone, after.newsletter.timezone),
    ):
        if old != new:
            raise SettingsError(f"{name} has changed.", "Start the desk again: it goes on with the settings as before.")
