#!/bin/sh
# One turn of Codex, which reads no OTEL_* variables: its configuration has the whole address of each
# signal, and the key. `CODEX_HOME` is ~/.codex where it is not set; add the lines to yours.
set -eu

: "${OTEL_EXPORTER_OTLP_ENDPOINT:?the address of the server}" "${TRACEHOUSE_KEY:?your key}"
CODEX_HOME=${CODEX_HOME:-$(mktemp -d)}
export CODEX_HOME

cat >> "$CODEX_HOME/config.toml" <<END
[otel]
log_user_prompt = true
exporter = { otlp-http = { endpoint = "$OTEL_EXPORTER_OTLP_ENDPOINT/v1/logs", protocol = "binary", headers = { x-api-key = "$TRACEHOUSE_KEY" } } }
trace_exporter = { otlp-http = { endpoint = "$OTEL_EXPORTER_OTLP_ENDPOINT/v1/traces", protocol = "binary", headers = { x-api-key = "$TRACEHOUSE_KEY" } } }
END

exec codex exec --skip-git-repo-check "${1:-Say hi, in the shell.}"
