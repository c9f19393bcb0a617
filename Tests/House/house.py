#!/usr/bin/env python3
"""Counts what Sources holds (lines, with and without those that are comments alone, and public and package
declarations), and finds circles between the folders of a module.

A folder of a module is a room. A room uses another if one of its files names a type that a file of the other declares
at top level, or `Type.member` for a static member that an extension there adds. That is all that is looked at: what
one room uses of another through instance members alone is not seen, and neither is what a nested type's name says.

Exits with 1 if an edge is part of a circle and not in ALLOWED, or is in ALLOWED and part of none, or if there are more
public declarations than MOST_PUBLIC. `--edges` prints every edge, and not only those of circles.
"""

import re
import sys
from collections import defaultdict
from pathlib import Path

SOURCES = Path(__file__).resolve().parents[2] / "Sources"

# Circles that stay: module, the two rooms, and why. Keep it short.
ALLOWED = {
    ("Messaging", ("Actors", "Episodes")):
        "ActorContext and Receiver are the episode's face towards its actors, and hold the EpisodeCore that holds them; "
        "they part when the core is a value that says what to do.",
}

# The most declarations that may be public: what a user of the library calls, and the types in its signatures. What another
# target or a test of this package needs is `package`. Raise it only for something that users call.
MOST_PUBLIC = 1008

DECLARATION = re.compile(
    r"\b(?P<kind>struct|class|enum|actor|protocol|typealias|extension)\s+(?P<name>[A-Za-z_][\w.]*)")
STATIC = re.compile(r"\bstatic\s+(?:let|var|func)\s+(?P<name>\w+)")
WORD = re.compile(r"(?P<dot>\.)?(?P<name>\b[A-Za-z_]\w*)")
QUOTE = re.compile(r'(#*)("""|")')


def code_of(text):
    """The text without comments, and without string literals but for what they interpolate; lines stay lines."""
    out, i, n = [], 0, len(text)
    # What ends the literal that an interpolation is in, and how many parentheses are open in the interpolation.
    stack = []

    def literal(i, quote, hashes):
        while i < n:
            if text.startswith("\\" + hashes + "(", i):
                stack.append([quote, hashes, 1])
                out.append(" (")
                return i + 2 + len(hashes)
            if text[i] == "\\" and not hashes:
                i += 2
            elif text.startswith(quote + hashes, i):
                return i + len(quote + hashes)
            else:
                if text[i] == "\n":
                    out.append("\n")
                i += 1
        return i

    while i < n:
        if text.startswith("//", i):
            end = text.find("\n", i)
            i = n if end < 0 else end
        elif text.startswith("/*", i):
            end = text.find("*/", i)
            end = n if end < 0 else end + 2
            out.append("\n" * text.count("\n", i, end))
            i = end
        elif opening := QUOTE.match(text, i):
            i = literal(opening.end(), opening[2], opening[1])
            out.append(" ")
        else:
            if stack:
                stack[-1][2] += {"(": 1, ")": -1}.get(text[i], 0)
                if stack[-1][2] == 0:
                    quote, hashes, _ = stack.pop()
                    out.append(")")
                    i = literal(i + 1, quote, hashes)
                    continue
            out.append(text[i])
            i += 1
    return "".join(out)


class File:
    def __init__(self, path):
        text = path.read_text()
        self.path = path
        parts = path.relative_to(SOURCES).parts
        self.module = parts[0]
        self.room = parts[1] if len(parts) > 2 else "."
        lines = [line.strip() for line in text.split("\n")]
        self.lines = len(lines) - (lines[-1] == "")
        self.commented = sum(line.startswith(("//", "/*", "*")) for line in lines)
        self.code = code_of(text)
        self.top = set()  # types at top level
        self.nested = set()  # types inside others: in this room their names are taken to be these
        self.statics = set()  # (type, member) that extensions add
        self.public = self.package = 0
        self.read()

    def read(self):
        depth, extended = 0, None
        for line in self.code.split("\n"):
            self.public += bool(re.match(r"\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:public|open)\b", line))
            self.package += bool(re.match(r"\s*(?:@\w+(?:\([^)]*\))?\s+)*package\b", line))
            for match in DECLARATION.finditer(line):
                kind, name = match["kind"], match["name"]
                level = depth + line[: match.start()].count("{") - line[: match.start()].count("}")
                if kind == "class" and re.match(r"func|var|let|subscript", name):
                    continue
                if kind == "extension":
                    extended = name
                elif level == 0:
                    self.top.add(name)
                    extended = None
                else:
                    self.nested.add(name.split(".")[0])
            if depth == 1 and extended:
                for match in STATIC.finditer(line):
                    self.statics.add((extended, match["name"]))
            depth += line.count("{") - line.count("}")
            if depth == 0:
                extended = None if "extension" not in line else extended

    def names(self, module):
        """The names that stand alone or behind the module's, with what follows a dot."""
        for match in WORD.finditer(self.code):
            dot = match["dot"]
            if dot and self.code[: match.start("name")].rstrip(". \n").split()[-1:] != [module]:
                continue
            after = re.match(r"\s*\.\s*(\w+)", self.code[match.end(): match.end() + 80])
            yield match["name"], after[1] if after else None


