"""SQL that reads the canonical columns out of a map of attributes, from the table of dialects.

Asking a map for each of the two hundred keys in turn costs 12 µs a row. So every source has a
code, a hundred times the number of its column plus its place in it. The keys of a row become codes
in one pass, the few that hold JSON are looked into, what is not canonical is dropped, and the rest
is sorted: a column is then the first value with its number.

The expressions need `attributes`, `name`, `scope_name`, `start_ns` and the columns of `events`
beside them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tracehouse_semconv.dialects import (
    COLUMNS,
    DIALECT_PROVIDERS,
    DIALECTS,
    FINISH_REASONS,
    FIRST_CHUNK_EVENT_SUFFIX,
    FIRST_CHUNK_EVENTS,
    FIRST_CHUNK_TIME,
    FRAMEWORK_PROVIDERS,
    FRAMEWORKS,
    INPUT_EXCLUDES_CACHE,
    KIND_BY_NAME,
    KINDS,
    MODEL_PROVIDERS,
    OUTPUT_EXCLUDES_REASONING,
    PROVIDER_SUFFIXES,
    PROVIDERS,
    Key,
)

_LARGEST_COUNT = "1e15"
_DIALECT_STEP = 10_000

# What is at `a`, or at `b` inside that, of the JSON `t`; with `s`, a prefix, the sum of the members
# that begin so. '' where there is nothing.
_RAW = "if(b = '', JSONExtractRaw(t, a), JSONExtractRaw(t, a, b))"
_SUM = "arraySum(p -> p.2 * startsWith(p.1, s), JSONExtractKeysAndValues(t, 'Float64'))"
_FROM_JSON = (
    f"if(s = '', transform({_RAW}, ['null'], ['']),"
    f" transform(toString(greatest({_SUM}, 0)), ['0'], ['']))"
)


@dataclass(frozen=True)
class Canonical:
    """`stages`: expressions by name, each stage made of those before it, and so each a SELECT
    around the one before: an alias would be written out anew wherever it is used. `columns` are
    the stored columns, made of the last stage."""

    stages: tuple[Mapping[str, str], ...]
    columns: Mapping[str, str]


@dataclass(frozen=True)
class _Source:
    """One source of one column. Its code is a hundred times the column's number, plus its place."""

    code: int
    key: Key

    @property
    def is_json(self) -> bool:
        return bool(self.key.path) or self.key.sum is not None

    @property
    def is_guarded(self) -> bool:
        return bool(self.key.only or self.key.never)

    def counts_in(self, dialect: str) -> bool:
        """Whether a dialect means it so. Only asked of what is guarded."""
        return dialect in self.key.only or (bool(self.key.never) and dialect not in self.key.never)


class _Codes:
    """The sources of some columns, and the keys that only tell dialects or hold JSON."""

    def __init__(self, columns: Iterable[str]) -> None:
        self.columns = {
            name: [
                _Source(100 * number + place, key)
                for place, key in enumerate(COLUMNS[name].sources)
            ]
            for number, name in enumerate(columns, start=1)
        }
        self.sources = [source for sources in self.columns.values() for source in sources]
        self.of_key = {s.key.name: s.code for s in self.sources if not s.is_json}
        # Numbers below 100 are no column's.
        markers = [key for dialect in DIALECTS.values() for key in dialect.keys]
        others = (*markers, FIRST_CHUNK_TIME, *(s.key.name for s in self.sources if s.is_json))
        unknown = [key for key in dict.fromkeys(others) if key not in self.of_key]
        self.of_key |= {key: number for number, key in enumerate(unknown, start=1)}

    def number(self, column: str) -> int:
        return self.columns[column][0].code // 100


def canonical(columns: Iterable[str] = tuple(COLUMNS)) -> Canonical:
    """Expressions for these columns of `COLUMNS`, and for what follows from them."""
    codes = _Codes(columns)
    stages = (
        {"key_codes": _key_codes(codes)},
        {"said_dialect": _dialect(codes)},
        {"sent": _sent(codes)},
        _by_column(codes),
    )
    return Canonical(stages, _stored(codes))


