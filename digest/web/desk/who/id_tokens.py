"""What an ID token must prove before anybody is believed (OpenID Connect Core 1.0, section 3.1.3.7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from digest.web.desk.who.oidc_fetch import ProviderError

# Signatures by a private key only. Neither "none", nor HS256, whose "key" could be a public one.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
_LEEWAY = 60  # seconds between the provider's clock and ours
_OLDEST = 600  # seconds since it was issued
_LONGEST = 50_000


class BadTokenError(ProviderError):
    """An ID token that proves nothing."""


def read_id_token(
    token: str, keys: Mapping[str, Any], *, issuer: str, client_id: str, nonce: str, now: int
) -> dict[str, Any]:
    """Return the claims of a token that was signed by one of `keys`, for us, just now. Raises BadTokenError."""
    if len(token) > _LONGEST:
        raise _bad("is too long")
    try:
        signing = [key for key in keys["keys"] if key.get("use", "sig") == "sig" and key.get("kty") != "oct"]
        decoded = jwt.decode(token, KeySet.import_key_set({"keys": signing}), algorithms=ALGORITHMS)
        claims = dict(decoded.claims)
    except (JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _bad("is not signed by the provider") from error
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if claims.get("iss") != issuer:
        raise _bad("is from another issuer")
    if client_id not in audiences or (len(audiences) > 1 and claims.get("azp") != client_id):
        raise _bad("is meant for another site")
    if claims.get("azp", client_id) != client_id:
        raise _bad("is meant for another site")
    if not _is_number(claims.get("exp")) or claims["exp"] + _LEEWAY <= now:
        raise _bad("has expired")
    if not _is_number(claims.get("iat")) or not now - _OLDEST <= claims["iat"] <= now + _LEEWAY:
        raise _bad("is too old, or from the future")
    if not nonce or claims.get("nonce") != nonce:
        raise _bad("belongs to another log-in")
    if not isinstance(claims.get("sub"), str) or not claims["sub"]:
        raise _bad("names nobody")
    return claims


def login_in(claims: Mapping[str, Any], claim: str) -> str:
    """Return the log-in that the claims prove. Raises BadTokenError."""
    login = claims.get(claim)
    if not isinstance(login, str) or not login.strip():
        raise _bad(f"has no claim {claim!r}: set [desk] oidc_claim to another one")
    if claim == "email" and claims.get("email_verified") not in (True, "true"):
        raise _bad("has an address that the provider has not verified")
    return login.strip()


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _bad(why: str) -> BadTokenError:
    return BadTokenError(f"The log-in could not be checked: the provider's ID token {why}.", "Log in again.")
