"""The kinds of nodes, clauses and types that a parsed query may be made of.

As with functions: a list of what is allowed. What is not on it was not thought about.
"""

from __future__ import annotations

import re

from sqlglot import exp

_CLAUSES = (
    exp.Select, exp.Subquery, exp.Union, exp.Except, exp.Intersect, exp.With, exp.CTE, exp.From,
    exp.Join, exp.Table, exp.TableAlias, exp.Final, exp.Where, exp.Group, exp.GroupingSets,
    exp.Rollup, exp.Cube, exp.Having, exp.Qualify, exp.Order, exp.Ordered, exp.WithFill, exp.Limit,
    exp.Offset, exp.Distinct, exp.Window, exp.WindowSpec,
)  # fmt: skip
_VALUES = (
    exp.Identifier, exp.Column, exp.Star, exp.Columns, exp.Apply, exp.Alias, exp.Aliases, exp.Paren,
    exp.Tuple, exp.Array, exp.Bracket, exp.Dot, exp.Literal, exp.RawString, exp.HexString,
    exp.BitString, exp.Boolean, exp.Null, exp.Var, exp.Placeholder, exp.Lambda, exp.Interval,
    exp.Cast, exp.DataType, exp.DataTypeParam, exp.Case, exp.If, exp.Extract, exp.Trim,
    exp.Substring, exp.StrPosition, exp.Anonymous, exp.AnonymousAggFunc, exp.CombinedAggFunc,
    exp.ParameterizedAgg, exp.CombinedParameterizedAgg, exp.Filter, exp.IgnoreNulls,
    exp.RespectNulls, exp.Exists,
)  # fmt: skip
_OPERATORS = (
    exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ,
    exp.NullSafeNEQ, exp.Is, exp.In, exp.Between, exp.Like, exp.ILike, exp.Add, exp.Sub, exp.Mul,
    exp.Div, exp.IntDiv, exp.Mod, exp.Neg, exp.DPipe,
)  # fmt: skip
NODES: frozenset[type[exp.Expr]] = frozenset((*_CLAUSES, *_VALUES, *_OPERATORS))

# How to say it instead.
_INSTEAD: dict[object, str] = {
    exp.CastToStrType: "write the type as CAST(value AS type)",
    exp.PreWhere: "write WHERE instead of PREWHERE",
    exp.Values: "write a list of values as SELECT … UNION ALL SELECT …, or give it as a parameter",
    exp.TableSample: "leave SAMPLE out",
    "settings": "leave SETTINGS out: the server sets its own",
    "format": "leave FORMAT out: say `format` beside the query",
    "into": "leave INTO out: the answer is the result",
}

# Which clauses a query may have, and what may be said of a table, a join, an IN.
_QUERY = frozenset((
    "with_", "this", "expression", "expressions", "alias", "distinct", "from_", "joins", "where",
    "group", "having", "qualify", "windows", "order", "limit", "offset",
))  # fmt: skip
_ARGUMENTS: dict[type[exp.Expr], frozenset[str]] = {
    **dict.fromkeys((exp.Select, exp.Subquery, exp.Union, exp.Except, exp.Intersect), _QUERY),
    exp.With: frozenset(("expressions", "recursive")),
    exp.CTE: frozenset(("this", "alias", "scalar")),
    exp.Table: frozenset(("this", "alias", "db", "catalog", "joins")),
    exp.Join: frozenset(("this", "on", "side", "kind", "using", "global_", "expressions")),
    exp.In: frozenset(("this", "expressions", "query", "field", "is_global")),
    exp.Placeholder: frozenset(("this", "kind")),
}

_D = exp.DType
TYPES = frozenset((
    _D.TINYINT, _D.SMALLINT, _D.INT, _D.BIGINT, _D.INT128, _D.INT256, _D.UTINYINT, _D.USMALLINT,
    _D.UINT, _D.UBIGINT, _D.UINT128, _D.UINT256, _D.FLOAT, _D.DOUBLE, _D.DECIMAL, _D.DECIMAL32,
    _D.DECIMAL64, _D.DECIMAL128, _D.BOOLEAN, _D.TEXT, _D.VARCHAR, _D.FIXEDSTRING, _D.DATE,
    _D.DATE32, _D.DATETIME, _D.DATETIME64, _D.TIMESTAMP, _D.UUID, _D.IPV4, _D.IPV6, _D.ENUM8,
    _D.ENUM16, _D.ENUM, _D.ARRAY, _D.MAP, _D.STRUCT, _D.LOWCARDINALITY,
))  # fmt: skip

# What is written as it stands: a number, a word of the language; of some clauses two words.
_WORD = re.compile(r"\w+(?:[.+-]\w*)*")
_TWO_WORDS = re.compile(r"\w+(?: \w+)?")


def objection(node: exp.Expr) -> str | None:
    """Why a node may not be in a query, as what to write instead; None where it may be.

    It looks at the node alone: its kind, which of its parts are there, and texts in it that would
    be written as they are.
    """
    kind = type(node)
    if kind not in NODES:
        return _INSTEAD.get(kind) or f"{kind.key.upper()} is not offered here"
    allowed = _ARGUMENTS.get(kind)
    for name, value in node.args.items():
        if value in (None, False, []):
            continue
        if allowed is not None and name not in allowed:
            said = _INSTEAD.get(name) or _INSTEAD.get(type(value))
            return said or f"{name.upper()} is not offered here"
        words = _TWO_WORDS if kind in (exp.Join, exp.WindowSpec) else _WORD
        if isinstance(value, str) and not _is_text(node) and not words.fullmatch(value):
            return f"{value[:40]!r} is not understood here"
    return None


def _is_text(node: exp.Expr) -> bool:
    """Whether what it holds is escaped when it is written."""
    return isinstance(node, (exp.Identifier, exp.RawString)) or (
        isinstance(node, exp.Literal) and node.is_string
    )
