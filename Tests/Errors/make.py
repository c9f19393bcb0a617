#!/usr/bin/env python3
"""Makes docs/errors.md: provokes every error below with the program, and writes down what it says.

usage: Tests/Errors/make.py TROUPE           writes docs/errors.md
       Tests/Errors/make.py TROUPE --check   fails if docs/errors.md is not what would be written

A case that ends with another exit code than it says fails in both. The cases are in cases.py beside this file.
"""
import concurrent.futures, difflib, os, shutil, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PAGE = os.path.join(ROOT, "docs", "errors.md")
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True
import cases


def cell(text):
    """Text in a cell of a table, which a bar would end."""
    return text.replace("|", "\\|")


def code(text):
    """Lines of code in a cell."""
    if "\n" in text:
        return "<br>".join(code(line) for line in text.split("\n"))
    ticks = "``" if "`" in text else "`"
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{space}{cell(text)}{space}{ticks}"


class Provoker:
    def __init__(self, troupe):
        self.scratch = tempfile.mkdtemp(prefix="troupe-errors-")
        os.makedirs(os.path.join(self.scratch, "bin"))
        os.symlink(os.path.abspath(troupe), os.path.join(self.scratch, "bin", "troupe"))
        self.environment = dict(os.environ, PATH=os.path.join(self.scratch, "bin") + ":" + os.environ["PATH"], NO_COLOR="1")
        self.failures = []

    def shell(self, command, folder):
        return subprocess.run(
            ["bash", "-c", command], cwd=folder, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            errors="replace", timeout=120)

    def prepare(self):
        """Files that many cases need: a scenario, a log, a run."""
        self.base = os.path.join(self.scratch, "base")
        os.makedirs(self.base)
        for name, text in cases.FILES.items():
            with open(os.path.join(self.base, name), "w", encoding="utf-8") as file:
                file.write(text)
        for command in cases.PREPARE:
            done = self.shell(command, self.base)
            if done.returncode:
                sys.exit(f"{command}\nended with {done.returncode}:\n{done.stdout}{done.stderr}")

    def provoke(self, number, case):
        """What the case prints on standard error."""
        folder = os.path.join(self.scratch, f"case-{number}")
        # What may be changed is copied; what is only read is linked, which is faster.
        changes = case.before or "--resume" in case.command
        shutil.copytree(self.base, folder, copy_function=shutil.copy2 if changes else os.link)
        if case.file:
            with open(os.path.join(folder, case.file), "w", encoding="utf-8") as file:
                file.write(case.text)
        if case.before:
            done = self.shell(case.before, folder)
            if done.returncode:
                self.failures.append(f"{case.before}\nended with {done.returncode}: {done.stderr}")
        done = self.shell(case.command, folder)
        shutil.rmtree(folder)
        said = done.stderr.strip() or done.stdout.strip()
        if case.keep:
            said = "\n".join(line for line in said.split("\n") if case.keep in line)
        if done.returncode != case.code or not said:
            self.failures.append(f"{case.shown}\nended with {done.returncode}, not {case.code}: {said}")
        return said

    def page(self):
        everything = [case for _, _, group in cases.GROUPS for case in group]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            said = dict(zip(map(id, everything), pool.map(self.provoke, range(len(everything)), everything)))
        text = cases.BEGINNING.format(count=len(everything))
        for title, words, group in cases.GROUPS:
            text += f"\n## {title}\n{words}\n\n| what was done | what is said | what to do |\n| --- | --- | --- |\n"
            for case in group:
                ended = "" if case.code == 2 else f" (exit code {case.code})"
                text += f"| {cell(case.words) + ' ' if case.words else ''}{code(case.shown) if case.shown else ''} | {code(said[id(case)])}{ended} | {cell(case.todo)} |\n"
        return text + cases.END


def main(troupe, check):
    provoker = Provoker(troupe)
    try:
        provoker.prepare()
        text = provoker.page()
    finally:
        shutil.rmtree(provoker.scratch)
    if provoker.failures:
        sys.exit("\n\n".join(provoker.failures))
    if not check:
        with open(PAGE, "w", encoding="utf-8") as file:
            file.write(text)
        return
    with open(PAGE, encoding="utf-8") as file:
        kept = file.read()
    if kept != text:
        difference = difflib.unified_diff(kept.split("\n"), text.split("\n"), "docs/errors.md", "what the program says", lineterm="", n=0)
        sys.exit("\n".join(difference) + "\ndocs/errors.md is not what the program says; make it anew: Tests/Errors/make.py TROUPE")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3) or sys.argv[2:] not in ([], ["--check"]):
        sys.exit(__doc__)
    main(sys.argv[1], "--check" in sys.argv)
