/// The two Python programs of a trial, as files of the sandbox.
///
/// The candidate's harness runs in one process with a program that nobody trusts, which can read and change all of it. So it knows
/// nothing but the calls that it is asked to make. The judge has the tests, and believes nothing of what it is told but that
/// it is the value which a call returned.
enum PythonHarness {
  /// Stands for both texts in logs. Whoever changes what they do counts on.
  static let version = 1

  /// Reads a line with a call, `[ARGUMENTS, NAMED ARGUMENTS]`, calls the program's function, and writes a line with the value.
  ///
  /// Values are JSON, in which lists stand for themselves and what JSON lacks is an object with one letter: `{"t": [1, 2]}` is a
  /// tuple. Lines of the program are counted, so that most endless loops end at the same place on every machine.
  static let candidate = #"""
    import ast, json, os, sys

    def start():
        questions, answers = os.fdopen(os.dup(0), encoding="utf-8"), os.dup(1)
        nothing = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(nothing, number)
        name, most = sys.argv[1], int(sys.argv[2])
        left = most

        def say(kind, value):
            text = (json.dumps({kind: value}) + "\n").encode()
            while text:
                text = text[os.write(answers, text):]

        def told(error):
            return [type(error).__name__, str(error)[:500]]

        def trace(frame, event, argument):
            nonlocal left
            left -= 1
            if left < 0:
                say("steps", None)
                os._exit(1)
            return trace

        def plain(value):
            if value is None or isinstance(value, bool):
                return value
            for kind in (int, float, str):
                if isinstance(value, kind):
                    return kind(value)
            if isinstance(value, list):
                return [plain(one) for one in value]
            if isinstance(value, tuple):
                return {"t": [plain(one) for one in value]}
            if isinstance(value, (set, frozenset)):
                return {"s": [plain(one) for one in sorted(value, key=repr)]}
            if isinstance(value, dict):
                return {"d": [[plain(key), plain(one)] for key, one in value.items()]}
            if isinstance(value, (bytes, bytearray)):
                return {"b": list(value)}
            if isinstance(value, complex):
                return {"c": [value.real, value.imag]}
            return {"o": type(value).__name__}

        def value(given):
            if isinstance(given, list):
                return [value(one) for one in given]
            if not isinstance(given, dict):
                return given
            ((kind, inner),) = given.items()
            if kind == "t":
                return tuple(value(one) for one in inner)
            if kind == "s":
                return {value(one) for one in inner}
            if kind == "d":
                return {value(key): value(one) for key, one in inner}
            if kind == "b":
                return bytes(inner)
            return complex(*inner)

        space = {"__name__": "program"}
        try:
            with open("/work/program.py", encoding="utf-8") as file:
                # Written anew, each statement stands on a line of its own, and counts.
                code = compile(ast.unparse(ast.parse(file.read())), "program.py", "exec")
            sys.settrace(trace)
            exec(code, space)
            function = space[name]
        except KeyError:
            return say("failed", ["NameError", f"there is no function {name}"])
        except BaseException as error:
            return say("failed", told(error))
        finally:
            sys.settrace(None)
        say("ready", None)
        for line in questions:
            arguments, named = json.loads(line)
            left = most
            try:
                arguments, named = value(arguments), {key: value(one) for key, one in named.items()}
                sys.settrace(trace)
                try:
                    result = function(*arguments, **named)
                finally:
                    sys.settrace(None)
                result = plain(result)
            except BaseException as error:
                say("raised", told(error))
            else:
                say("value", result)

    start()
    """#

  /// Runs the tests, with a function that puts every call to the candidate, and writes its verdict to standard error.
  static let judge = #"""
    import ast, builtins, json, os, sys

    LONGEST = 1 << 20

    class Failed(Exception):
        """The candidate gave no value."""

    class Broken(Exception):
        """The tests are no tests."""

    def main():
        answers, questions, verdict = os.fdopen(os.dup(0), "rb"), os.dup(1), os.dup(2)
        nothing = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(nothing, number)
        with open("/work/trial.json", encoding="utf-8") as file:
            trial = json.load(file)
        name, last = trial["entry"], None

        def plain(value):
            if value is None or isinstance(value, (bool, int, float, str)):
                return value
            if isinstance(value, list):
                return [plain(one) for one in value]
            if isinstance(value, tuple):
                return {"t": [plain(one) for one in value]}
            if isinstance(value, (set, frozenset)):
                return {"s": [plain(one) for one in sorted(value, key=repr)]}
            if isinstance(value, dict):
                return {"d": [[plain(key), plain(one)] for key, one in value.items()]}
            if isinstance(value, bytes):
                return {"b": list(value)}
            if isinstance(value, complex):
                return {"c": [value.real, value.imag]}
            raise Broken(f"a test gives the program a {type(value).__name__}, which cannot be handed to it")

