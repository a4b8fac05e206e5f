"""The wall of text: what a query may say, and what the engine gets instead of it.

A query is parsed, and everything in the tree must be known to be harmless: the kinds of nodes, the
functions, the types, the tables. A table is a view or a name of the query's own WITH, and each view
is replaced by its SELECT, which has the caller's workspace as a parameter. The engine then gets the
tree, written anew: not a byte of the text is handed on, so what a comment, a quote or an odd letter
would mean to another parser does not matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sqlglot import exp
from sqlglot.errors import ErrorLevel, ParseError, SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from tracehouse_api.sql.dialect import HouseSql
from tracehouse_api.sql.forms import NotAllowed
from tracehouse_api.sql.functions import is_allowed
from tracehouse_api.sql.syntax import TYPES, objection
from tracehouse_api.sql.views import VIEWS

MAX_CHARACTERS = 50_000
MAX_TOKENS = 10_000
MAX_NESTING = 30
WORKSPACE = "workspace"

_HOUSE_SQL = HouseSql()
_OPENING = (TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE)
_CLOSING = (TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE)
_FIRST = (TokenType.SELECT, TokenType.WITH, TokenType.FROM, TokenType.L_PAREN)
_CALLS = (
    exp.Anonymous, exp.AnonymousAggFunc, exp.CombinedAggFunc, exp.ParameterizedAgg,
    exp.CombinedParameterizedAgg,
)  # fmt: skip
_UNSPEAKABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_ENDS_A_NAME = re.compile(r"[`\\\x00-\x1f]")
_PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
# They compare every value of one array with every value of the other.
_NEED_A_LIST = ("hasany", "hasall", "hassubstr")
_THE_VIEWS = f"the views are {', '.join(VIEWS)}"


@dataclass(frozen=True)
class Guarded:
    """SQL for the engine, and the names of the parameters in it: the query's own, and `workspace`
    where it asks a view."""

    sql: str
    parameters: frozenset[str]


def guard(query: str) -> Guarded:
    """What the engine may be given for a query. Raises NotAllowed."""
    try:
        tree = _parse(query)
        for node in tree.walk():
            _check(node)
        parameters = {node.name for node in tree.find_all(exp.Placeholder)}
        if _resolve_tables(tree):
            parameters.add(WORKSPACE)
        sql = _HOUSE_SQL.generate(
            tree, comments=False, identify=True, unsupported_level=ErrorLevel.RAISE
        )
    except SqlglotError as error:
        raise NotAllowed(f"this is not SQL that is understood here: {_reason(error)}") from None
    except RecursionError:
        raise NotAllowed("the query is nested too deeply: split it up with WITH") from None
    return Guarded(sql, frozenset(parameters))


def _parse(query: str) -> exp.Expr:
    if len(query) > MAX_CHARACTERS:
        raise NotAllowed(f"a query may have {MAX_CHARACTERS:,} characters: use parameters")
    if _UNSPEAKABLE.search(query):
        raise NotAllowed("the query has control characters: leave them out")
    tokens = _HOUSE_SQL.tokenize(query)
    while tokens and tokens[-1].token_type is TokenType.SEMICOLON:
        tokens.pop()
    _check_tokens(tokens)
    tree = _HOUSE_SQL.parser().parse(tokens, query)[0]
    if not isinstance(tree, exp.Query):
        raise NotAllowed("only SELECT is answered here")
    return tree


def _check_tokens(tokens: list[Token]) -> None:
    """Before it is parsed: sqlglot logs what it does not know, and recurses into brackets."""
    if not tokens:
        raise NotAllowed("the query is empty: write a SELECT")
    if tokens[0].token_type not in _FIRST:
        raise NotAllowed(f"only SELECT is answered here, not {tokens[0].text[:40].upper()}")
    if len(tokens) > MAX_TOKENS:
        raise NotAllowed(f"a query may have {MAX_TOKENS:,} words: give lists as parameters")
    nesting = 0
    for token in tokens:
        if token.token_type is TokenType.SEMICOLON:
            raise NotAllowed("give one statement at a time")
        nesting += (token.token_type in _OPENING) - (token.token_type in _CLOSING)
        if nesting > MAX_NESTING:
            raise NotAllowed(f"brackets may be {MAX_NESTING} deep: split the query up with WITH")


def _check(node: exp.Expr) -> None:
    if (detail := objection(node)) is not None:
        raise NotAllowed(detail)
    match node:
        case exp.Identifier() if _ENDS_A_NAME.search(node.name) or not node.name:
            raise NotAllowed("a name has no backslash, backquote or line break in it, nor is empty")
        case exp.Select() if not node.expressions:
            raise NotAllowed("a SELECT says what it wants: write * for everything")
        case exp.DataType() if node.this not in TYPES:
            raise NotAllowed(f"the type {node.this.value} is not offered here")
        case exp.Placeholder() if not isinstance(node.args.get("kind"), exp.DataType):
            raise NotAllowed("a parameter stands for a value, as {name:String}, not for a name")
        case exp.Placeholder() if node.name == WORKSPACE or not _PARAMETER.fullmatch(node.name):
            raise NotAllowed("a parameter is named in letters and digits, and not workspace")
        case exp.CTE() if node.alias == WORKSPACE:
            raise NotAllowed(f"{WORKSPACE} is no name for WITH: choose another one")
        case exp.Apply():
            _check_function(node.expression.name)
        case exp.Table():
            _check_table(node)
        case _ if isinstance(node, _CALLS):
            _check_function(node.name)
            _check_list(node)
        case _:
            pass


def _check_function(name: str) -> None:
    if not is_allowed(name):
        raise NotAllowed(f"the function {name[:60]} is not offered here")


def _check_list(call: exp.Expr) -> None:
    if call.name.lower() in _NEED_A_LIST and not any(
        isinstance(given, (exp.Array, exp.Placeholder)) for given in call.expressions
    ):
        raise NotAllowed(f"{call.name} needs a list that is written out, or a parameter")


def _check_table(table: exp.Table) -> None:
    if not isinstance(table.this, exp.Identifier):
        raise NotAllowed(f"a table is a name, no function and no parameter: {_THE_VIEWS}")
    if table.args.get("db") or table.args.get("catalog"):
        raise NotAllowed(f"a table has no database before its name: {_THE_VIEWS}")


# --- tables --------------------------------------------------------------------------------------


def _resolve_tables(tree: exp.Expr) -> bool:
    """Put a SELECT in the place of each view; whether there is one.

    Names of WITH get other names, so that none can stand for a table that a view is made of; they
    are still called what they were. `known` are those that are seen from a node.
    """
    waiting: list[tuple[exp.Expr, dict[str, str]]] = [(tree, {})]
    named, asked = 0, False
    while waiting:
        node, known = waiting.pop()
        with_ = node.args.get("with_")
        if with_ is not None:
            for cte in with_.expressions:
                before = known
                if not cte.args.get("scalar"):
                    named += 1
                    known = known | {cte.alias: f"with_{named}_{cte.alias}"}
                    cte.args["alias"].set("this", _name(known[cte.alias]))
                waiting.append((cte.this, known if with_.recursive else before))
        if isinstance(node, exp.In):
            _read_names_of_tables(node, known)
        if isinstance(node, exp.Final):
            # Every view has the latest versions only.
            waiting.append((_replaced(node, node.this), known))
        elif isinstance(node, exp.Table):
            replaced = _replaced(node, _table(node, known))
            asked = asked or isinstance(replaced, exp.Subquery)
            waiting += [(join, known) for join in replaced.args.get("joins") or ()]
        else:
            waiting += [(child, known) for child in node.iter_expressions() if child is not with_]
    return asked


def _table(table: exp.Table, known: dict[str, str]) -> exp.Expr:
    """What stands for a table: the name in WITH, or the view's SELECT, under the alias it has."""
    name = table.name
    alias = table.args.get("alias") or exp.TableAlias(this=_name(name))
    if name in known:
        found: exp.Expr = exp.Table(this=_name(known[name]), alias=alias)
    elif name in VIEWS:
        found = exp.Subquery(this=exp.Var(this=VIEWS[name].select), alias=alias)
    else:
        raise NotAllowed(f"there is no table {name[:60]}: {_THE_VIEWS}")
    found.set("joins", table.args.get("joins"))
    return found


