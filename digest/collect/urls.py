"""Web addresses: which one to show, and which ones are the same post.

`clean_url` gives the address to show and visit: it changes nothing that a server could tell apart, but tracking
parameters. `identity` gives the key under which posts are the same: it also forgets scheme, www, mobile and AMP hosts,
AMP paths, index files, trailing slashes and the order of parameters.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

from digest.domain_names import DomainNameError, to_ascii

_TRACKING = re.compile(
    r"utm_\w+|utm|pk_\w+|mtm_\w+|piwik_\w+|matomo_\w+|hsa_\w+|_hs\w+|__hs\w+|at_(?:medium|campaign|custom\d|link\w*|bbc_team|format)|ns_(?:mchannel|source|campaign|linkname|fee)"
    r"|fbclid|fb_(?:action_ids|action_types|source|ref)|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|twclid|ttclid|igshid|igsh|li_fat_id|ml_subscriber\w*|mc_[ce]id"
    r"|mkt_tok|vero_(?:id|conv)|oly_(?:enc|anon)_id|wickedid|rb_clickid|s_cid|cmpid|ocid|icid|spm|trk|trkcampaign|ncid|xtor|_ga|_gl|_openstat|__twitter_impression|feature=share|guccounter|guce_\w+"
    r"|wt\.mc_id|wtmc|campaignid_track|cm_(?:mmc|cat|ven|pla|ite)\w*|share_source|ref_src|ref_url|ck_subscriber_id|bsft_\w+|sc_(?:campaign|channel|content|medium|outcome|geo|country)"
    r"|srsltid|gad_(?:source|campaignid)|_kx|epik|dm_i|elq(?:track(?:id)?|campaignid|aid|at)|hsctatracking|sfmc_\w+|_bta_(?:tid|c)|rdt_cid|mibextid|s_kwcid|ef_id|_branch_match_id|nr_email_referer"
    r"|wt\.rss_\w+|intcmp|smid|smtyp|emc|ftag|ftcamp|soc_(?:src|trk)|tsrc|__s|_ke|ss_(?:email_id|source|campaign_\w+)|isfreemail|maca|at_xt_\w+"
    r"|(?:source|src|ref|referr?er|from|via|partner|medium|campaign|origin|cmp|cid|mod)=(?:rss|atom|feed(?:burner)?|newsletter)(?:[-_.:|%][\w.:|%-]*)?"
    r"|source=(?:user_profile|collection_home|friends_link|social\.\w+|email|post_page|topic_portal|read_next_recirc)[\w-]*|mod=rss\w*|cmp=share_\w+",
    re.IGNORECASE,
)
"""Names, and whole pairs where only the value tells: Medium writes `?source=rss-…`, others `?ref=feed`."""
_AMP_QUERY = re.compile(r"(?:amp|outputType=amp|output=amp)(?:=(?:1|true)?)?", re.IGNORECASE)
_HOST_PREFIX = re.compile(r"^(?:www\d?|m|mobile|amp|touch)\.(?=[^.]+\.)")
_INDEX = re.compile(r"/(?:index|default)\.(?:html?|php|aspx?)$", re.IGNORECASE)
_AMP_PATH = re.compile(r"^/amp(?=/)|/amp/?$|\.amp(?=\.html?$|$)", re.IGNORECASE)
LONGEST = 4_000
"""Characters. No browser or mail program promises to carry a longer address."""
_PORTS = {"http": 80, "https": 443}
_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_WHOLE = re.compile(rf"https?://{_LABEL}(?:\.{_LABEL})*(?:/[\w~%.,:=&+/@!-]*)?(?:\?[\w~%.,:=&+/@!-]+)?", re.ASCII)
"""An address that needs no second look: in lower case where that counts, without user, port, fragment or blanks."""


def is_whole(url: str) -> bool:
    """Whether a URL is plainly an absolute http(s) address, which stays the same wherever it is joined to."""
    return len(url) <= LONGEST and _WHOLE.fullmatch(url) is not None


def absolute(url: str, base: str = "") -> str:
    """An http(s) address made absolute, white space dropped; "" where it is none."""
    if is_whole(url):
        return url
    if len(url) > LONGEST:
        return ""
    url = re.sub(r"[\x00-\x20\x7f\ud800-\udfff]+", lambda match: "%20" if match[0] == " " else "", url.strip())
    try:
        joined = urljoin(base, url) if base else url
        parts = urlsplit(joined)
        if parts.scheme.lower() not in _PORTS or not parts.hostname or (parts.port is not None and parts.port < 1):
            return ""
    except ValueError:
        return ""
    return joined


def clean_url(url: str) -> str:
    """The same address with a lower-case scheme and host, no default port and no tracking; "" where it is none."""
    if "?" not in url and is_whole(url):
        return url if url.count("/") > 2 else f"{url}/"
    url = absolute(url)
    if not url:
        return ""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    query = "&".join(pair for pair in parts.query.split("&") if pair and not _is_tracking(pair))
    fragment = "" if _is_tracking(parts.fragment) else parts.fragment
    return urlunsplit((scheme, _host(url, as_written=True), parts.path or "/", query, fragment))


def tracking_in(url: str) -> tuple[str, ...]:
    """The names of the parameters that only say how a reader came to the address: what `clean_url` takes off."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ()
    pairs = (*parts.query.split("&"), parts.fragment)
    return tuple(dict.fromkeys(pair.partition("=")[0] for pair in pairs if _is_tracking(pair)))


