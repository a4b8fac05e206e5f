"""Secrets in commands, statements, connection strings and calls that log in."""

from __future__ import annotations

from typing import Final

from tracehouse_agent.recorder.redaction.rules.rule import Rule

# A command's words, over lines that end in a backslash.
_WORDS = r"(?:[^\n\\]|\\[^\n]|\\\n)*?"
_GIVEN = r"""["']?([^\s"'`;|]{4,})"""

RULES: Final[tuple[Rule, ...]] = (
    Rule("password-in-command", ("-passw", "-token", "-secret", "-api-key", "-apikey", "-passphrase", "-access-key",
                                 "-secret-key", "-pass ", "-pass="),
         r"(?i)(?:^|[\s\"'=`]|\\[nrt])--?(?:[a-z0-9]{1,20}[-_]){0,3}(?:password|passwd|passphrase|pass|token|secret"
         rf"|api-?key|(?:access|secret|auth|account|private)-?key)(?:[= ]|\\?[\"'],\s?\\?[\"']){_GIVEN}",
         2.3, "bare"),
    Rule("curl-user", ("curl", "wget", "http "),
         rf"""\b(?:curl|wget|http)\s{_WORDS}(?:-u|--user|--proxy-user|-U)(?:=|\s{{0,5}})\\{{0,3}}["']?[^\s:"']*["']?:["']?"""
         r"""\{?([^\s"'{}]{3,})""", 0.0, "place"),
    Rule("curl-user-alone", ("curl",), rf"""\bcurl\s{_WORDS}(?:-u|--user)[= ]\\{{0,3}}["']([^\s:"'$\\]{{8,}}):\\{{0,3}}["']""", 2.5, "place"),
    Rule("login-command", (" -u ", " --username ", " -user "),
         rf"""(?i)\s(?:-u|--?user(?:name)?)[= ]\S+\s(?:[^\n]{{0,40}}?\s)?(?:-p|--?password)[= ]{_GIVEN}""",
         0.0, "place"),
    Rule("mysql-password", ("mysql", "mariadb", "sshpass"),
         r"""(?:mysql\w*|mariadb\w*|sshpass)(?:\s[^\n|;]*?)? -p["']?([^\s"'$-][^\s"']{5,})""", 2.0, "quoted"),
    Rule("login-call", ("credential(", "credentials(", "auth(", "auth =", "auth=", "authentication(", "directoryentry("),
         r"""(?i)(?:NetworkCredential|PasswordCredentials?|PasswordAuthentication|BasicAuth|DigestAuth"""
         r"""|DirectoryEntry\s?\(\s{0,40}\\?["'][^"'\n]+["'],|\bauth\s?=\s?)\s{0,3}\(?"""
         r"""\s{0,40}\\?["'][^"'\n]+["']\s{0,3},(?:\s|\\n){0,40}\\?["']([^"'\s\\]{4,})\\?["']\s{0,5}[,)]""", 2.0, "place"),
    Rule("connection-string", ("password=", "pwd=", "password =", "pwd ="),
         r"""(?i)(?:user(?: ?id|name)?|uid|server|data source|initial catalog|database|host|port)\s?=\s?[^;"'\n]+;"""
         r"""(?:[^\n]*?[;\s"])??\s?(?:password|pwd)\s?=\s?([^;"'\s]{4,})(?:[;"'\s]|$)""", 0.0, "place"),
    Rule("connection-words", ("password=",),
         r"""\b(?:host|user|dbname|port)=[^\s'"]+ (?:\w+=[^\s'"]+ )*password=([^\s'"]{4,})""",
         0.0, "place"),
    Rule("sql-password", ("identified", "password '", "password='", "password = '"),
         r"(?i)\bidentified(?: with \w+)? by(?: password)?\s{1,5}'([^'\n]{4,})'"
         r"|\b(?:user|role|login)\b[^;\n]*\bpassword\s?=?\s?'([^'\n]{4,})'", 0.0, "place"),
    Rule("wireguard-key", ("presharedkey", "privatekey"), r"(?:Preshared|Private)Key\s?=\s?([A-Za-z0-9+/]{43}=?)"),
    Rule("ethereum-private-key", ("private", "mnemonic"),
         r"""(?i)private[\w.-]{0,20}["'`]?[ \t]{0,5}[:=]{1,2}[ \t]{0,5}["'`\\]*((?:0x)?[0-9a-f]{64})\b"""),
    Rule("kubeadm-token", ("kubeadm",), r"\b([a-z0-9]{6}\.[a-z0-9]{16})\b"),
)  # fmt: skip
