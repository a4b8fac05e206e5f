"""Secrets that are files, or parts of files that other programs read."""

from __future__ import annotations

from typing import Final

from tracehouse_agent.recorder.redaction.rules.rule import Rule

_KIND = r"""[ \t]*kind:[ \t]*["']?[Ss]ecret\b["']?[ \t]*"""
_BREAK = r"(?:\n|\\n)"  # written as two characters in a text that is JSON
_LINES = rf"(?:[\w \t#][^\n\\]*{_BREAK}){{0,40}}?"  # of the same document: `---` begins another
_BASE64 = r"""[A-Za-z0-9+/]{4,}={0,2}"""
# Lines of `key: base64`; the value may begin in the line below. No other line is one.
_DATA = (
    rf"[ \t]*data:[ \t]*{_BREAK}("
    rf"""(?:[ \t]+(?:#[^\n\\]*|[\w.-]+:[ \t]*(?:["']?{_BASE64}["']?|[|>]-?)|{_BASE64})[ \t]*(?:{_BREAK}|$)){{1,40}})"""
)
RULES: Final[tuple[Rule, ...]] = (
    Rule("private-key", ("-----begin",),
         r"-----BEGIN[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
         r"(?:(?s:.*?)-----END[A-Z0-9 ]{0,40}-----|[A-Za-z0-9+/=\s\\:,.-]*)"),
    Rule("private-key-base64", ("ls0tls1crudjti",),
         r"\bLS0tLS1CRUdJTi[A-Za-z0-9+/]{0,30}?(?:UFJJVkFURSBLRVkt|BSSVZBVEUgS0VZL|QUklWQVRFIEtFWS)[A-Za-z0-9+/=]*"),
    Rule("putty-key", ("putty-user-key-file",),
         r"PuTTY-User-Key-File-\d(?s:.*?)(?:Private-MAC: [0-9a-f]+|\z)"),
    Rule("age-key", ("age-secret-key-",), r"AGE-SECRET-KEY-1[0-9A-Z]{58}"),
    Rule("password-hash", (),
         r"\$(?:[15679y]|8)\$(?:rounds=\d+\$)?[\w./=,]{1,40}\$[\w./]{22,}|\$2[abxy]\$\d\d\$[\w./]{53}"
         r"|\$argon2(?:id|i|d)\$[\w$=,+/]{30,}|\bpbkdf2_sha\d+\$\d+\$\w+\$[\w+/]{28,}={0,2}"),
    Rule("kubernetes-secret", ("kind: secret", "kind: 'secret", 'kind: "secret'),
         rf"{_KIND}{_BREAK}{_LINES}{_DATA}|(?:^|{_BREAK}){_DATA}{_LINES}{_KIND}"),
    Rule("netrc-password", ("machine ", "default "),
         r"(?:\bmachine\s+\S+|\bdefault)\s+login\s+\S+\s+password\s+(\S{4,})", 0.0, "place"),
    Rule("pgpass-password", (":5432:", ":*:"),
         r"(?:^|\\n|[\s\"'])[\w.*-]+:(?:5432|\*):[\w*-]+:[\w*-]+:([^\s:\"']{4,})", 0.0, "place"),
    Rule("docker-auth", ('"auth', '\\"auth'),
         r"""\\{0,3}"(?:auth|identitytoken|registrytoken)\\{0,3}"\s{0,3}:\s{0,3}\\{0,3}"([\w+/.-]{16,}={0,2})\\{0,3}\"""",
         3.0, "bare"),
)  # fmt: skip
