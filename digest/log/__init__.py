"""The log: where the records of Digest's loggers (`digest.…`) go, and what never gets into it.

Modules log with `LOG = logging.getLogger(__name__)`, or with `for_week(LOG, week)`:

    DEBUG    detail, for whoever looks for a fault
    INFO     progress
    WARNING  something that a person should look at
    ERROR    something failed

Records carry the fields `week`, `source`, `delivery` and `run` where they are known. They never carry an address or a
secret: modules do not log them, and every handler here masks what slips through, such as an address in a post's title
or in a server's reply.
"""

from digest.log.configure import LogConfiguration, configuration_of, configure, configure_helper, current, reset
from digest.log.fields import fields, for_week
from digest.log.listen import attached, listening
from digest.log.masking import without_addresses, without_recipient

__all__ = [
    "LogConfiguration",
    "attached",
    "configuration_of",
    "configure",
    "configure_helper",
    "current",
    "fields",
    "for_week",
    "listening",
    "reset",
    "without_addresses",
    "without_recipient",
]
