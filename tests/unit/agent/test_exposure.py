"""Whether a server may be reached from other machines."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracehouse_agent.exposure import is_loopback, refuse_open_doors
from tracehouse_api.identity.accounts import Accounts
from tracehouse_api.meta.database import Meta
from tracehouse_collector.settings import ServerSettings


@pytest.fixture
def accounts(tmp_path: Path) -> Accounts:
    made = Accounts(Meta("", tmp_path / "meta.db"))
    made.ensure_owner()
    return made


def settings(host: str, **more: str) -> ServerSettings:
    return ServerSettings(host=host, **more)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_this_machine_may_always(accounts: Accounts, host: str) -> None:
    assert is_loopback(host)
    refuse_open_doors(settings(host), accounts)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "example.com"])
def test_others_may_not_while_nobody_has_a_password(accounts: Accounts, host: str) -> None:
    with pytest.raises(ValueError, match=rf"{host}.*tracehouse password.*--tls-certificate"):
        refuse_open_doors(settings(host), accounts)


def test_others_may_with_tls(accounts: Accounts) -> None:
    refuse_open_doors(settings("0.0.0.0", tls_certificate="c", tls_key="k"), accounts)


def test_others_may_with_a_password_and_the_log_says_what_that_means(
    accounts: Accounts, caplog: pytest.LogCaptureFixture
) -> None:
    accounts.set_password(accounts.ensure_owner(), "correct horse")
    refuse_open_doors(settings("0.0.0.0"), accounts)
    assert "in the clear" in caplog.text
