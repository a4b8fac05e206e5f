"""The recorder: what Claude Code and Codex write on this machine, as spans, while they write it.

    transcripts ─► tail ─► lines ─► slim ─► redaction ─► reader ─► steps ─► OTLP ─► the SDK's buffer

`roots` finds the transcripts, `tail` reads what is new of one, `claude_code` and `codex` know what
its rows mean. Nothing that has not passed the redaction is kept, logged or sent.
"""
