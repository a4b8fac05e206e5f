"""Keys of model providers and of what stands around them: prefixes, lengths and alphabets."""

from __future__ import annotations

from typing import Final

from tracehouse_agent.recorder.redaction.rules.rule import Rule, after

RULES: Final[tuple[Rule, ...]] = (
    Rule("anthropic-key", ("sk-ant-",), r"\bsk-ant-[a-z]{2,12}\d{2}-[\w-]{60,}"),
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
    Rule("wandb-key", ("wandb",), after("wandb", r"[0-9a-f]{40}")),
    Rule("wandb-key-v1", ("wandb_v1_",), r"\bwandb_v1_[\w-]{40,}"),
    Rule("cohere-key", ("cohere", "co_api"), after("(?:cohere|co_api)", r"[A-Za-z0-9]{40}"), 3.5),
    Rule("mistral-key", ("mistral",), after("mistral", r"[A-Za-z0-9]{32}"), 3.5),
    Rule("deepseek-key", ("deepseek",), after("deepseek", r"sk-[0-9a-f]{32}")),
    Rule("elevenlabs-key", (), r"\bsk_[0-9a-f]{48}\b"),
    Rule("tavily-key", ("tvly-",), r"\btvly-(?:dev-|prod-)?[A-Za-z0-9]{28,}"),
    Rule("pinecone-key", ("pcsk_",), r"\bpcsk_[A-Za-z0-9]{4,8}_[A-Za-z0-9]{50,}"),
    Rule("tracehouse-key", ("ba_", "anon_", "share_"), r"\b(?:ba|anon|share)_[0-9A-Za-z]{38}\b", 3.5),
    Rule("openai-key", ("sk-",),
         r"\bsk-(?:proj|svcacct|admin|None|service)-[\w-]{20,}|\bsk-[\w-]{10,}T3BlbkFJ[\w-]{10,}"),
    Rule("helicone-key", ("sk-helicone-",), r"\bsk-helicone-[\w-]{20,}"),
    Rule("together-key", ("tgp_v1_",), r"\btgp_v1_[\w-]{40,}"),
    Rule("llama-cloud-key", ("llx-",), r"\bllx-[\w-]{40,}"),
    Rule("cerebras-key", ("csk-",), r"\bcsk-[a-z0-9]{40,}"),
    Rule("jina-key", ("jina_",), r"\bjina_[0-9a-f]{32}[\w-]{20,}"),
    Rule("voyage-key", ("pa-",), r"\bpa-[\w-]{43}\b", 3.8),
    Rule("firecrawl-key", ("fc-",), r"\bfc-[0-9a-f]{32}\b"),
    Rule("e2b-key", ("e2b_",), r"\be2b_[0-9a-f]{40}"),
    Rule("modal-token", ("modal",), r"(?i:modal)[^\n]{0,100}\b(a[ks]-[A-Za-z0-9]{22})\b"),
    Rule("cursor-key", ("crsr_", "key_"), r"\b(?:crsr|key)_[0-9a-f]{64}"),
    Rule("zhipu-key", ("zhipu", "zai_"), after("(?:zhipu|zai_)", r"[0-9a-f]{32}\.[A-Za-z0-9]{16}")),
    Rule("speech-key", ("assemblyai", "deepgram"), after("(?:assemblyai|deepgram)", r"[0-9a-f]{32}(?:[0-9a-f]{8})?")),
    Rule("mem0-key", ("m0-",), r"\bm0-[A-Za-z0-9]{40}\b"),
    Rule("composio-key", ("composio",), after("composio", r"[ou]?[ac]k_[\w-]{20,}")),
)  # fmt: skip