def strongly_connected(edges):
    """Tarjan's components of a graph, as a number for each node."""
    index, low, on, stack, component = {}, {}, set(), [], {}

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        on.add(node)
        for other in sorted(edges[node]):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in on:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            while True:
                last = stack.pop()
                on.discard(last)
                component[last] = index[node]
                if last == node:
                    break

    for node in sorted(edges):
        if node not in index:
            visit(node)
    return component


def uses(files, module):
    """For each pair of rooms what the first names of the second: identifiers, with the files that do."""
    owner, statics = {}, {}
    for file in files:
        for name in file.top:
            owner[name] = file.room
    for file in files:
        for type_, member in file.statics:
            if owner.get(type_, file.room) != file.room:
                statics[type_, member] = file.room
    found = defaultdict(lambda: defaultdict(set))
    nested = defaultdict(set)
    for file in files:
        nested[file.room] |= file.nested
    for file in files:
        for name, member in file.names(module):
            room = statics.get((name, member))
            if room and room != file.room:
                found[file.room, room][f"{name}.{member}"].add(file.path.name)
            room = owner.get(name)
            if room and room != file.room and name not in nested[file.room]:
                found[file.room, room][name].add(file.path.name)
    return found


def main():
    files = [File(path) for path in sorted(SOURCES.glob("**/*.swift"))]
    modules = defaultdict(list)
    for file in files:
        modules[file.module].append(file)
    print(f"{'module':16}{'files':>6}{'lines':>8}{'no comments':>13}{'public':>8}{'package':>9}")
    rows = [(module, of) for module, of in sorted(modules.items())] + [("all", files)]
    for module, of in rows:
        print(
            f"{module:16}{len(of):6}{sum(f.lines for f in of):8}{sum(f.lines - f.commented for f in of):13}"
            f"{sum(f.public for f in of):8}{sum(f.package for f in of):9}")
    isFine, seen = True, set()
    public = sum(file.public for file in files)
    for module, of in sorted(modules.items()):
        found = uses(of, module)
        edges = defaultdict(set)
        for one, other in found:
            edges[one].add(other)
            edges[other]
        component = strongly_connected(edges)
        for (one, other), names in sorted(found.items()):
            inCircle = component[one] == component[other]
            if not inCircle and "--edges" not in sys.argv:
                continue
            reason = None
            for (allowedModule, rooms), why in ALLOWED.items():
                if allowedModule == module and {one, other} <= set(rooms):
                    reason = why
                    seen.add((allowedModule, rooms))
            label = "allowed circle" if reason and inCircle else "CIRCLE" if inCircle else "edge"
            isFine = isFine and (label != "CIRCLE")
            print(f"{label}: {module}: {one} -> {other}")
            for name in sorted(names):
                print(f"    {name} ({', '.join(sorted(names[name]))})")
            if label == "allowed circle":
                print(f"    because {reason}")
    for key in ALLOWED.keys() - seen:
        print(f"{key} is allowed, and there is no such circle any more: take it out of ALLOWED")
        isFine = False
    print("no circle that is not allowed" if isFine else "there are circles")
    if public > MOST_PUBLIC:
        print(f"TOO PUBLIC: {public} declarations are public, at most {MOST_PUBLIC} may be: make them package or internal")
        isFine = False
    return 0 if isFine else 1


if __name__ == "__main__":
    sys.exit(main())
