"""Signing in with an OpenID Connect provider: `/auth/oidc/login`, back to `/auth/oidc/callback`.

Authlib does the protocol (discovery, state, nonce, PKCE, the provider's keys). What it must
remember between the two requests is in a signed cookie of its own, which lives for ten minutes.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tracehouse_api.meta.secret import derived_key
from tracehouse_api.opened_page import back_to_page
from tracehouse_api.problems import problem
from tracehouse_api.routes.account import note_of_account, set_session_cookie
from tracehouse_api.routes.workspaces import public_url

if TYPE_CHECKING:
    from tracehouse_api.access import House

logger = logging.getLogger(__name__)

_COOKIE = "tracehouse_oidc"
_COOKIE_SECONDS = 600


def oidc_login(house: House) -> Starlette:
    """The two routes, to be mounted at `/auth/oidc`."""
    from authlib.integrations.starlette_client import OAuth, OAuthError
    from httpx import HTTPError
    from joserfc.errors import JoseError
    from starlette.middleware.sessions import SessionMiddleware

    settings = house.settings
    oauth = OAuth()
    oauth.register(
        "provider",
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret.get_secret_value() or None,
        server_metadata_url=f"{settings.oidc_issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid email profile", "code_challenge_method": "S256"},
    )
    provider: Any = oauth.create_client("provider")

    async def login(request: Request) -> Response:
        try:
            return await provider.authorize_redirect(request, _callback(house, request))
        except HTTPError:
            logger.warning("the OpenID provider does not answer", exc_info=True)
            return problem(502, f"{settings.oidc_issuer} does not answer: try again")

    async def callback(request: Request) -> Response:
        try:
            token = await provider.authorize_access_token(request)
        except OAuthError as error:
            return problem(401, f"the provider did not sign you in ({error}): try again")
        except (HTTPError, JoseError, ValueError):  # it is away, or what it signed does not hold
            logger.warning("the OpenID provider's answer cannot be used", exc_info=True)
            return problem(502, f"{settings.oidc_issuer} did not answer as it should: try again")
        claims = token.get("userinfo") or {}
        email = claims.get("email") if claims.get("email_verified") is True else None
        try:
            user = house.identity.accounts.of_provider(
                str(claims["iss"]), str(claims["sub"]), email, str(claims.get("name") or "")
            )
        except ValueError as error:
            return problem(403, str(error))
        if not house.identity.workspaces.of(user):
            name = str(claims.get("name") or email or "Mine")
            house.identity.workspaces.create(name[:200], user)
        note_of_account(house, request, "sign_in.oidc", user, issuer=str(claims["iss"]))
        answer = back_to_page(house, request)
        set_session_cookie(answer, house, request, house.identity.sessions.begin(user)[0])
        return answer

    return Starlette(
        routes=[Route("/login", login), Route("/callback", callback)],
        middleware=[
            Middleware(
                SessionMiddleware,
                secret_key=derived_key(house.meta, "oidc").hex(),
                session_cookie=_COOKIE,
                max_age=_COOKIE_SECONDS,
                same_site="lax",
                https_only=settings.public_url.startswith("https:"),
            )
        ],
    )


def _callback(house: House, request: Request) -> str:
    return f"{public_url(house, request).removesuffix('/auth/oidc')}/auth/oidc/callback"