def _key_codes(codes: _Codes) -> str:
    keys, numbers = _array(codes.of_key), _numbers(codes.of_key.values())
    return f"arrayMap(k -> transform(k, {keys}, {numbers}, 0), mapKeys(attributes))"


def _sent(codes: _Codes) -> str:
    """What a row has for the columns: (number of the column, value), the best source first."""
    json = [source for source in codes.sources if source.is_json]
    # One look at a set: an array of its own for each dialect would be copied for each attribute.
    unheard = _numbers(
        _DIALECT_STEP * place + source.code
        for place, dialect in enumerate(("", *DIALECTS))
        for source in codes.sources
        if source.is_guarded and not source.counts_in(dialect)
    )
    refused = f"toUInt32({_DIALECT_STEP} * said_dialect + p.1) IN {unheard}"
    pairs = "arrayZip(key_codes, mapValues(attributes))"
    if json:
        holders = _numbers(codes.of_key[source.key.name] for source in json)
        outer, inner = (_array(_level(s, depth) for s in json) for depth in (0, 1))
        sums = _array(s.key.sum or "" for s in json)
        inside = (
            f"arrayMap((c, t, a, b, s) -> (c, {_FROM_JSON}), {_numbers(s.code for s in json)},"
            f" {_texts_at(holders)}, {outer}, {inner}, {sums})"
        )
        holds = f"arrayExists(c -> c IN {holders}, key_codes)"
        pairs = f"arrayConcat({pairs}, if({holds}, {inside}, []))"
    for source in codes.sources:
        if prefix := source.key.not_prefix:
            refused += f" OR p.1 = {source.code} AND startsWith(p.2, {_quoted(prefix)})"
    kept = f"arrayFilter(p -> p.1 >= 100 AND p.2 != '' AND NOT ({refused}), {pairs})"
    return f"arrayMap(p -> (intDiv(p.1, 100), p.1, {_unquoted('p.2')}), arraySort({kept}))"


def _level(source: _Source, depth: int) -> str:
    return source.key.path[depth] if len(source.key.path) > depth else ""


def _texts_at(holders: str) -> str:
    """The values of the attributes with these codes, as JSON: LangSmith sends Python's repr of a
    dictionary."""
    return (
        "arrayMap(t -> if(startsWith(t, '{\\''), replaceAll(t, '\\'', '\"'), t),"
        f" arrayMap(h -> mapValues(attributes)[indexOf(key_codes, h)], {holders}))"
    )


def _dialect(codes: _Codes) -> str:
    """The place of a dialect in `DIALECTS`, from 1: of that whose scope it is, else of the first
    whose key is there; 0 where there is nothing canonical."""
    scopes = {scope: name for name, dialect in DIALECTS.items() for scope in dialect.scopes}
    prefixes = {p: name for name, dialect in DIALECTS.items() for p in dialect.scope_prefixes}
    markers = {codes.of_key[k]: name for name, dialect in DIALECTS.items() for k in dialect.keys}
    whole = f"transform(scope_name, {_array(scopes)}, {_places(scopes.values())}, 0)"
    begin = f"extract(scope_name, '^(?:{_alternatives(prefixes)})')"
    begun = f"transform({begin}, {_array(prefixes)}, {_places(prefixes.values())}, 0)"
    first = (
        f"arrayMin(arrayMap(c -> transform(c, {_numbers(markers)},"
        f" {_numbers(range(1, len(markers) + 1))}, {len(markers) + 1}), key_codes))"
    )
    marked = f"{_places(markers.values())}[{first}]"
    generic = (
        f"arrayExists(k -> startsWith(k, 'gen_ai.'), mapKeys(attributes)) * {_place('otel_genai')}"
    )
    return (
        "arrayFirst(d -> d != 0, if(arraySum(key_codes) = 0, [],"
        f" [{whole}, {begun}, {marked}, {generic}]))"
    )


def _place(dialect: str) -> int:
    return list(DIALECTS).index(dialect) + 1


def _places(dialects: Iterable[str]) -> str:
    return _numbers(map(_place, dialects))


def _is_one_of(dialects: Iterable[str]) -> str:
    return f"said_dialect IN {_places(dialects)}"