def identity(url: str) -> str:
    """The key under which addresses are the same post; "" where `url` is no http(s) address."""
    return identity_of_clean(clean_url(url))


def identity_of_clean(url: str) -> str:
    """`identity` of what `clean_url` has given."""
    if not url:
        return ""
    parts = urlsplit(url)
    host = _plain_host(_host(url, as_written=False))
    path = _settled(_normal_path, parts.path)
    pairs = sorted({_normal(pair) for pair in parts.query.split("&") if pair and not _AMP_QUERY.fullmatch(pair)})
    # A fragment names a place in a page, except where a site keeps its pages in it.
    fragment = f"#{parts.fragment}" if parts.fragment.startswith(("!", "/")) else ""
    return f"{host}{path}{'?' + '&'.join(pairs) if pairs else ''}{fragment}"


def post_id(key: str) -> str:
    """16 hex digits from an identity."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def host_of(url: str) -> str:
    """The host in ASCII, without what only says "www" or "mobile"; "" where there is none."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return _plain_host(_ascii_host(host))


def with_ascii_host(url: str) -> str:
    """The same address with its host in ASCII, as it is looked up and visited. Raises ValueError where it is none."""
    if url.isascii():
        return url
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host.isascii():
        return url
    user, at, place = parts.netloc.rpartition("@")
    port = place.partition(":")[2]
    return urlunsplit(parts._replace(netloc=f"{user}{at}{to_ascii(host)}{':' if port else ''}{port}"))


def _plain_host(host: str) -> str:
    return _settled(lambda name: _HOST_PREFIX.sub("", name), host)


def _ascii_host(host: str) -> str:
    try:
        return to_ascii(host)
    except DomainNameError:
        return host


def _is_tracking(pair: str) -> bool:
    return _TRACKING.fullmatch(pair.partition("=")[0]) is not None or _TRACKING.fullmatch(pair) is not None


def _host(url: str, *, as_written: bool) -> str:
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    if ":" in host:
        host = f"[{host}]"
    elif not as_written:
        host = _ascii_host(host)
    port = parts.port
    if port is not None and port != _PORTS[parts.scheme.lower()]:
        host = f"{host}:{port}"
    user = parts.netloc.rpartition("@")[0]
    return f"{user}@{host}" if user and as_written else host


def _normal_path(path: str) -> str:
    path = _AMP_PATH.sub("", _INDEX.sub("/", re.sub(r"/{2,}", "/", path))).rstrip("/")
    return _normal(path)


def _settled(change: Callable[[str], str], value: str) -> str:
    """Applied until nothing changes: `/amp/index.html` hides one form behind another."""
    while (after := change(value)) != value:
        value = after
    return value


def _normal(text: str) -> str:
    """One spelling of percent-encoding."""
    return quote(unquote(text, errors="surrogateescape"), safe="/:@!$'()*,;=+~-._", errors="surrogateescape")
