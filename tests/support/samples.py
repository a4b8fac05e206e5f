"""Texts that a rule of redaction finds, made when asked for: no secret stands in a file."""

from __future__ import annotations

import re._constants as constants
import re._parser as parser
import string
from random import Random
from typing import Any

from tracehouse_agent.recorder.redaction.rules import Rule

_WORD = string.ascii_letters + string.digits
_CATEGORIES = {
    constants.CATEGORY_WORD: _WORD,
    constants.CATEGORY_DIGIT: string.digits,
    constants.CATEGORY_SPACE: " ",
    constants.CATEGORY_NOT_WORD: " ",
}
_MORE = 6


# How the secrets are written that are told by their place, rather than by their form.
_WRITTEN = {
    "kubernetes-secret": "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\ndata:\n  one: {}\n",
    "netrc-password": "machine api.host.io login jane password {}",
    "docker-auth": '{{"auths": {{"registry.io": {{"auth": "{}"}}}}}}',
    "url-token": "https://host.io/path?page=2&access_token={}",
    "authorization": "X-Api-Key: {}",
    "bearer": "bearer {}",
    "token-header": 'wget -H "Private-Token: {}" host.io',
    "cookie": "Cookie: session={}",
    "modal-token": "modal token set --token-id ak-{:.22}",
    "aws-key-pair": "AKIA{0:.0}234567ABCDEFGHIJ, {0:.40}",
    "yandex-static-key": "yandex: YCA{:.37}",
    "vault-legacy-token": "s.{:.24}",
    "npm-auth": "//registry.host.io/:_auth = {}",
    "live-key": "live_{}",
    "password-in-command": "deploy --db-password {} --dry-run",
    "curl-user": "curl -s https://host.io \\\n  -u jane:{}",
    "login-command": "docker login -u jane -p {}",
    "mysql-password": "mysql -u root -p{} shop",
    "login-call": 'HTTPBasicAuth("jane", "{}")',
    "sql-password": "CREATE USER jane IDENTIFIED BY '{}'",
    "kubeadm-token": "kubeadm join --token abcdef.{:.16}",
    "password": 'config["password"] = "{}"',
    "password-word": "credentials {{\n  username 'jane'\n  password '{}'\n}}",
    "named-secret": 'const client_secret: string = "{}"',
    "named-argument": 'os.getenv("API_KEY", "{}")',
    "named-element": '<add key="DbPassword" value="{}" />',
    "environment-password": "POSTGRES_PASSWORD={}",
    "environment": "export STRIPE_API_KEY={}",
    "named-secret-bare": "refresh_token: {}",
    "password-bare": "password: {}",
    "truenas-key": '{{"method": "auth.login_with_api_key", "params": ["8-{0:.32}{0:.32}"]}}',
    "named-key": "algolia-key: {}",
    "told-password": "the password for jane is '{}'",
    "told-secret": "my password is {}",
}  # fmt: skip


def planted(rule: Rule, random: Random) -> tuple[str, str]:
    """(a text with a secret that the rule is for, the secret)."""
    if rule.name not in _WRITTEN:
        return sample(rule.pattern, random)
    # Digits among the letters, early: else it could be a word, however much of it is written.
    value = "q7" + "".join(random.choice("bcdfghjkmnpqrstvwxz2345679") for _ in range(43))
    text = _WRITTEN[rule.name].format(value)
    return text, next(value[:size] for size in range(len(value), 0, -1) if value[:size] in text)


def sample(pattern: str, random: Random) -> tuple[str, str]:
    """(a text that matches, the group that took part or all of it)."""
    groups: dict[int, str] = {}
    text = _of(parser.parse(pattern.replace(r"\z", r"\Z")), random, groups)
    return text, next(iter(groups.values()), text)


def _of(nodes: Any, random: Random, groups: dict[int, str]) -> str:
    return "".join(_one(kind, value, random, groups) for kind, value in nodes)


def _one(kind: Any, value: Any, random: Random, groups: dict[int, str]) -> str:
    match kind:
        case constants.LITERAL:
            return chr(value)
        case constants.NOT_LITERAL | constants.ANY:
            return random.choice(_WORD)
        case constants.IN:
            return random.choice(_letters(value))
        case constants.BRANCH:
            return _of(random.choice(value[1]), random, groups)
        case constants.MAX_REPEAT | constants.MIN_REPEAT:
            least, most, inner = value
            # What may be there need not; what may be long is a little longer than it must be.
            times = least if least == 0 and most < 60 else min(least + _MORE, int(most))
            return "".join(_of(inner, random, groups) for _ in range(times))
        case constants.SUBPATTERN:
            number, _, _, inner = value
            text = _of(inner, random, groups)
            if number:
                groups[number] = text
            return text
        case _:
            return ""


def _letters(choices: Any) -> str:
    found = ""
    for kind, value in choices:
        match kind:
            case constants.NEGATE:
                return _WORD
            case constants.LITERAL:
                found += chr(value)
            case constants.RANGE:
                found += "".join(map(chr, range(value[0], value[1] + 1)))
            case _:
                found += _CATEGORIES[value]
    # Letters rather than signs, where both may be: signs end some tokens.
    return "".join(letter for letter in found if letter in _WORD) or found
