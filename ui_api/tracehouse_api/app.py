"""The HTTP side put together: OTLP in front, everything else behind, one port."""

from __future__ import annotations

from typing import Any

from fastapi import Depends, FastAPI
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware

from tracehouse_api import problems
from tracehouse_api.access import House, known_parameters, principal, writer
from tracehouse_api.langfuse import agenttrace_prompts
from tracehouse_api.langfuse import datasets as langfuse_datasets
from tracehouse_api.langfuse import doors as langfuse
from tracehouse_api.langfuse import media as langfuse_media
from tracehouse_api.langfuse import prompts as langfuse_prompts
from tracehouse_api.langfuse import reads as langfuse_reads
from tracehouse_api.langfuse import score_reads as langfuse_scores
from tracehouse_api.models.telemetry import Problem
from tracehouse_api.rest import runs as rest_runs
from tracehouse_api.rest import sessions as rest_sessions
from tracehouse_api.routes import (
    account,
    anonymous,
    api_keys,
    artifacts,
    backups,
    blobs,
    checkpoints,
    content,
    datasets,
    devices,
    docs,
    experiments,
    forwards,
    hub,
    live,
    logs,
    metrics,
    operations,
    prices,
    projects,
    prompts,
    registry,
    rejects,
    rollouts,
    run_values,
    runs,
    saved_queries,
    scores,
    sessions,
    share_links,
    spans,
    sql,
    subjects,
    sweeps,
    traces,
    transfers,
    usage,
    workspaces,
)
from tracehouse_api.security_headers import SecurityHeaders
from tracehouse_api.web import WebUi
from tracehouse_collector.receivers.otlp_http import OtlpHttp, Receive, Scope, Send

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    401: {"model": Problem, "description": "no valid API key"},
    403: {"model": Problem, "description": "the API key may not do this"},
    404: {"model": Problem, "description": "there is no such thing in this workspace"},
    422: {"model": Problem, "description": "a parameter is wrong"},
}


def create_api(house: House, *, queries: bool = True, provider: Starlette | None = None) -> FastAPI:
    """The API. Every route but a few asks who is there, because the application does and not the
    route. `queries` is False where only the collector runs; `provider` signs people in by OpenID
    Connect."""
    api = FastAPI(
        title="tracehouse",
        version="1",
        description="Traces, logs, metrics and training runs, as they were received over OTLP.",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        responses=_PROBLEMS,
    )
    api.state.house = house
    problems.install(api)
    api.include_router(operations.open_router)
    api.include_router(langfuse.open_router)
    # Where whoever asks has nothing to show yet.
    for open_router in (account.open_router, anonymous.open_router):
        api.include_router(open_router)
    if provider is not None:
        api.mount("/auth/oidc", provider)
    # Addresses that carry a token of their own.
    api.include_router(langfuse_media.token_router)
    # These ask for an account or an admin themselves.
    for router in (
        *(account.router, workspaces.router, workspaces.admin_router, api_keys.router),
        *(
            subjects.admin_router,
            projects.admin_router,
            backups.admin_router,
            forwards.admin_router,
        ),
    ):
        api.include_router(router, dependencies=[Depends(known_parameters)])
    guarded = [Depends(principal), Depends(known_parameters)]
    api.include_router(operations.router, dependencies=guarded)
    api.include_router(anonymous.router, dependencies=guarded)
    if queries:
        for router in (
            hub.router,  # first: a dataset's name may hold slashes, and ends before the card's
            live.router,  # `live` is no id of a trace or run
            *(traces.router, spans.router, logs.router, metrics.router, rejects.router),
            *(runs.router, runs.compare_router, run_values.router, artifacts.router),
            *(sweeps.router, usage.router),
            *(
                prompts.router,
                prices.router,
                experiments.router,
                datasets.router,
                scores.router,
                content.router,
                checkpoints.router,
                sessions.router,
                sessions.users_router,
                sql.router,
                saved_queries.router,
                share_links.router,
                subjects.router,
                devices.router,
                projects.router,
                transfers.router,
                rollouts.router,
                registry.router,
            ),
        ):
            api.include_router(router, dependencies=guarded)
    for module in (langfuse_prompts, langfuse_datasets, langfuse_media, langfuse):
        api.include_router(module.reading_router, dependencies=[Depends(principal)])
        api.include_router(module.writing_router, dependencies=[Depends(writer)])
    for reads in (langfuse_reads.router, langfuse_scores.router, agenttrace_prompts.router):
        api.include_router(reads, dependencies=[Depends(principal)])
    writing = [Depends(writer), Depends(known_parameters)]
    for router in (
        blobs.router,
        share_links.writing_router,
        rest_runs.router,
        rest_sessions.router,
        sweeps.writing_router,
        traces.writing_router,
        scores.writing_router,
        prompts.writing_router,
        datasets.writing_router,
        prices.writing_router,
        saved_queries.writing_router,
        hub.writing_router,
        transfers.writing_router,
        registry.writing_router,
    ):
        api.include_router(router, dependencies=writing)

    api.include_router(docs.router, dependencies=guarded)
    return api


class Application:
    """One ASGI application: OTLP requests go to the collector, all others to the API, but for the
    pages of the web UI where it is shown: `ui`, with `oidc` where that signs people in."""

    def __init__(
        self,
        api: FastAPI,
        otlp: OtlpHttp | None,
        cors_origins: list[str],
        *,
        https: bool = False,
        ui: bool = False,
        oidc: bool = False,
    ) -> None:
        self._api = SecurityHeaders(WebUi(api, oidc=oidc) if ui else api, https=https)
        self._otlp = otlp
        self._routed = (
            CORSMiddleware(
                self._route,
                allow_origins=cors_origins,
                allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
                allow_headers=["authorization", "content-type", "content-encoding", "x-api-key"],
                max_age=600,
            )
            if cors_origins
            else self._route
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._routed(scope, receive, send)

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._otlp is not None and self._otlp.handles(scope):
            await self._otlp(scope, receive, send)
        else:
            await self._api(scope, receive, send)