        def value(given):
            if isinstance(given, list):
                return [value(one) for one in given]
            if not isinstance(given, dict):
                return given
            ((kind, inner),) = given.items()
            if kind == "t":
                return tuple([value(one) for one in inner])
            if kind == "s":
                return {value(one) for one in inner}
            if kind == "d":
                return {value(key): value(one) for key, one in inner}
            if kind == "b":
                return bytes(inner)
            if kind == "c":
                return complex(*inner)
            raise Failed(f"it returned a {str(inner)[:50]}, which is no value that tests can look at")

        def hear():
            line = answers.readline(LONGEST)
            if not line:
                raise Failed("the program ended")
            if not line.endswith(b"\n"):
                raise Failed(f"it returned more than {LONGEST} bytes" if len(line) == LONGEST else "the program ended")
            try:
                ((kind, inner),) = json.loads(line).items()
                if kind == "value":
                    return kind, value(inner)
                if kind in ("raised", "failed"):
                    type_name, text = inner
                    return kind, (str(type_name)[:100], str(text)[:500])
            except Failed:
                raise
            except Exception:
                raise Failed("what it returned cannot be read") from None
            if kind == "steps":
                raise Failed(f"it ran for more than {trial['steps']} lines")
            return kind, None

        gone = None

        def ask(*arguments, **named):
            nonlocal gone, last
            shown = ", ".join([repr(one) for one in arguments] + [f"{key}={one!r}" for key, one in named.items()])
            last = f"{name}({shown})"
            if gone:
                raise Failed(gone)
            text = json.dumps([plain(list(arguments)), {key: plain(one) for key, one in named.items()}]) + "\n"
            try:
                try:
                    rest = text.encode()
                    while rest:
                        rest = rest[os.write(questions, rest):]
                except OSError:
                    raise Failed("the program ended") from None
                kind, inner = hear()
            except Failed as failure:
                gone = str(failure)
                raise
            if kind == "value":
                last += f" gave {inner!r}"
                return inner
            if kind != "raised":
                gone = "it says what nobody asked"
                raise Failed(gone)
            last += f" raised {inner[0]}: {inner[1]}"
            known = getattr(builtins, inner[0], None)
            if isinstance(known, type) and issubclass(known, Exception):
                try:
                    error = known(inner[1])
                except Exception:
                    raise Failed("") from None
                error.of_candidate = True
                raise error
            raise Failed("")

        passed, total, failure = 0, 0, None

        def attempt(run, text, counts=True):
            nonlocal passed, total, failure, last
            last = None
            try:
                run()
                passed, total = passed + counts, total + counts
                return True
            except Broken:
                raise
            except BaseException as error:
                if isinstance(error, (NameError, ImportError)) and not getattr(error, "of_candidate", False):
                    raise Broken(f"{type(error).__name__}: {error}") from None
                total += 1
                if failure is None:
                    why = str(error) if isinstance(error, Failed) else None
                    failure = ": ".join([part for part in (text, last, why) if part]) or type(error).__name__
                return False

        def run():
            nonlocal gone
            space = {"__name__": "tests"}
            try:
                exec(compile(trial["prelude"], "prelude", "exec"), space)
                tree = ast.parse(trial["tests"], "tests")
                for node in tree.body:
                    compile(ast.Module([node], []), "tests", "exec")
            except Exception as error:
                raise Broken(f"{type(error).__name__}: {error}") from None
            try:
                kind, inner = hear()
                if kind != "ready":
                    gone = f"{inner[0]}: {inner[1]}" if kind == "failed" else "the program ended"
            except Failed as error:
                gone = str(error)
            space[name] = ask
            for node in tree.body:
                code = compile(ast.Module([node], []), "tests", "exec")
                if isinstance(node, ast.Assert):
                    attempt(lambda: exec(code, space), ast.unparse(node.test))
                elif not attempt(lambda: exec(code, space), "", counts=False):
                    return
            if "check" in space and name != "check":
                attempt(lambda: space["check"](ask), "")
            if total == 0:
                raise Broken("nothing is tested")

        try:
            run()
            found = {"passed": passed, "total": total, "failure": failure and failure[:500]}
        except Broken as error:
            found = {"broken": str(error)[:500]}
        os.write(verdict, json.dumps(found).encode())
        os._exit(0)

    main()
    """#
}
