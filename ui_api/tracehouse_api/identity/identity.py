"""Everything about accounts, on one metadata database."""

from __future__ import annotations

from tracehouse_api.identity.accounts import Accounts
from tracehouse_api.identity.anonymous import AnonymousSessions
from tracehouse_api.identity.api_keys import ApiKeys
from tracehouse_api.identity.audit import AuditLog
from tracehouse_api.identity.one_time import OneTimeTokens
from tracehouse_api.identity.sessions import Sessions
from tracehouse_api.identity.share_links import ShareLinks
from tracehouse_api.identity.throttle import Throttle
from tracehouse_api.identity.workspaces import Workspaces
from tracehouse_api.meta.database import Meta

_HOUR = 3600.0


class Identity:
    """Accounts, workspaces, and all that lets somebody in."""

    def __init__(self, meta: Meta, keys: ApiKeys) -> None:
        self.keys = keys
        self.accounts = Accounts(meta)
        self.workspaces = Workspaces(meta)
        self.sessions = Sessions(meta)
        self.one_time = OneTimeTokens(meta)
        self.share_links = ShareLinks(meta)
        self.anonymous = AnonymousSessions(meta, keys)
        self.audit = AuditLog(meta)
        # A person mistypes a few times; a script is slowed down, for the account it tries and for
        # the address it comes from.
        self.account_tries = Throttle(10, _HOUR / 4)
        self.address_tries = Throttle(50, _HOUR / 4)
        self.anonymous_begins = Throttle(60, _HOUR)
