"""Words by which mail servers say why they refuse, where they send no enhanced code or a vague one. Data: patterns for
text as `plain` gives it.

Collected from the replies of Postfix, Exim, Sendmail, qmail, Exchange, Domino, Courier and the large providers. Each
pattern has a bounded reach: the texts are strangers'.
"""

from __future__ import annotations

import re

MOST_READ = 4_000  # characters of a reply

_URL = re.compile(r"\b(?:https?|mailto):[^\s<>]{1,500}")
ADDRESS = re.compile(r"[^\s<>()\[\]\"';,:]{1,100}@[^\s<>()\[\]\"';,]{1,255}")
_NAME = re.compile(r"\b(?!resolver\.)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8}\b")  # of a host; a network address
_MARKS = re.compile(r"[<>()\[\]\"“”*|]|\\n")
_SPACES = re.compile(r"\s+")


def plain(text: str) -> str:
    """The text in lower case on one line, without URLs, brackets and names of hosts, addresses as "…".

    A server that is called spamfilter.example.org says nothing about spam.
    """
    text = text[:MOST_READ].replace("’", "'").lower()
    text = ADDRESS.sub("…", _URL.sub(" ", text))
    return _SPACES.sub(" ", _MARKS.sub(" ", _NAME.sub(" ", text))).strip()


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns))


_WHO = (
    "(?:user|mailbox|mail box|recipient|account|addressee|person|e-?mail address|e-?mail account|subscriber|customer"
    "|userid|user name|recipient address|mailbox name|local part|destination address(?:es)?)"
)
_WHICH = r"(?: …| '[^' ]{1,64}'| you entered| that you entered| that you tried to reach| you sent your message to)?"
_NOT_THERE = (
    "(?:not found|unknown|invalid|undefined|not known|not recogni[sz]ed|non-?existent|no longer exists|not valid"
    "|not exist|not present|(?:does not|doesn't|do not|don't|did not) exist"
    "|(?:could not|couldn't|cannot|can't) be found|wasn't found)"
)

NO_MAILBOX = _any(
    rf"\b(?:no such|unknown|invalid|non-?existent|undefined) (?:local |virtual |final delivery )?{_WHO}\b(?! agent)",
    r"\bno such (?:e-?mail )?address\b|\bno one at this address\b|\bname is not found\b",
    r"\baddress unknown\b|\bunknown address\b(?! error)",
    rf"\b{_WHO}{_WHICH}(?: name)?:?(?: is| was| are)? {_NOT_THERE}\b",
    r"\bnot a (?:valid|known) (?:user|mailbox|recipient|account|customer)\b",
    r"\b(?:does not|doesn't|do not|don't) have an? (?:[\w.]{1,20} ){0,2}account\b",
    r"\bno (?:mailbox|account|user|one|person)(?: here)? by that name\b",
    r"\bno mailbox here\b|\bnot our customer\b|\bbad destination mailbox\b|\bunrout(?:e)?able address\b",
    r"\bnot listed in (?:the |public |domino )?(?:name|directory|address book|domino)",
    r"\bresolver\.adr\.(?:ex)?recip(?:ient)?notfound\b|\brecipient no longer (?:on|at) (?:this )?server\b",
    r"\bdestinataire (?:est )?(?:inconnu|invalide)\b|\butilisateur inconnu\b|\bbo[iî]te (?:aux lettres )?inconnue\b",
    r"\b(?:empf[aä]nger|empfaenger|benutzer|postfach|adresse) (?:ist )?(?:unbekannt|existiert nicht)\b",
    r"\bno existe (?:dicha persona|ese usuario)\b|\bnessun utente simile\b",
    r"\busuario (?:desconocido|no existe|inexistente)\b|\bdestinatario (?:desconocido|sconosciuto|inesistente)\b",
    r"\butente (?:sconosciuto|inesistente|non trovato)\b|\bgebruiker (?:onbekend|bestaat niet)\b",
)

NO_DOMAIN = _any(
    r"\b(?:no such|unknown|non-?existent) (?:destination )?(?:domain|host)\b|\bnxdomain\b|\bhost unknown\b",
    r"\bdomain(?: name)?(?: …)? (?:does not|doesn't) exist\b|\bdomain(?: name)? not found\b",
    r"\bhost(?: or domain name)? not found\b|\bcouldn't find any host\b",
    r"\ball host address lookups failed permanently\b",
    r"\bpoint to non-?existent hosts\b|\bdoes not accept mail nullmx\b|\bnull ?mx\b",
)

OUR_QUOTA = _any(r"\bthrottl|\b(?:daily|hourly|sending|sender) (?:\w{1,20} )?quota\b")

