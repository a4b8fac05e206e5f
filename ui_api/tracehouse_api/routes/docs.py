"""`/docs`: the API's routes to read and try, from files of our own."""

from __future__ import annotations

from importlib.resources import files

from fastapi import APIRouter, HTTPException, Request, Response

from tracehouse_api.values import json_response

router = APIRouter(include_in_schema=False)

_TYPES = {"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript"}
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>tracehouse API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""
# A session's CSRF token goes with what is tried from the page.
_START = """const account = fetch("/v1/account").then((answer) => answer.ok ? answer.json() : {});
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  requestInterceptor: async (request) => {
    const token = (await account).csrf_token;
    if (token) request.headers["x-csrf-token"] = token;
    return request;
  },
});
"""
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'"
)


@router.get("/openapi.json")
def show_schema(request: Request) -> Response:
    """The OpenAPI schema."""
    return json_response(request.app.openapi())


@router.get("/docs")
def show_docs() -> Response:
    """The page."""
    return Response(
        _PAGE, headers={"content-security-policy": _POLICY}, media_type="text/html; charset=utf-8"
    )


@router.get("/docs/{file}")
def show_file(file: str) -> Response:
    """What the page loads."""
    if file == "start.js":
        return Response(_START, media_type="text/javascript")
    if file not in _TYPES:
        raise HTTPException(404, f"there is no file {file}")
    content = files("fastapi_offline").joinpath("static", file).read_bytes()
    return Response(content, media_type=_TYPES[file], headers={"cache-control": "max-age=86400"})
