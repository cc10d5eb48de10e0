"""How mail systems name themselves and begin their bounces. Data: patterns, without regard to case."""

from __future__ import annotations

import re


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


SERVERS = _any(
    r"mail(?:er)?[ _-]?daemon|postmaster|mail (?:delivery|deliver|router|system|server)|delivery (?:sub)?system",
    r"microsoftexchange[0-9a-f]{10}|smtp (?:daemon|server)|delivery notification",
    r"system ?administrator|administrateur syst|administrador del sistema|amministratore di sistema",
)
"""In the name or local part of From."""

SUBJECTS = _any(
    r"undeliver|non[- ]?deliver|not (?:be )?delivered|unable to deliver|failed? (?:mail|delivery)|failure notice",
    r"(?:could|can)(?:no|n'?)t (?:be )?(?:deliver|sen[dt])|warning: (?:could|message)|message (?:delivery|undel)",
    r"delivery (?:status|fail|has failed|notification|report|error|problem|incomplete|unsuccessful|delay)",
    r"mail(?: delivery| system)? (?:fail|error|problem)|\bnd[rn]\b|\bdsn\b|\bbounced?\b",
    r"returned (?:mail|message|to sender)|returning message|returned: ",
    r"unzustellbar|nicht zugestellt|zustellung|non remis|[ée]chec d|non distribu|onbestelbaar",
    r"no se (?:puede|pudo|ha podido) entregar|no entregad|mancat[oa] (?:recapito|consegna)|non recapitabil",
)

REPLY_SUBJECTS = _any(
    r"^(?:re|aw|sv|auto|automatic reply|automatische antwort|autosvar|automatisch antwoord|r[ée]ponse automatique"
    r"|respuesta autom[áa]tica|risposta automatica|out of (?:the )?office|abwesen\w{0,12}|absence|vacation)\b ?:"
)

OPENINGS = _any(
    r"(?:could|can|was|were|has)(?:n't| not|not) (?:able to )?be(?:en)? (?:delivered|sent|reached)",
    r"(?:was|were)n't (?:able to deliver|delivered)|(?:did|was|were) not (?:reach|delivered)|undeliverable",
    r"delivery (?:to the following|has failed|failed|attempt|is delayed)|attempting to deliver",
    r"(?:unable|not able|failed) to (?:deliver|send)|could not deliver|error delivering your mail",
    r"(?:permanent|transient)(?: non)?[- ]fatal errors|delivery (?:errors|problems)|failure reasons?|was rejected by",
    r"this is the mail system at|delivery (?:status )?notification",
    r"nicht zugestellt|(?:nicht|un)zustellbar|n'a pas pu être (?:remis|délivré|distribué|envoyé)|n'est pas parvenu",
    r"no se (?:pudo|ha podido|puede) entregar|no (?:pudo|puede) ser entregado",
    r"non (?:è stato possibile|è possibile|può essere) (?:recapit|consegn)|kon niet worden (?:bezorgd|afgeleverd)",
    r"kunde inte levereras|kunne ikke leveres|nie mo(?:że|gła) zostać dostarczona",
)

DELAYS = _any(
    r"\bdelayed\b|not yet been (?:delivered|sent)|still (?:being (?:re)?tried|trying|in the queue)",
    r"do not need to resend|no action is required|warning message only",
    r"will (?:be |keep |continue )?(?:re-?tr(?:y|ied)|trying|to (?:re)?try)",
)

FINAL = _any(r"giv(?:en|ing) up|permanent|will not (?:be )?retr|no further attempts|\b(?:has|have) failed\b")
"""What a notice of a delay does not say."""
