"""Somebody with a browser: cookies, and the CSRF token that a page of ours would repeat."""

from __future__ import annotations

from typing import Any

import httpx

from tests.support.server import Server


class Person:
    """Signs in by a link or a password, and asks as a page would."""

    def __init__(self, server: Server) -> None:
        self._planted = server.planted
        self.browser = httpx.Client(base_url=server.http, timeout=30)
        self.csrf = ""
        self.workspace = ""

    def follow(self, link: str) -> httpx.Response:
        """Open a link that signs in."""
        answer = self.browser.get(link)
        self._planted |= {link.rpartition("token=")[2], *self.browser.cookies.values()}
        if answer.status_code == 303:
            self.csrf = self.get("/v1/account").json()["csrf_token"]
        return answer

    def log_in(self, email: str, password: str) -> httpx.Response:
        answer = self.browser.post("/v1/auth/login", json={"email": email, "password": password})
        self._planted |= {password, *self.browser.cookies.values()}
        if answer.status_code == 200:
            self.csrf = answer.json()["csrf_token"]
        return answer

    def get(self, path: str, **parameters: Any) -> httpx.Response:
        return self.browser.get(path, params=parameters, headers=self._headers())

    def post(self, path: str, **document: Any) -> httpx.Response:
        return self.request("POST", path, **document)

    def request(self, method: str, path: str, **document: Any) -> httpx.Response:
        headers = self._headers() | {"x-csrf-token": self.csrf}
        return self.browser.request(method, path, json=document, headers=headers)

    def _headers(self) -> dict[str, str]:
        return {"x-tracehouse-workspace": self.workspace} if self.workspace else {}
