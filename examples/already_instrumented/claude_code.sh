#!/bin/sh
# One turn of Claude Code. OTEL_EXPORTER_OTLP_ENDPOINT, _PROTOCOL and _HEADERS say where it sends;
# what else it needs is set here, because it sends nothing unless it is asked to.
set -eu

export CLAUDE_CODE_ENABLE_TELEMETRY=1
export OTEL_LOGS_EXPORTER=otlp
export OTEL_METRICS_EXPORTER=otlp
# Traces are a beta of its own: without them there are sessions and usage, and no spans.
export CLAUDE_CODE_ENHANCED_TELEMETRY_BETA=1
export OTEL_TRACES_EXPORTER=otlp
# What was said is left out unless these are set.
export OTEL_LOG_USER_PROMPTS=1
export OTEL_LOG_TOOL_DETAILS=1

exec claude -p "${1:-Say hi, in the shell.}"
