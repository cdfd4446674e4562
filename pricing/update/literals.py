"""Prints the list `providers` of a Python module as JSON, without executing the module.

Constructor calls become objects: the class under "is", and the keyword arguments.
"""

import ast
import json
import sys


def convert(node):
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, (ast.List, ast.Tuple)):
        return [convert(item) for item in node.elts]
    if isinstance(node, ast.Dict):
        return {convert(key): convert(value) for key, value in zip(node.keys, node.values)}
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -convert(node.operand)
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
        arguments = [convert(argument) for argument in node.args]
        if name == "Decimal":
            return float(arguments[0])
        if name == "date":
            return "-".join(f"{part:02d}" for part in arguments)
        if name == "time":
            return ":".join(f"{part:02d}" for part in arguments)
        return {"is": name, **{keyword.arg: convert(keyword.value) for keyword in node.keywords}}
    raise ValueError(f"line {node.lineno}: not a literal")


with open(sys.argv[1], encoding="utf-8") as file:
    module = ast.parse(file.read())
for statement in module.body:
    if isinstance(statement, ast.AnnAssign) and statement.target.id == "providers":
        json.dump(convert(statement.value), sys.stdout, ensure_ascii=False)
