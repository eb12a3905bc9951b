"""RDS's parameter formulas, e.g. `LEAST({DBInstanceClassMemory/9531392},5000)`. Pure.

Source: Amazon RDS User Guide, "Specifying DB parameters": `{variable/constant}` expressions and the functions GREATEST,
LEAST, SUM and log (to the base of two). Quotients and logarithms are cut to whole numbers only at the end.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping

_OPERATORS: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_FUNCTIONS: Mapping[str, Callable[..., float]] = {
    "greatest": lambda *values: max(values),
    "least": lambda *values: min(values),
    "sum": lambda *values: math.fsum(values),
    "log": math.log2,
}


def evaluate(formula: str, variables: Mapping[str, float]) -> float | None:
    """The value of a formula or number; None where it is empty, not understood, or names an unknown variable."""
    text = formula.strip().translate(str.maketrans("{}", "()")).lower()
    if not text or len(text) > 500:
        return None
    names = {name.lower(): value for name, value in variables.items()}
    try:
        value = _value(ast.parse(text, mode="eval").body, names)
    except (SyntaxError, ValueError, TypeError, ZeroDivisionError, OverflowError, KeyError):
        return None
    return value if math.isfinite(value) else None


def _value(node: ast.expr, names: Mapping[str, float]) -> float:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name):
            return names[name]
        case ast.BinOp(left=left, op=op, right=right):
            return _OPERATORS[type(op)](_value(left, names), _value(right, names))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, names)
        case ast.Call(func=ast.Name(id=name), args=args):
            return _FUNCTIONS[name](*(_value(arg, names) for arg in args))
        case _:
            raise ValueError(ast.dump(node))
