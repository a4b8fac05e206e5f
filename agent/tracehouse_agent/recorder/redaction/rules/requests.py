"""Secrets that travel in requests: headers, cookies, URLs and tokens that are signed texts."""

from __future__ import annotations

from typing import Final

from tracehouse_agent.recorder.redaction.rules.rule import Rule

_VALUE = r"[\w.~+/=@*-]"
_SCHEME = r"(?:basic|bearer|(?:api-?)?token|digest|negotiate|apikey|key|ssws)"
_HEADER = r"(?:proxy-)?authorization|x-(?:[\w-]{0,20}-)?(?:api-?key|auth-token|token|secret|apikey)|x-goog-api-key"

RULES: Final[tuple[Rule, ...]] = (
    Rule("jwt", ("eyj",), r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}(?:\.[\w-]{0,}|)"),
    Rule("jwe", ("eyj",), r"\beyJ[\w-]{16,}\.[\w-]{0,}\.[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}"),
    Rule("jwt-base64", ("zxlk",), r"\bZXlK[\w+/-]{50,}={0,2}"),
    Rule("paseto", ("v1.", "v2.", "v3.", "v4.", "k1.", "k2.", "k3.", "k4."),
         r"\bv[1-4]\.(?:public|local)\.[\w-]{15,}(?:\.[\w-]*)?|\bk[1-4]\.(?:local|secret)(?:-pw|-wrap)?\.[\w.-]{15,}"),
    Rule("url-credentials", ("://",),
         r"""[a-zA-Z][a-zA-Z0-9+.-]{1,20}://[^\s/:@"'`<>]*:([^\s/"'`<>]{3,})@[\w.\[%-]""", 0.0, "place"),
    Rule("url-password", ("password=", "passwd=", "pwd="),
         r"""(?i)[?&](?:password|passwd|pwd)=([^\s&"'`<>#]{4,})""", 0.0, "place"),
    Rule("url-token", ("token=", "key=", "secret=", "signature=", "sig=", "code="),
         r"(?i)[?&;#](?:[\w-]{0,30}token|[\w-]{0,20}api_?key|key|[\w-]{0,20}secret|signature|sig"
         r"|x-amz-signature|x-goog-signature|code)=([\w%.~+/=-]{12,})", 3.0, "bare"),
    Rule("authorization-scheme", ("authorization", "x-"),
         rf"""(?i)(?:{_HEADER})["'`\\\]]*\s{{0,3}}[:=,]\s{{0,3}}["'`\\]*{_SCHEME}[ ]{{1,2}}({_VALUE}{{6,}})""", 2.0, "place"),
    Rule("authorization", ("authorization", "x-"),
         rf"""(?i)(?:{_HEADER})["'`\\\]]*\s{{0,3}}[:=,]\s{{0,3}}["'`\\]*({_VALUE}{{8,}})(?:["'`\\\s,;]|$)""", 2.3, "bare"),
    Rule("bearer", ("bearer ",), r"(?i)\bbearer\s+([\w.~+/-]{16,}=*)", 3.3, "bare"),
    Rule("token-header", ("token:", "apikey:", "api-key:"),
         r"""(?i)(?:-H|--header)[ =]?\\?["'][\w-]{0,20}(?:token|api-?key):[ ]{0,3}([\w.~+/=-]{8,})""", 2.5, "bare"),
    Rule("cookie", ("cookie",),
         r"""(?i)\b(?:set-)?cookie["'`\\]*\s{0,3}[:=]\s{0,3}["'`\\]*"""
         r"""[^=\s;"']{1,80}=([^\s"'`\\]{12,}(?:; ?[^=\s;"']{1,80}=[^\s"'`\\;]+)*)""", 2.5, "bare"),
)  # fmt: skip