MAILBOX_FULL = _any(
    r"\bquota\b|\bover ?quota\b|\boverquota",
    r"\b(?:mail ?box|inbox|account|storage|maildir|disk|user)\b[^.;]{0,40}\b(?:full|over (?:its|the|storage|disk))\b",
    r"\b(?:insufficient|not enough|out of|no) (?:system |free )?(?:storage|disk|space|mailbox space)\b",
    r"\bstorage (?:limit|allocation|full)\b|\bmailbox (?:size )?(?:limit )?exceed|\bexceeded (?:its |the )?storage",
    r"\bbo[iî]te[^.;]{0,60}\bpleine\b|\bpostfach[^.;]{0,60}\bvoll\b|\bbuz[oó]n[^.;]{0,60}\blleno\b|\bcasella piena\b",
)

TOO_BIG = _any(
    r"\bmessage (?:is )?(?:too (?:big|large|long)|size|length)\b|\bsize (?:limit|exceed)",
    r"\bmax(?:imum)? (?:message )?size\b",
    r"\btoo (?:big|large)\b|\bexceeds? [^.;]{0,40}\bsize\b|\bmail size\b",
)

THROTTLED = _any(
    r"\bthrottl|\btoo (?:many(?! hops)|fast|frequent|quick|much mail)|\brate[ -]?limit|\bslow down\b",
    r"\b(?:unusual|unexpected) (?:rate|volume)\b|\bbusy\b|\bhigh load\b|\boverload",
    r"\b(?:sending|message|connection|mail|recipient) rate\b|\bat a rate\b|\brate (?:is |was )?(?:exceeded|too high)",
    r"\b(?:daily|hourly|sending|messages?|connections?|recipients?|concurrency|session|user) (?:\w{1,20} )?limits?\b",
    r"\blimits? (?:was |were |has been )?(?:exceeded|reached)|\bexceed\w* [^.;]{0,40}\b(?:rate|limit|quota)s?\b",
    r"\bmaximum (?:number|sending)\b|\breceiving (?:mail|email|messages) too\b",
)

GREYLISTED = _any(r"\bgr[ea]y-?list")

POLICY = _any(
    r"\bspam|\bjunk\b|\bunsolicited\b|\bbulk (?:e-?mail|mail)\b|\bvirus|\bmalware|\bphish|\bsuspicious|\bbanned\b",
    r"\bblock(?:ed|ing|list|listed| list)?\b|\bblack ?list|\bdeny ?list|\bd?rbl\b|\bdnsbl\b|(?<!not )\blisted\b",
    r"\breputation\b|\bdmarc\b|\bspf\b|\bdkim\b|\barc\b|\bcontent (?:filter|rejected|restriction)|\bfilter(?:ed|s)?\b",
    r"\bpolic(?:y|ies)\b|\bauthenticat|\bunauthenticated|\bnot (?:authori[sz]ed|permitted|allowed)\b|\bprohibited\b",
    r"\b(?:access|permission|relay(?:ing)?|relay access) denied\b|\b(?:unable|not allowed|refuse) to relay\b",
    r"\brelaying\b|\bwe do not relay\b|\bviolat|\babus(?:e|ive)\b|\bcomplaint|\brestrict(?:ed|ion)",
    r"\b(?:white|allow) ?list|\bnot accepted from\b|\bclosed to\b|\bmoderat(?:ed|or)|\brefused due\b|\bpreferences\b",
    r"\bbl[oó]qu",
)

SENDER = _any(
    r"(?<!to )(?<!to the )\bsenders?\b|\bmail from\b|\bfrom address\b|\bh?elo\b|\behlo\b|\bclient host\b",
    r"\byour (?:ip|host|hostname|domain|server|network)\b|\breverse (?:dns|lookup|path)\b|\breturn[- ]path\b|\brdns\b",
    r"\bcall(?:out|back)\b|(?<!recipient )\bverif(?:y|ication) failed\b",  # the server has looked our address up
)

DISABLED = _any(
    r"\b(?:disabled|inactive|deactivated|suspended|terminated|locked|dormant|discontinued|not active)\b",
)

TEMPORARY = _any(
    r"\btemporar|\btransient|\b(?:try|retry)(?: again)? later\b|\blater please\b|\bcurrently (?:unavailable|not)",
)

UNREACHABLE = _any(
    r"\btry again\b|\bretry\b|\btime-?d? ?out|\bconnection (?:refused|reset|closed|lost|dropped)|\bunreachable\b",
    r"\bno route\b|\bnot respond|\bexpired\b|\bin the queue\b|\bfailing for a long time\b|\bloops?\b",
    r"\btoo many hops\b|\bserver error\b|\binternal error\b|\bconfiguration error\b|\bnetwork\b|\btls\b|\bstarttls\b",
    r"\bdns (?:error|failure)|\blookup fail",
)

HEDGED = _any(r"\b(?:may|might|maybe|perhaps|possibly|probably)\b")