def _read_names_of_tables(node: exp.In, known: dict[str, str]) -> None:
    """`x IN name`, with brackets or without, asks a table: written as the subquery that it is."""
    given = node.args.get("field")
    items: Iterable[exp.Expr] = (given,) if given else node.expressions
    items = [_bare(item) for item in items]
    if len(items) != 1 or not isinstance(items[0], (exp.Column, exp.Dot, exp.Identifier)):
        return
    name = items[0].name
    is_dotted = items[0].find(exp.Dot) is not None or items[0].text("table")
    if is_dotted or (name not in known and name not in VIEWS):
        raise NotAllowed("IN needs a list or a subquery behind it; for an array, write has()")
    node.set("field", None)
    node.set("expressions", None)
    table = exp.Table(this=_name(name))
    node.set("query", exp.Subquery(this=exp.Select(expressions=[exp.Star()]).from_(table)))


def _bare(node: exp.Expr) -> exp.Expr:
    while isinstance(node, (exp.Paren, exp.Alias)):
        node = node.this
    return node


def _replaced(node: exp.Expr, other: exp.Expr) -> exp.Expr:
    node.replace(other)
    return other


def _name(name: str) -> exp.Identifier:
    return exp.Identifier(this=name, quoted=True)


def _reason(error: SqlglotError) -> str:
    if isinstance(error, ParseError) and error.errors:
        first = error.errors[0]
        said = first.get("description") or ""
        near = (
            f"line {first.get('line')}, column {first.get('col')}, near {first.get('highlight')!r}"
        )
        return near if "<class" in said else f"{near}: {said}"
    return "check its quotes and brackets"
