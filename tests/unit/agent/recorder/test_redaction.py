"""What is taken out, what is left in, and that nothing gets past."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from tests.support.samples import planted, sample
from tracehouse_agent.recorder.redaction import Options, Redactor
from tracehouse_agent.recorder.redaction.placeholders import read_salt
from tracehouse_agent.recorder.redaction.redactor import WITHHELD, withheld
from tracehouse_agent.recorder.redaction.rules import RULES, Rule

HOME = Path("/home/marlene")
REDACTOR = Redactor(b"salt", Options(home=HOME, user="marlene", ips=True))


def clean(text: str) -> str:
    return REDACTOR.redact({"text": text})["text"]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_finds_what_it_is_for(rule: Rule) -> None:
    random = Random(rule.name)
    for _ in range(8):
        text, secret = planted(rule, random)
        row = {
            "content": [{"type": "text", "text": f"I ran it with\n{text}\nand it worked"}],
            "input": {"command": f"echo '{text}'", f"x {text} ": 1},
            "gitBranch": f"fix {text} now",
        }
        redacted = json.dumps(REDACTOR.redact(row), ensure_ascii=False)
        assert secret not in redacted, (text, redacted)
        assert "[REDACTED:" in redacted


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("write to jane.doe@corp.io", "email"),
        ("call +49 170 1234567 or (555) 123-4567", "phone"),
        ("Tel. 030 901820", "phone"),
        ("phone: 4155550132", "phone"),
        ("mailto:jane.doe@corp.io", "email"),
        ("https://host.io/?to=jane.doe%40corp.io", "email"),
        ("Diners 30569309025904", "card"),
        ("card 4111 1111 1111 1111, exp 12/30", "card"),
        ("amex 378282246310005", "card"),
        ("IBAN DE89 3704 0044 0532 0130 00", "iban"),
        ("GB82WEST12345698765432", "iban"),
        ("from 8.8.8.8 to 2001:4860:4860::8888", "ip"),
        ("/home/bob/notes and C:\\Users\\Alice\\x", "user"),
    ],
)
def test_personal_data(text: str, expected: str) -> None:
    assert f"[REDACTED:{expected}:" in clean(text)


def test_places_of_one_s_own() -> None:
    assert clean("/home/marlene/src/shop and marlene@host") == "~/src/shop and " + clean(
        "marlene@host"
    )
    assert clean("/home/marlene2/x").startswith("/home/[REDACTED:user:")
    assert "marlene" not in clean("hello marlene, in /tmp/marlene-1")


@pytest.mark.parametrize(
    "text",
    [
        "8bb7449d-b1b8-4cbb-8cff-2bf5372eb562",
        "toolu_01A09q90qw90lq917835lq9 msg_01XFDUDYJgAACzvnptvVoYEL req_011CSHoEeqs5C35K2UUqR7Fy",
        "call_abcDEF123456 rs_0a1b2c3d4e5f60718293a4b5c6d7e8f9 resp_68af4030592c81938ec0a5fba",
        "commit 3f786850e387550fdab836ed7e6dc881de23001b",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "const token = await getToken(user.id)",
        'api_key = os.environ["API_KEY"]',
        "password: str = Field(min_length=8)",
        "export API_KEY=$(pass show key)",
        "token_count = max_tokens - used_tokens",
        "key: primary_key, secret: ${{ secrets.GITHUB_TOKEN }}",
        "Authorization: Bearer $TOKEN",
        "git@github.com:org/repo.git noreply@anthropic.com someone@example.com",
        "@pytest.fixture def x(): ... package@1.2.3 import a from '@scope/pkg'",
        "+12345678 lines, -1234567 lines\n+        return 5551234567890",
        "2026-11-21T17:53:41.123456Z 1772355601000000000 1.234.567,89",
        "version 1.2.3.4 on 127.0.0.1:4318, 192.168.1.4 and ::1",
        "1234567890123456 4111111111111112",
        "see src/components/password_reset/TokenKeyring.tsx",
        "the secret of a good key is the password policy",
        "https://user@host/path?page=2&sort=created_at",
        "tokenizer = AutoTokenizer.from_pretrained('bert-base-uncased')",
        'authorization = request.headers.get("Authorization")',
        'headers={"x-api-key": self.key, "Authorization": f"Bearer {token}"}',
        "token_counter: _TokenCounter | None = None",
        'GRANT_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:jwt2"',
        'defaultToken:"",tokenPostfix:".kt",cases:{"@keywords":{token:"keyword.$0"}}',
        "self._client_auth = OAuth2Client(self.query) and block._token",
        'public_key = "aB3dE5fG7hJ9kL1mN3pQ5rS7tV9wX1yZ3bC5dF7gH9k"',
        "credentialsId: '0d1c2b3a-4f5e-4a6b-8c7d-9e8f7a6b5c4d'",
        'curl -u "$USER:$PASSWORD" -H "Authorization: Bearer <token>" https://host.io',
        "postgresql://user:password@host:port/database",
        "kind: Secret\nmetadata:\n  name: a\ndata:\n  one: {{ .Values.one }}\n",
        'xt = ["a11y_accesskey", "a11y_aria_attributes2"]',
        '"pass": "値はすべて有効でした"',
        "-----BEGIN CERTIFICATE-----",
        "data: image/png;base64",
    ],
)
def test_what_only_looks_alike_is_left_in(text: str) -> None:
    assert clean(text) == text


def test_the_same_secret_has_the_same_mark_and_another_another() -> None:
    random = Random(1)
    one, two = (sample(r"ghp_[A-Za-z0-9]{36}", random)[0] for _ in range(2))
    marks = [clean(f"{secret} {place}") for secret in (one, one, two) for place in ("a",)]
    assert marks[0] == marks[1] != marks[2]
    assert Redactor(b"another salt").text(one) != Redactor(b"salt").text(one)


def test_what_was_taken_out_once_is_not_touched_again() -> None:
    text = f'password = "{sample("[A-Za-z0-9]{20}", Random(2))[0]}" /home/bob +49 170 1234567'
    once = clean(text)
    assert clean(once) == once


def test_fields_that_are_named_like_secrets() -> None:
    value = sample("[a-z0-9]{16}", Random(3))[0]
    found = REDACTOR.redact({"db": {"dbPassword": value, "max_tokens": 4096, "token": "function"}})
    assert found["db"]["dbPassword"].startswith("[REDACTED:named-field:")
    assert found["db"]["token"] == "function"
    assert found["db"]["max_tokens"] == 4096
    assert REDACTOR.redact({"next_page_token": value, "password\ud800": value})[
        "next_page_token"
    ] == value  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "DB_PASSWORD={} # of the shop",
        'password = "{}"',
        "curl -s https://host.io \\\n  -H 'Authorization: Token {}'",
        "postgresql://jane:{}@host/shop",
        "mongodb+srv://jane:pa@{}@cluster.mongodb.net/shop",
        "Server=db.host.io;Database=shop;User ID=jane;Password={};",
        "host=db user=jane password={} dbname=shop",
        "CREATE ROLE jane WITH LOGIN PASSWORD '{}'",
        'requests.get(url, auth=("jane", "{}"))',
        "db.host.io:5432:shop:jane:{}",
        "<password>{}</password>",
        '{"headers": {"Authorization": "Basic {}"}}',
    ],
)
def test_a_password_is_found_by_its_place(text: str) -> None:
    secret = "q7" + sample("[a-z2-9]{14}", Random(5))[0]
    said = text.replace("{}", secret)
    for written in (said, json.dumps(said)):
        assert secret not in clean(written), written


def test_a_value_that_is_none_hides_no_secret_behind_it() -> None:
    secret = sample("[a-z0-9]{20}", Random(6))[0]
    assert secret not in clean(f"?token_type=bearer&access_token={secret}")
    assert secret not in clean(f"backend_token = '{secret}7'")
    assert secret not in clean(f"token_type: my_type, client_secret: '{secret}7'")


def test_a_private_key_that_was_cut_off() -> None:
    body = sample("[A-Za-z0-9+/]{64}", Random(4))[0]
    assert body not in clean(f"-----BEGIN OPENSSH PRIVATE KEY-----\n{body}\n{body}")
    kept = clean(
        f"-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----\nand then"
    )
    assert kept.endswith("\nand then")


def test_rules_and_exceptions_of_one_s_own() -> None:
    options = Options(rules=(("ticket", r"TICKET-\d+"),), allow=(r"support@corp\.io",), emails=True)
    redactor = Redactor(b"salt", options)
    found = redactor.redact(["TICKET-4711", "support@corp.io", "jane@corp.io"])
    assert found[0].startswith("[REDACTED:ticket:")
    assert found[1] == "support@corp.io"
    assert found[2].startswith("[REDACTED:email:")
    with pytest.raises(ValueError, match="no RE2 pattern"):
        Redactor(b"salt", Options(rules=(("x", "(?<=a)b"),)))


def test_switches() -> None:
    text = "jane@corp.io 8.8.8.8"
    assert Redactor(b"", Options(emails=False)).text(text) == text


def test_counts_are_of_rules_and_never_of_values() -> None:
    redactor = Redactor(b"salt")
    redactor.redact({"a": "jane@corp.io", "b": ["bob@corp.io"]})
    assert redactor.counts == Counter(email=2)


def test_nothing_found_is_the_same_object() -> None:
    row = {"type": "user", "message": {"content": "Hello"}}
    assert REDACTOR.redact(row) is row


def test_odd_texts() -> None:
    for text in ("\ud800 lone", "\x00", "é" * 1000, "", "password=" + "\ud800" * 20):
        clean(text)


def test_what_is_withheld_keeps_structure_and_nothing_else() -> None:
    row = {"type": "user", "uuid": "u-1", "my secret": "x", "message": {"content": ["s3cret", 5]}}
    assert withheld(row) == {
        "type": "user", "uuid": "u-1", WITHHELD: WITHHELD, "message": {"content": [WITHHELD, 5]}
    }  # fmt: skip


def test_the_salt_is_this_machine_s_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "state/salt"
    salt = read_salt(path)
    assert read_salt(path) == salt
    assert len(salt) == 32
    assert path.stat().st_mode & 0o777 == 0o600
