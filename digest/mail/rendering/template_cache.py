"""Templates as this process has compiled them, for environments that are made again and again.

A renderer is made for every page that shows a mail, and most of its time would go into compiling the same few files.
"""

from __future__ import annotations

from types import CodeType

import jinja2
from jinja2.bccache import Bucket


class TemplateCache(jinja2.BytecodeCache):
    """The code of each template file, as long as its source stays the same.

    For environments with the same options, filters and escaping: these go into the code, and Jinja2 does not look.
    """

    def __init__(self) -> None:
        self._code: dict[str, tuple[str, CodeType]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        checksum, code = self._code.get(bucket.key, ("", None))
        if checksum == bucket.checksum:
            bucket.code = code

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self._code[bucket.key] = (bucket.checksum, bucket.code)
