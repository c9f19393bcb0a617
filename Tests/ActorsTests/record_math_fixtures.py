#!/usr/bin/env python3
"""Records the test cases of math-verify (PyPI, Apache-2.0) and what it says of them, for MathVerifierTests.

usage: record_math_fixtures.py DIRECTORY    (of the unpacked source distribution; needs math-verify, its parser and pytest)

Each line of Fixtures/math_verify.jsonl is a case: the test, the right answer, the given one, and what is expected. Cases whose test
sets options of its own, such as a precision, are left out, because there is nothing to compare them with.
"""
import importlib.util, json, pathlib, sys

HERE = pathlib.Path(__file__).parent
OPTIONS = {"precision", "strict", "allow_set_relation_comp", "config"}


def cases(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name, test in vars(module).items():
        for mark in getattr(test, "pytestmark", []) if name.startswith("test_") else []:
            names = [one.strip() for one in mark.args[0].split(",")] if mark.name == "parametrize" else []
            if not {"gold", "pred"} <= set(names) or OPTIONS & set(names):
                continue
            for values in mark.args[1]:
                row = dict(zip(names, getattr(values, "values", values)))
                expected = row.get("expected", row.get("result"))
                yield {"test": f"{path.stem}.{name}", "gold": row["gold"], "given": row["pred"], "expected": bool(expected)}


def main():
    directory = pathlib.Path(sys.argv[1]) / "tests"
    sys.path.insert(0, str(directory.parent))
    found = [case for path in sorted(directory.glob("test_*.py")) for case in cases(path)]
    with open(HERE / "Fixtures" / "math_verify.jsonl", "w", encoding="utf-8") as file:
        for case in found:
            file.write(json.dumps(case, ensure_ascii=False) + "\n")
    print(len(found), "cases")


main()
