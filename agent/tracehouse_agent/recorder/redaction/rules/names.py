r"""Values that only their names tell: in source code, settings, environments, XML and prose.

What is named so mostly is no secret: it is code that handles one, a type, a message, an example.
Each of the patterns below says what a value is not, or what a name is not about.
"""

from __future__ import annotations

from typing import Final

from tracehouse_agent.recorder.redaction.rules.rule import END, IS, IS_TYPED, Proof, Rule, quoted

_PHRASE = r"(?:passwo?r?d|passphrase|pwd|passwort)"
_SHORT = r"(?:\b|[a-z0-9]_|-|[a-z](?-i:P))pass"
_KEY = (
    r"(?:api|secret|access|private|encryption|signing|account|auth|master|shared|pre-?shared"
    r"|license|deploy|service|storage|webhook|session|client)[ _.-]?key"
)
_OTHER = (
    r"client[_.-]?secret|token|secret|credentials?|creds|webhook[_.-]?url|connection[_.-]?string"
    r"|[a-z]_pat\b|user_auth|mnemonic|seed[_ ]phrase"
)
NAMED_LIKE_ONE: Final = rf"(?:{_PHRASE}|{_SHORT}|{_KEY}|{_OTHER})"
_NAMED = rf"(?i)(?:{_PHRASE}|{_KEY}|{_OTHER})[\w-]{{0,20}}"
_KEYWORDS = ("key", "token", "secret", "passwd", "password", "passphrase", "pwd", "credential",
             "creds", "webhook", "connection", "_pat=", "_pat ", "_pat:", "_pat\"", "user_auth", "mnemonic")  # fmt: skip

RULES: Final[tuple[Rule, ...]] = (
    Rule("password",
         ("passwd", "password", "passphrase", "pwd", "pass\"", "pass'", "pass:", "pass=", "pass =",
          "pass]"),
         rf"(?i)(?:{_PHRASE}[\w-]{{0,20}}|{_SHORT}){IS_TYPED}{quoted(6)}", 2.3, "quoted"),
    Rule("password-word", ("passwd", "password", "passphrase", "pwd"),
         rf"""(?i){_PHRASE}[\w-]{{0,20}}(?:{IS}\\{{0,3}}["']((?-i:[a-z]{{8,}}))\\{{0,3}}["']"""
         r"""|[ \t]{1,3}\\{0,3}["']([^\s"'\\]{6,})\\{0,3}["'])""", 2.0, "place"),
    Rule("named-secret", _KEYWORDS, rf"{_NAMED}{IS_TYPED}{quoted(8)}", 3.0, "quoted"),
    Rule("named-argument",
         tuple(name + end for name in ("key", "token", "secret", "password") for end in ('",', "',", '\\",')),
         rf"""(?i)(?:{_PHRASE}|{_KEY}|token|secret)\\{{0,3}}["'],[ \t]{{0,3}}{quoted(8)}""", 3.0, "bare"),
    Rule("named-element",
         ("key>", "token>", "secret>", "password>", "passwd>", "pass>", "pwd>", "credentials>", "value="),
         rf"""(?i)<[\w.:-]{{0,40}}{NAMED_LIKE_ONE}[\w.:-]{{0,20}}>\s{{0,20}}([^\s<>]{{6,}})\s{{0,20}}</"""
         rf"""|(?:key|name)=\\?["'][\w.:-]{{0,40}}{NAMED_LIKE_ONE}[\w.:-]{{0,20}}\\?["']\s{{1,20}}value="""
         rf"""\\?["']([^\s"'<>\\]{{6,}})""", 2.5, "quoted"),
    Rule("environment", ("key=", "token=", "secret=", "passwd=", "password=", "passphrase=", "pwd=", "pass=",
                         "credentials=", "_pat="),
         r"""(?:^|\\n|[\s;"'(])(?:[A-Z][A-Z0-9]{0,30}_){0,6}"""
         r"(?:[A-Z]*PASSWO?R?D|PASS|PASSPHRASE|PWD|[A-Z]*KEY|[A-Z]*TOKEN|[A-Z]*SECRET|PAT|CREDENTIALS?)"
         r"""=([^\s"'`\\<>;,]{6,})(?:[\s\\"';,]|$)""", 2.5, "quoted"),
    Rule("environment-password", ("passwd=", "password=", "passphrase=", "pwd=", "pass="),
         r"""(?:^|\\n|[\s;"'(])(?:[A-Z][A-Z0-9]{0,30}_){0,6}(?:[A-Z]*PASSWO?R?D|PASS|PASSPHRASE|PWD)="""
         r"""([^\s"'`\\<>;,(){}\[\]]{6,})(?:[\s\\"';,]|$)""", 2.0, "place"),
    Rule("named-secret-bare", _KEYWORDS,
         rf"{_NAMED}{IS}([\w+/.~!@#$%^*?=-]{{10,}}){END}", 3.0, "bare"),
    Rule("password-bare", ("passwd:", "passwd=", "password:", "password=", "password =", "password :",
                           "passphrase", "pwd=", "pwd:", "_pass:", "_pass="),
         rf"(?i)(?:{_PHRASE}|{_SHORT}){IS}([\w+/.~!@#$%^&*?=-]{{6,}}){END}", 2.5, "bare"),
    Rule("named-key", ("key",),
         rf"""(?i)[a-z0-9][_.-]key{IS}\\{{0,3}}["'`]?([\w+/=-]{{15,}}){END}""", 3.3, "bare"),
    Rule("told-password", ("password is", "password for", "passphrase is", "password was",
                           "token is", "key is", "secret is"),
         r"""(?i)(?:password|passphrase)(?: for (?:the )?(?:user )?["'`]?[\w.@-]{1,40}["'`]?)? (?:is|was):? ?"""
         r"""\\?["'`]([^\s"'`\\]{4,})\\?["'`]""", 2.3, "place"),
    Rule("told-secret", ("password is", "password for", "passphrase is", "password was",
                         "token is", "key is", "secret is"),
         r"""(?i)(?:password|passphrase|token|key|secret) (?:is|was):? ?([^\s"'`]{8,})(?:["'`\s]|$)""", 2.7, "bare"),
)  # fmt: skip