def _by_column(codes: _Codes) -> dict[str, str]:
    """`texts`: the best value of each column by the column's number. `counts`: the same as numbers.
    Maps, since a look into a map costs no copy, and one expression each, since every function in a
    view is planned anew with each insert (0.15 ms)."""
    kind = codes.number("kind") if "kind" in codes.columns else 0
    meanings = {value: kind for kind, values in KINDS.items() for value in values}
    count = f"toUInt64(least(abs(toFloat64OrZero(t)), {_LARGEST_COUNT}))"
    return {
        "texts": "mapFromArrays(sent.1, sent.3)",
        "counts": f"mapFromArrays(sent.1, arrayMap(t -> {count}, sent.3))",
        "said_kind": f"arrayFirst(k -> k != '', arrayMap(s -> transform(lower(s.3),"
        f" {_array(meanings)}, {_array(meanings.values())}, ''),"
        f" arrayFilter(s -> s.1 = {kind}, sent)))",
    }


def _sent_text(codes: _Codes, name: str) -> str:
    return f"texts[{codes.number(name)}]"


def _sent_count(codes: _Codes, name: str) -> str:
    return f"counts[{codes.number(name)}]"


def _value(codes: _Codes, name: str) -> str:
    """A column as it was sent, read as what it is."""
    text = _sent_text(codes, name)
    match COLUMNS[name].coercion:
        case "kind":
            return "said_kind"
        case "tokens":
            return _sent_count(codes, name)
        case "usd":
            return _amount(text)
        case "milliseconds":
            factors = {s.code: s.key.factor for s in codes.columns[name] if s.key.factor != 1}
            code = f"sent.2[indexOf(sent.1, {codes.number(name)})]"
            factor = f"transform({code}, {_numbers(factors)}, {_numbers(factors.values())}, 1)"
            return f"coalesce({_amount(text)} * {factor}, {_until_first_chunk(codes)})"
        case "texts":
            # An array as JSON, or as Protobuf has it (see below), or a list with commas.
            several = (
                f"multiIf({text} = '', [], startsWith({text}, '['),"
                f" JSONExtract({text}, 'Array(String)'), startsWith({text}, '\n'),"
                f" extractAll({text}, '\\n.\\n.([^\\n]*)'), splitByChar(',', {text}))"
            )
            return (
                f"arrayDistinct(arrayFilter(t -> t != '', arrayMap(t -> trimBoth(t), {several})))"
            )
        case "finish_reason":
            # An array of strings as JSON, or as Protobuf has it: tag, length, tag, length, text.
            bare = (
                f"multiIf({text} = '', '', startsWith({text}, '['), splitByChar('\"', {text})[2],"
                f" startsWith({text}, '\\n'),"
                f" substring({text}, 5, reinterpretAsUInt8(substring({text}, 4, 1))), {text})"
            )
            meanings = {value: kind for kind, values in FINISH_REASONS.items() for value in values}
            return (
                f"transform(lower({bare}), {_array(meanings)}, {_array(meanings.values())}, {bare})"
            )
        case "text":
            return text


def _until_first_chunk(codes: _Codes) -> str:
    """Milliseconds from a span's start to its first chunk, from a time that it says or an event."""
    said = f"mapValues(attributes)[indexOf(key_codes, {codes.of_key[FIRST_CHUNK_TIME]})]"
    event = (
        f"`events.time_unix_nano`[arrayFirstIndex(n -> n IN {_tuple(FIRST_CHUNK_EVENTS)}"
        f" OR endsWith(n, {_quoted(FIRST_CHUNK_EVENT_SUFFIX)}), `events.name`)]"
    )
    return (
        "arrayFirstOrNull(ms -> ms BETWEEN 0 AND 1e9, arrayMap(ns -> (ns - start_ns) / 1e6,"
        " arrayFilter(ns -> ns != 0 AND NOT empty(sent), [toInt64(ifNull(toUnixTimestamp64Nano("
        f"parseDateTime64BestEffortOrNull(trim(BOTH '\"' FROM {said}), 9, 'UTC')), 0)),"
        f" toInt64({event})])))"
    )


def _amount(text: str) -> str:
    """A number that can be summed up, or NULL."""
    return f"arrayFirstOrNull(x -> x BETWEEN 0 AND 1e9, [toFloat64OrNull({text})])"


