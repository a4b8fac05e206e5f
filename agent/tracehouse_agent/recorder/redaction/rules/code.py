"""Keys of where code lives, is built and is published."""

from __future__ import annotations

from typing import Final

from tracehouse_agent.recorder.redaction.rules.rule import HEX, IS, UUID, Rule, after

RULES: Final[tuple[Rule, ...]] = (
    Rule("github-fine-grained-token", ("github_pat_",), r"\bgithub_pat_\w{60,}"),
    Rule("rubygems-token", ("rubygems_",), r"\brubygems_[0-9a-f]{48}"),
    Rule("crates-token", (), r"\bcio[A-Za-z0-9]{32}\b", 3.5),
    Rule("docker-token", ("dckr_",), r"\bdckr_(?:pat|oat)_[\w-]{27,}"),
    Rule("jfrog-token", (), r"\bAKC[a-zA-Z0-9]{64,}\b|\bcmVmd[A-Za-z0-9]{59}\b"),
    Rule("clojars-token", ("clojars_",), r"\bCLOJARS_[a-z0-9]{60}"),
    Rule("terraform-token", (".atlasv1.",), r"\b[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,}"),
    Rule("pulumi-token", ("pul-",), r"\bpul-[0-9a-f]{40}\b"),
    Rule("circleci-token", ("ccipat_", "cciprj_"), r"\bCCIP(?:AT|RJ)_[A-Za-z0-9]{22}_[0-9a-f]{40}"),
    Rule("buildkite-token", ("bkua_",), r"\bbkua_[0-9a-f]{40}"),
    Rule("sonar-token", ("squ_", "sqp_", "sqa_"), r"\bsq[upa]_[0-9a-f]{40}\b"),
    Rule("snyk-token", ("snyk",),
         after("snyk", UUID)),
    Rule("doppler-token", (), r"\bdp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{40,}"),
    Rule("infisical-token", (), r"\bst\.[0-9a-f]{24}\.[0-9a-f]{32}\.[0-9a-f]{32}"),
    Rule("onepassword-token", ("ops_ey", "a3-"),
         r"\bops_eyJ[A-Za-z0-9+/]{100,}={0,3}|\bA3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})"
         r"-[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}"),
    Rule("github-token", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
         r"\bgh[pousr]_[A-Za-z0-9_]{36,}|\bghs_\d+_eyJ[\w-]{10,}(?:\.[\w-]+)+"),
    Rule("gitlab-token",
         ("glpat-", "gldt-", "glrt-", "glptt-", "glcbt-", "glft-", "glsoat-", "glimt-", "glagent-",
          "gloas-", "glffct-", "glrtr-", "glwt-", "gr1348941"),
         r"\bgl(?:pat|dt|rt|rtr|ptt|cbt|ft|soat|imt|agent|oas|ffct|wt)-[\w.-]{19,}\w|\bGR1348941[\w-]{20}"),
    Rule("gitlab-session", ("_gitlab_session",), r"_gitlab_session=([\w-]{20,})"),
    Rule("bitbucket-token", ("atbb", "atctt3", "bbdc-"),
         r"\bATBB[A-Za-z0-9]{32}\b|\bATCTT3[\w=-]{80,}|\bBBDC-[\w-]{44,}"),
    Rule("npm-token", ("npm_",), r"\bnpm_[A-Za-z0-9]{36,}\b"),
    Rule("npm-auth", ("_authtoken", ":_auth", "_password"),
         r"(?i)(?::_auth|_authToken|:_password)\s{0,3}=\s{0,3}([\w+/=-]{16,})", 3.0, "bare"),
    Rule("pypi-token", ("pypi-ag",), r"\bpypi-Ag[\w-]{50,}"),
    Rule("nuget-key", ("oy2",), r"\boy2[a-z0-9]{43}\b"),
    Rule("octopus-key", ("api-",), r"\bAPI-[A-Z0-9]{25,27}\b", 3.3),
    Rule("harness-token", ("pat.", "sat."), r"\b[ps]at\.[\w-]{22}\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{20}\b"),
    Rule("infracost-key", ("ico-",), r"\bico-[A-Za-z0-9]{32}\b", 3.0),
    Rule("sourcegraph-token", ("sgp_",), r"\bsgp_(?:[0-9a-fA-F]{16}_|local_)?[0-9a-fA-F]{40}\b"),
    Rule("cosmo-key", ("cosmo_",), r"\bcosmo_[0-9a-f]{32}\b"),
    Rule("vault-token", ("hvs.", "hvb.", "hvr."), r"\bhv[sbr]\.[\w-]{24,}"),
    Rule("vault-legacy-token", (), r"\bs\.([A-Za-z0-9]{24})\b", 3.5, "bare"),
    Rule("sidekiq-credentials", ("contribsys",), rf"(?i)contribsys[\w.]{{0,30}}{IS}[\"'`]?({HEX}{{8}}:{HEX}{{8}})"),
)  # fmt: skip