# What stands for a secret: variables, templates, examples.
_STANDS_FOR_ONE = (
    r"\[REDACTED:.*|'?(?:\$\w+)+'?|\$\{?\w+\}?/.*|\$?\{[^{}]*\}|\$?\{\{[^{}]*\}?\}?|\$\(.*|\$\{.*|\$\[.*|%\w*%?|%\(?\w+\)?[sd]|<.*|[\w ]*>|\[[^\]]*\]|&lt;.*|\(\w{0,12}\)?"
    r"|#\{.*|@\w+@|\$_[A-Z]+\W.*|.*\$?\{[a-zA-Z_][\w.()]{2,}\}.*|.*\$\{\w+\}.*|.*\.\$\w+"
    r"|(?i:true|false|null|none|nil|undefined|default|optional|required|string|change[_-]?(?:me|it)"
    r"|pass|pass(?:wd|wor?d)|pwd|secret|token|test|testing|key|user|username|admin|yyy+|options?|abc|foo|bar|baz)"
    r"|(?i:your[_-]?.*|my[_-].*|dummy.*|x{3,}.*|\*+.*|#+|\.{3}.*|.*\.{3}.*|.*…)"
    r"|(?i:.*(?:example|placeholder|your[_-]?(?:key|pass|token|secret|api)|_here|xxxx|redacted|\*\*\*\*|changeme|fake).*)"
)
# What a text is that is not a secret: words, paths, names of things.
_WORDS = (
    r"|/[\w./-]*|\.{0,2}/[\w./-]+|~/.*|[\w-]+(?:/[\w.-]+)+\.\w{1,5}|[a-z]+s?://[^:@]*|(?:urn|arn):.*"
    r"|[a-z_]+|[A-Z_]+|[a-z]+(?:[A-Z][a-z]+)+|(?:[A-Z][a-z]+)+|[#.,:/@_-]*[a-zA-Z]+(?:[-_./#:@]+[a-zA-Z]+)*[])}:.=,;]*"
    r"|[A-Z][A-Z0-9]{0,11}(?:[-_][A-Z0-9]{1,11})+|[\d.,:-]+|.*[({\[<]|[\w.]+\([^()]*\)?"
    r"|.*[^\x00-\x7f]{2}.*|[\w-]+\.[a-z]{2,4}|\w+(?:\.\w+)*\[.*|0123456789.*|.*[Aa][Bb][Cc][Dd][Ee][Ff][Gg].*"
)
# What code is: names, attributes, calls.
_CODE = (
    r"|.*[(){}].*|[a-zA-Z_.&*!?-]+|[&*!]?[a-zA-Z_]\w*(?:(?:\.|::|->|\?\.)[a-zA-Z_]\w*)+"
    r"|_*[a-z][a-z0-9]{0,14}(?:_[a-z0-9]{1,14})+|_*(?:[A-Z]+[a-z]{2,}\d{0,2}){2,}|_*[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+"
    r"|.*(?:Key|Token|Secret|Credentials?|Password|Auth)[A-Za-z]*\d?"
    r"|(?i:self|this|process|os|env|config|settings|req|request|args|options|params|props|ctx|data"
    r"|user|response|event|context)[.\[].*|.*-{2,}.*"
)
NO_SECRET: Final[dict[Proof, str]] = {
    "place": rf"^(?:{_STANDS_FOR_ONE})$",
    "quoted": rf"^(?:{_STANDS_FOR_ONE}{_WORDS})$",
    "bare": rf"^(?:{_STANDS_FOR_ONE}{_WORDS}{_CODE})$",
}
# Names with a secret's name in them that are about something else.
NO_SECRETS_NAME: Final = (
    r"(?i)(?:^|[^a-z])(?:(?:public|pub|primary|foreign|sort|partition|bucket|schema|sequence|cache|idempotency"
    r"|natural|idx|group|row|object|s3|issuer)[_.-]?key"
    r"|(?:next|page|continuation|sync|csrf|xsrf|pad|eos|bos|unk|sep|mask|special|start|end|stop|public|cancel\w*)"
    r"[_.-]?(?:page[_.-]?)?token)"
    r"|key[_.-]?(?:word|board|code|frame|mesh|press|ring|size|up|down|pair)(?:s|ed)?\b|key[_.-]?vault"
    r"|(?:token|secret|password|passwd|pwd|key|credentials?)s?[_.-]?(?:types?|ur[il]|endpoint|counts?|counter|names?"
    r"|ids?|length|len|size|fields?|labels?|hint|policy|p[or][se]t?fix|file|path|dir|ref|header|param|cls|class|format"
    r"|regex|pattern|limit|version|index|sources?|provider|issuer|store\w*|help|algorithm|alg|method|mode|status"
    r"|manager|audience|scopes?)\b|tokeni[sz]|keying"
)