def _stored(codes: _Codes) -> dict[str, str]:
    sent = {name: _value(codes, name) for name in codes.columns}
    stored = dict(sent)
    if "provider" in sent:
        stored |= {"provider": _provider(sent), "framework": _framework(sent)}
    if "input_tokens" in sent:
        cached = f"{sent['cache_read_tokens']} + {sent['cache_write_tokens']}"
        stored["input_tokens"] = (
            f"{sent['input_tokens']} + if({_is_one_of(INPUT_EXCLUDES_CACHE)}"
            f" OR {cached} > {sent['input_tokens']}, {cached}, 0)"
        )
        stored["output_tokens"] = (
            f"{sent['output_tokens']} + if({_is_one_of(OUTPUT_EXCLUDES_REASONING)},"
            f" {sent['reasoning_tokens']}, 0)"
        )
    if "kind" in sent:
        stored["kind"] = _kind_of_span(sent)
    if "error_type" in sent:
        # What an exception is called is said where it was recorded.
        raised = "arrayFirst(t -> t != '', arrayMap(e -> e['exception.type'], `events.attributes`))"
        stored["error_type"] = f"if({sent['error_type']} != '', {sent['error_type']}, {raised})"
    return {"dialect": f"{_array(DIALECTS)}[said_dialect]", **stored}


def _kind_of_span(sent: Mapping[str, str]) -> str:
    named = [
        f"if(said_dialect = {_place(dialect)} AND name = {_quoted(name)}, {_quoted(kind)}, '')"
        for (dialect, name), kind in KIND_BY_NAME.items()
    ]
    said = sent["kind"]
    candidates = [
        f"if(said_dialect = {_place('langfuse')} AND {sent['request_model']} != ''"
        f" AND {said} = 'span', 'generation', '')",
        said,
        *named,
        f"if({sent['input_tokens']} + {sent['output_tokens']} > 0, 'generation', '')",
        # Codex has several spans around one tool call; the one that counts says so.
        f"if({sent['tool_name']} != '' AND said_dialect != {_place('codex')}, 'tool', '')",
    ]
    # Not a multiIf: that evaluates its branches row by row, and `said` costs 3 µs so.
    return f"if(empty(sent), 'span', arrayFirst(k -> k != '', [{', '.join(candidates)}, 'span']))"


def _framework(sent: Mapping[str, str]) -> str:
    said = f"lower({sent['provider']})"
    return (
        f"if({said} IN {_tuple(FRAMEWORK_PROVIDERS)}, {said},"
        f" transform(said_dialect, {_places(FRAMEWORKS)}, {_array(FRAMEWORKS.values())}, ''))"
    )


def _provider(sent: Mapping[str, str]) -> str:
    said = f"lower({sent['provider']})"
    cut = f"replaceRegexpOne({said}, '({_alternatives(PROVIDER_SUFFIXES)})$', '')"
    begin = f"extract({sent['request_model']}, '^(?:{_alternatives(MODEL_PROVIDERS)})')"
    of_dialect = (
        f"transform(said_dialect, {_places(DIALECT_PROVIDERS)},"
        f" {_array(DIALECT_PROVIDERS.values())}, '')"
    )
    return (
        f"if({said} IN {_tuple(('', *FRAMEWORK_PROVIDERS))},"
        f" transform({begin}, {_array(MODEL_PROVIDERS)}, {_array(MODEL_PROVIDERS.values())},"
        f" {of_dialect}),"
        f" transform({cut}, {_array(PROVIDERS)}, {_array(PROVIDERS.values())}, {cut}))"
    )


def _unquoted(text: str) -> str:
    """Some emitters encode every value as JSON, strings too."""
    return f"if(startsWith({text}, '\"'), JSONExtractString({text}), {text})"


def _alternatives(texts: Iterable[str]) -> str:
    """A regular expression, within a literal, for any of these."""
    return "|".join(text.replace(".", "\\\\.") for text in texts)


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _array(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(_quoted, texts))}]"


def _numbers(numbers: Iterable[int]) -> str:
    return f"[{', '.join(map(str, numbers))}]"


def _tuple(texts: Iterable[str]) -> str:
    return f"({', '.join(map(_quoted, texts))})"
