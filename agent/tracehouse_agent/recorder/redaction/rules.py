r"""The forms of secrets.

Written for this project from what the issuers document of their keys. A rule is looked for only
where one of its keywords stands (in lower case, whatever the text has); without keywords, where
its form is rare enough to be looked for everywhere. The secret is the pattern's
first group, or all of it where there is none. `entropy` is the least, in bits a byte, that it must
have: the looser the form, the more it takes. Patterns are RE2's: no look-around, linear time.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Rule(NamedTuple):
    name: str
    keywords: tuple[str, ...]
    pattern: str
    entropy: float = 0.0


# What is named like a secret, in source code, configuration and environments.
NAMED_LIKE_ONE: Final = (
    r"(?:api[_.-]?key|apikey|secret[_.-]?key|access[_.-]?key|private[_.-]?key|encryption[_.-]?key"
    r"|signing[_.-]?key|client[_.-]?secret|auth[_.-]?token|access[_.-]?token|refresh[_.-]?token"
    r"|bearer[_.-]?token|session[_.-]?token|id[_.-]?token|token|secret|passwd|password|passphrase"
    r"|pwd|credentials?|auth[_.-]?key|webhook[_.-]?url|connection[_.-]?string|account[_.-]?key)"
)
_NAMED = rf"(?i){NAMED_LIKE_ONE}[\w-]{{0,20}}"
_IS = r"""["'`\\]*[ \t]{0,5}(?:=|:|:=|=>|==)[ \t]{0,5}"""
_HEX = r"[0-9a-fA-F]"


def _after(service: str, value: str) -> str:
    """A value whose form tells nothing, behind a name with the service in it."""
    return rf"""(?i){service}[\w.-]{{0,40}}{_IS}["'`\\]*({value})(?:["'`\\\s,;]|$)"""


RULES: Final[tuple[Rule, ...]] = (
    # Keys as files
    Rule("private-key", ("-----begin",),
         r"-----BEGIN[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
         r"(?:(?s:.*?)-----END[A-Z0-9 ]{0,40}-----|[A-Za-z0-9+/=\s\\:,.-]*)"),
    Rule("putty-key", ("putty-user-key-file",),
         r"PuTTY-User-Key-File-\d(?s:.*?)(?:Private-MAC: [0-9a-f]+|\z)"),
    Rule("age-key", ("age-secret-key-",), r"AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}"),
    # What travels in requests
    Rule("jwt", ("eyj",), r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}(?:\.[\w-]{0,}|)"),
    Rule("jwe", ("eyj",), r"\beyJ[\w-]{16,}\.[\w-]{0,}\.[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}"),
    Rule("url-credentials", ("://",),
         r"""[a-zA-Z][a-zA-Z0-9+.-]{1,20}://[^\s/:@"'`<>]{0,100}:([^\s/@"'`<>]{3,})@[\w.\[-]"""),
    Rule("url-token", ("token=", "key=", "secret=", "signature=", "sig=", "password=", "code="),
         r"(?i)[?&;](?:[\w-]{0,30}token|api_?key|key|client_secret|secret|signature|sig|password"
         r"|x-amz-signature|x-goog-signature|code)=([\w%.~+/=-]{12,})", 3.0),
    Rule("authorization", ("authorization", "x-api-key", "x-auth-token", "x-goog-api-key"),
         r"""(?i)(?:proxy-)?(?:authorization|x-api-key|x-auth-token|x-goog-api-key)["'`\\]*"""
         r"""\s{0,3}[:=,]\s{0,3}["'`\\]*(?:basic|bearer|token|digest|negotiate|apikey)?\s{0,2}"""
         r"""([\w.~+/=:-]{8,})""", 2.5),
    Rule("bearer", ("bearer ",), r"(?i)\bbearer\s+([\w.~+/-]{16,}=*)", 3.3),
    Rule("cookie", ("cookie",),
         r"""(?i)\b(?:set-)?cookie["'`\\]*\s{0,3}[:=]\s{0,3}["'`\\]*"""
         r"""[^=\s;"']{1,80}=([^\s"'`\\]{12,}(?:; ?[^=\s;"']{1,80}=[^\s"'`\\;]+)*)""", 2.5),
    # Models
    Rule("anthropic-key", ("sk-ant-",), r"\bsk-ant-[a-z]{2,12}\d{2}-[\w-]{60,}"),
    Rule("openai-key", ("sk-",),
         r"\bsk-(?:proj|svcacct|admin|None|service)-[\w-]{20,}|\bsk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}"),
    Rule("sk-key", ("sk-",), r"\bsk-(?:[a-z]{2,8}-)?(?:v\d-)?([A-Za-z0-9]{32,})", 3.5),
    Rule("hugging-face-token", ("hf_",), r"\bhf_[A-Za-z0-9]{30,}"),
    Rule("hugging-face-organization-token", ("api_org_",), r"\bapi_org_[A-Za-z0-9]{30,}"),
    Rule("replicate-token", ("r8_",), r"\br8_[A-Za-z0-9]{37,}"),
    Rule("groq-key", ("gsk_",), r"\bgsk_[A-Za-z0-9]{48,}"),
    Rule("xai-key", ("xai-",), r"\bxai-[A-Za-z0-9]{60,}"),
    Rule("perplexity-key", ("pplx-",), r"\bpplx-[A-Za-z0-9]{40,}"),
    Rule("openrouter-key", ("sk-or-",), r"\bsk-or-v\d-[0-9a-f]{48,}"),
    Rule("fireworks-key", (), r"\bfw_[A-Za-z0-9]{22,32}\b", 3.5),
    Rule("nvidia-key", ("nvapi-",), r"\bnvapi-[\w-]{40,}"),
    Rule("langsmith-key", ("lsv2_",), r"\blsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}"),
    Rule("langfuse-key", ("sk-lf-", "pk-lf-"), r"\b[sp]k-lf-[0-9a-f]{8}-[0-9a-f-]{27}"),
    Rule("wandb-key", ("wandb",), _after("wandb", r"[0-9a-f]{40}")),
    Rule("wandb-key-v1", ("wandb_v1_",), r"\bwandb_v1_[\w-]{40,}"),
    Rule("cohere-key", ("cohere", "co_api"), _after("(?:cohere|co_api)", r"[A-Za-z0-9]{40}"), 3.5),
    Rule("mistral-key", ("mistral",), _after("mistral", r"[A-Za-z0-9]{32}"), 3.5),
    Rule("deepseek-key", ("deepseek",), _after("deepseek", r"sk-[0-9a-f]{32}")),
    Rule("elevenlabs-key", (), r"\bsk_[0-9a-f]{48}\b"),
    Rule("tavily-key", ("tvly-",), r"\btvly-(?:dev-|prod-)?[A-Za-z0-9]{28,}"),
    Rule("pinecone-key", ("pcsk_",), r"\bpcsk_[A-Za-z0-9]{4,8}_[A-Za-z0-9]{50,}"),
    Rule("tracehouse-key", ("ba_", "anon_", "share_"), r"\b(?:ba|anon|share)_[0-9A-Za-z]{38}\b", 3.5),
    # Clouds
    Rule("aws-access-key", (),
         r"\b(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b", 2.5),
    Rule("aws-secret-key", ("aws", "secret"),
         rf"""(?i)(?:aws[\w.-]{{0,40}}|secret[_.-]?access[_.-]?key|secretaccesskey){_IS}"""
         r"""["'`\\]*([A-Za-z0-9/+]{40})(?:["'`\\\s,;]|$)""", 4.0),
    Rule("aws-session-token", ("sessiontoken", "session_token"),
         rf"""(?i)(?:aws_?session_?token|SessionToken){_IS}["'`\\]*([A-Za-z0-9/+=]{{100,}})"""),
    Rule("aws-bedrock-key", ("absk", "bedrock-api-key-"),
         r"\bABSK[A-Za-z0-9+/]{100,}={0,2}|\bbedrock-api-key-[A-Za-z0-9+/=]{50,}"),
    Rule("google-api-key", ("aiza",), r"\bAIza[\w-]{35}"),
    Rule("google-oauth-token", ("ya29.",), r"\bya29\.[\w-]{20,}"),
    Rule("google-oauth-secret", ("gocspx-",), r"\bGOCSPX-[\w-]{28}"),
    Rule("google-refresh-token", ("1//0",), r"\b1//0[\w-]{40,}"),
    Rule("azure-client-secret", (), r"""[\w~.-]{3}[78]Q~[\w~.-]{31,34}""", 3.0),
    Rule("azure-storage-key", ("accountkey",), r"(?i)AccountKey=([A-Za-z0-9+/]{86}==)"),
    Rule("azure-shared-access-key", ("sharedaccesskey",), r"(?i)SharedAccessKey=([A-Za-z0-9+/]{43}=)"),
    Rule("azure-devops-token", ("azdo", "devops"), _after("(?:azdo|devops)", r"[a-z2-7]{52}")),
    Rule("alibaba-access-key", ("ltai",), r"\bLTAI[A-Za-z0-9]{17,21}\b", 3.0),
    Rule("digitalocean-token", ("dop_v1_", "doo_v1_", "dor_v1_"), r"\bdo[opr]_v1_[0-9a-f]{64}"),
    Rule("flyio-token", ("fo1_", "fm1", "fm2_"), r"\bfo1_[\w-]{43}|\bfm(?:1[ar]|2)_[A-Za-z0-9+/=]{100,}"),
    Rule("heroku-key", ("heroku",),
         _after("heroku", r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")),
    Rule("heroku-key-v2", ("hrku-",), r"\bHRKU-AA[\w-]{58}"),
    Rule("cloudflare-token", ("cloudflare", "cf_api"), _after("(?:cloudflare|cf_api)", r"[\w-]{40}"), 3.5),
    Rule("cloudflare-global-key", ("cloudflare", "cf_"), _after("(?:cloudflare|cf_)", r"[0-9a-f]{37}")),
    Rule("cloudflare-origin-ca-key", ("v1.0-",), r"\bv1\.0-[0-9a-f]{24}-[0-9a-f]{146}"),
    Rule("vercel-token", ("vercel",), _after("vercel", r"[A-Za-z0-9]{24}"), 3.5),
    Rule("netlify-token", ("nfp_", "netlify"), r"\bnfp_[A-Za-z0-9]{36,}"),
    Rule("supabase-token", ("sbp_", "sb_secret_"), r"\bsbp_[0-9a-f]{40}|\bsb_secret_[\w-]{20,}"),
    Rule("planetscale-token", ("pscale_",), r"\bpscale_(?:tkn|pw|oauth)_[\w.=-]{32,}"),
    Rule("neon-key", ("napi_", "npg_"), r"\bnapi_[a-z0-9]{60,}|\bnpg_[A-Za-z0-9]{12,}"),
    Rule("databricks-token", (), r"\b(?:dapi|dose)[0-9a-f]{32}(?:-\d)?\b"),
    Rule("snowflake-token", ("ver:1-hint:",), r"\bver:1-hint:\d+-ETMs[\w+/=-]{40,}"),
    Rule("scaleway-key", ("scw",), _after("scw_secret", rf"{_HEX}{{8}}(?:-{_HEX}{{4}}){{3}}-{_HEX}{{12}}")),
    # Where code lives
    Rule("github-token", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"\bgh[pousr]_[A-Za-z0-9]{36,}"),
    Rule("github-fine-grained-token", ("github_pat_",), r"\bgithub_pat_\w{60,}"),
    Rule("gitlab-token",
         ("glpat-", "gldt-", "glrt-", "glptt-", "glcbt-", "glft-", "glsoat-", "glimt-", "glagent-",
          "gloas-", "glffct-", "glrtr-"),
         r"\bgl(?:pat|dt|rt|rtr|ptt|cbt|ft|soat|imt|agent|oas|ffct)-[\w.-]{20,}"),
    Rule("bitbucket-password", ("atbb", "atctt3"), r"\bATBB[A-Za-z0-9]{32}\b|\bATCTT3[\w=-]{100,}"),
    Rule("npm-token", ("npm_",), r"\bnpm_[A-Za-z0-9]{36}\b"),
    Rule("npm-auth", ("_authtoken", "_auth"), r"(?i):?_auth(?:Token)?\s{0,3}=\s{0,3}([\w+/=-]{16,})", 3.0),
    Rule("pypi-token", ("pypi-ageichlwas",), r"\bpypi-AgEIcHlwaS[\w-]{50,}"),
    Rule("rubygems-token", ("rubygems_",), r"\brubygems_[0-9a-f]{48}"),
    Rule("crates-token", (), r"\bcio[A-Za-z0-9]{32}\b", 3.5),
    Rule("docker-token", ("dckr_",), r"\bdckr_(?:pat|oat)_[\w-]{27,}"),
    Rule("jfrog-token", (), r"\bAKC[a-zA-Z0-9]{64,}\b|\bcmVmd[A-Za-z0-9]{59}\b"),
    Rule("clojars-token", ("clojars_",), r"\bCLOJARS_[a-z0-9]{60}"),
    Rule("terraform-token", (".atlasv1.",), r"\b[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,}"),
    Rule("vault-token", ("hvs.", "hvb.", "hvr."), r"\bhv[sbr]\.[\w-]{24,}"),
    Rule("pulumi-token", ("pul-",), r"\bpul-[0-9a-f]{40}\b"),
    Rule("circleci-token", ("ccipat_", "cciprj_"), r"\bCCIP(?:AT|RJ)_[A-Za-z0-9]{22}_[0-9a-f]{40}"),
    Rule("buildkite-token", ("bkua_",), r"\bbkua_[0-9a-f]{40}"),
    Rule("sonar-token", ("squ_", "sqp_", "sqa_"), r"\bsq[upa]_[0-9a-f]{40}\b"),
    Rule("sourcegraph-token", ("sgp_",), r"\bsgp_(?:[0-9a-f]{16}_|local_)?[0-9a-f]{40}\b"),
    Rule("snyk-token", ("snyk",),
         _after("snyk", r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")),
    Rule("doppler-token", (), r"\bdp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{40,}"),
    Rule("infisical-token", (), r"\bst\.[0-9a-f]{24}\.[0-9a-f]{32}\.[0-9a-f]{32}"),
    Rule("onepassword-token", ("ops_ey", "a3-"),
         r"\bops_eyJ[A-Za-z0-9+/]{100,}={0,3}|\bA3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})"
         r"-[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}"),
    # Services
    Rule("slack-token", ("xox",), r"\bxox[abeoprs](?:\.xox[bp])?-[\w-]{10,}"),
    Rule("slack-app-token", ("xapp-",), r"\bxapp-\d-[A-Z0-9]+-\d+-[a-z0-9]+"),
    Rule("slack-webhook", ("hooks.slack.com",),
         r"hooks\.slack\.com/(?:services|workflows|triggers)/([\w/+-]{30,})"),
    Rule("discord-webhook", ("/api/webhooks/",), r"discord(?:app)?\.com/api/webhooks/(\d{15,}/[\w-]{60,})"),
    Rule("discord-token", (), r"\b[MNO][A-Za-z\d]{23,26}\.[\w-]{6}\.[\w-]{27,38}", 4.0),
    Rule("telegram-token", (), r"\b\d{8,10}:AA[\w-]{33}\b"),
    Rule("teams-webhook", ("webhook.office.com",), r"webhook\.office\.com/(webhookb2/[\w@/-]{80,})"),
    Rule("stripe-key", ("sk_live_", "sk_test_", "rk_live_", "rk_test_", "sk_prod_", "rk_prod_"),
         r"\b[sr]k_(?:live|test|prod)_[A-Za-z0-9]{10,}"),
    Rule("stripe-webhook-secret", ("whsec_",), r"\bwhsec_[A-Za-z0-9+/=]{24,}"),
    Rule("square-token", ("eaaa", "sq0"), r"\bEAAA[\w-]{60}|\bsq0(?:atp|csp)-[\w-]{22,43}"),
    Rule("shopify-token", ("shpat_", "shpca_", "shppa_", "shpss_"), r"\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),
    Rule("twilio-key", (), r"\bSK[0-9a-f]{32}\b"),
    Rule("twilio-token", ("twilio",), _after("twilio", r"[0-9a-f]{32}")),
    Rule("sendgrid-key", (), r"\bSG\.[\w-]{16,32}\.[\w-]{16,64}"),
    Rule("mailgun-key", ("key-", "mailgun"), r"\bkey-[0-9a-f]{32}\b"),
    Rule("mailchimp-key", (), r"\b[0-9a-f]{32}-us\d{1,2}\b"),
    Rule("sendinblue-key", ("xkeysib-", "xsmtpsib-"), r"\bx(?:key|smtp)sib-[0-9a-f]{64}-[A-Za-z0-9]{16}"),
    Rule("postman-key", ("pmak-",), r"\bPMAK-[0-9a-f]{24}-[0-9a-f]{34}"),
    Rule("newrelic-key", ("nrak-", "nrii-", "nrjs-", "nral"),
         r"\bNR(?:AK|II|JS)-[A-Za-z0-9]{19,32}|\b[0-9a-f]{36}NRAL\b"),
    Rule("datadog-key", ("datadog", "dd_"), _after("(?:datadog|dd_(?:api|app))", r"[0-9a-f]{32}(?:[0-9a-f]{8})?")),
    Rule("grafana-token", ("glc_", "glsa_"), r"\bglc_[A-Za-z0-9+/]{32,}={0,3}|\bglsa_[A-Za-z0-9]{32}_[0-9a-f]{8}"),
    Rule("sentry-token", ("sntrys_", "sntryu_"), r"\bsntrys_[\w+/=-]{60,}|\bsntryu_[0-9a-f]{64}"),
    Rule("posthog-key", ("phx_",), r"\bphx_[A-Za-z0-9]{40,}"),
    Rule("dynatrace-token", ("dt0c", "dt0s"), r"\bdt0[cs]\d\d\.[A-Z0-9]{24}\.[A-Z0-9]{64}"),
    Rule("pagerduty-key", ("pagerduty",), _after("pagerduty", r"[\w+-]{20}"), 3.3),
    Rule("linear-key", ("lin_api_", "lin_oauth_"), r"\blin_(?:api|oauth)_[A-Za-z0-9]{40,}"),
    Rule("notion-token", ("ntn_", "secret_"), r"\bntn_[A-Za-z0-9]{40,}|\bsecret_[A-Za-z0-9]{43}\b"),
    Rule("figma-token", ("figd_", "figu_"), r"\bfig[du]_[\w-]{38,}"),
    Rule("asana-token", ("asana",), _after("asana", r"[0-9]{1,2}/[0-9/]{10,40}:?[0-9a-f]{32}|[0-9a-z]{32}")),
    Rule("atlassian-token", ("atatt3",), r"\bATATT3[\w=-]{100,}"),
    Rule("airtable-token", (), r"\bpat[A-Za-z0-9]{14}\.[0-9a-f]{64}"),
    Rule("contentful-token", ("cfpat-",), r"\bCFPAT-[\w-]{40,}"),
    Rule("mapbox-token", ("sk.eyj",), r"\bsk\.eyJ[\w-]{30,}\.[\w-]{20,}"),
    Rule("facebook-token", (), r"\bEAA[A-Za-z0-9]{80,}"),
    Rule("twitter-bearer", ("aaaaaaaaaaaaaaaaaaaaa",), r"\bA{21,22}[A-Za-z0-9%]{50,}"),
    Rule("dropbox-token", (), r"\bsl\.(?:u\.)?[\w-]{100,}"),
    Rule("hubspot-token", ("pat-",), r"\bpat-(?:na|eu|ap)\d-[0-9a-f]{8}-[0-9a-f-]{27}"),
    Rule("intercom-token", ("dg9r",), r"\bdG9rO[A-Za-z0-9+/]{50,}={0,2}"),
    Rule("zendesk-token", ("zendesk",), _after("zendesk", r"[A-Za-z0-9]{40}"), 3.5),
    Rule("okta-token", ("okta", "ssws"), r"(?i)(?:okta[\w.-]{0,30}\W{1,10}|SSWS )(00[\w-]{40})\b", 3.0),
    Rule("auth0-secret", ("auth0",), _after("auth0", r"[\w-]{64}"), 3.5),
    Rule("algolia-key", ("algolia",), _after("algolia", r"[0-9a-f]{32}")),
    Rule("easypost-key", ("ezak", "eztk"), r"\bEZ[AT]K[a-zA-Z0-9]{54}"),
    Rule("shippo-token", ("shippo_",), r"\bshippo_(?:live|test)_[0-9a-fA-F]{40}"),
    Rule("duffel-token", ("duffel_",), r"\bduffel_(?:test|live)_[\w=-]{43}"),
    Rule("readme-key", ("rdme_",), r"\brdme_[a-z0-9]{70}"),
    Rule("typeform-token", ("tfp_",), r"\btfp_[\w.=-]{59}"),
    Rule("prefect-key", ("pnu_", "pnb_"), r"\bpn[ub]_[a-zA-Z0-9]{36}"),
    Rule("resend-key", (), r"\bre_[A-Za-z0-9]{8}_[A-Za-z0-9]{20,}"),
    Rule("tailscale-key", ("tskey-",), r"\btskey-[a-z]+-[A-Za-z0-9]+-[A-Za-z0-9]{20,}"),
    Rule("ngrok-token", ("ngrok",), _after("ngrok", r"[A-Za-z0-9]{27}_[A-Za-z0-9]{21}|[A-Za-z0-9]{43,49}")),
    Rule("adobe-secret", ("p8e-",), r"\bp8e-[A-Za-z0-9]{32}\b"),
    Rule("ethereum-private-key", ("private", "mnemonic"),
         rf"""(?i)private[\w.-]{{0,20}}{_IS}["'`\\]*((?:0x)?[0-9a-f]{{64}})\b"""),
    # What is named like a secret
    Rule("password-in-command", ("--passw", "--token", "--secret", "--api-key", "--auth-token"),
         r"""(?:^|[\s"'=]|\\[nrt])--(?:password|token|secret|api-key|auth-token|passwd)[= ]["']?([^\s"'$<{\[-][^\s"']{5,})""",
         2.5),
    Rule("mysql-password", ("mysql", "mariadb", "sshpass"),
         r"""(?:mysql\w*|mariadb\w*|sshpass)(?:\s[^\n|;]{0,100}?)? -p["']?([^\s"'$-][^\s"']{5,})""", 2.0),
    Rule("curl-user", ("curl",), r"""\bcurl\s(?:[^\n]{0,300}?\s)?(?:-u|--user)[= ]?["']?[^\s:"']{1,80}:([^\s"'$]{4,})"""),
    Rule("named-secret",
         ("key", "token", "secret", "passwd", "password", "passphrase", "pwd", "credential", "webhook",
          "connection"),
         rf"""{_NAMED}{_IS}["'`\\]+([^\s"'`\\]{{8,}})["'`\\]""", 3.0),
    Rule("named-secret-bare",
         ("key", "token", "secret", "passwd", "password", "passphrase", "pwd", "credential", "webhook",
          "connection"),
         rf"""{_NAMED}["'`\\]*[ \t]{{0,5}}[=:][ \t]{{0,3}}([\w+/.~!@#%^&*=-]{{10,}})(?:[\s,;"'`\\)]|$)""", 3.2),
)  # fmt: skip

# A value that is none though it is named like one: code, references and examples.
NOT_ONE: Final = (
    r"^(?:\[REDACTED:.*|[\$<{%(\[].*|.*[({\[<]$|.*\(.*"
    r"|(?i:self|this|process|os|env|config|settings|req|request|args|options|params|props|ctx|data"
    r"|user|response|event|context)[.\[].*"
    r"|(?i:true|false|null|none|undefined|changeme|your[_-].*|my[_-].*|xxx+.*|\*+.*|\.{3}.*|dummy.*)"
    r"|(?i:.*(?:example|placeholder|your[_-]?(?:key|token|secret|api)|_here|xxxx|redacted|\*\*\*\*).*)"
    r"|/[\w./-]*|\.{0,2}/[\w./-]+|[\w-]+(?:/[\w.-]+)+\.\w{1,5}|https?://[^:@]*"
    r"|[a-z_]+|[A-Z_]+|[a-z]+(?:[A-Z][a-z]+)+|(?:[A-Z][a-z]+)+"
    r"|[a-zA-Z]+(?:[-_.][a-zA-Z]+)+|[\d.,:-]+)$"
)
