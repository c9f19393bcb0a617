#!/usr/bin/env python3
"""Writes the text of a DocC archive into its HTML pages, so that they can be read from the disk and without scripts.

The toolchain's docc has an option for this (--experimental-transform-for-static-hosting-with-content), but Swift 6.3.1's ends on Linux
with a segmentation fault in libFoundationXML (XMLNode.deinit) for every module of ours but the smallest. The text of a page is in a
file of JSON beside it; it goes into the element that the page's own script replaces when the archive is served.

usage: static_docs.py ARCHIVE    exits with 1 if a page has a shape that is not known here, or lacks its abstract.
"""
import html, json, os, re, sys


class Page:
    def __init__(self, archive, path):
        self.path = os.path.relpath(path, os.path.join(archive, "data"))[: -len(".json")]
        with open(path, encoding="utf-8") as file:
            self.node = json.load(file)
        self.references = self.node.get("references", {})

    def link(self, identifier, text=None):
        reference = self.references.get(identifier, {})
        title, url = text or html.escape(reference.get("title", identifier)), reference.get("url", "")
        if reference.get("kind") == "symbol" and text is None:
            title = f"<code>{title}</code>"
        if url.startswith("/"):
            url = os.path.relpath(url[1:], self.path) + "/index.html"
        return f'<a href="{html.escape(url)}">{title}</a>' if url else title

    def inline(self, nodes):
        text = ""
        for node in nodes:
            kind = node["type"]
            if kind == "text":
                text += html.escape(node["text"])
            elif kind == "codeVoice":
                text += f"<code>{html.escape(node['code'])}</code>"
            elif kind == "reference":
                text += self.link(node["identifier"], html.escape(node["overridingTitle"]) if "overridingTitle" in node else None)
            elif kind in ("emphasis", "strong"):
                tag = "em" if kind == "emphasis" else "strong"
                text += f"<{tag}>{self.inline(node['inlineContent'])}</{tag}>"
            else:
                raise ValueError(f"inline content of kind {kind}")
        return text

    def blocks(self, nodes):
        text = ""
        for node in nodes:
            kind = node["type"]
            if kind == "paragraph":
                text += f"<p>{self.inline(node['inlineContent'])}</p>\n"
            elif kind == "heading":
                text += f"<h{node['level']}>{html.escape(node['text'])}</h{node['level']}>\n"
            elif kind == "codeListing":
                text += f"<pre>{html.escape(chr(10).join(node['code']))}</pre>\n"
            elif kind == "aside":
                text += f"<p><b>{html.escape(node['name'])}</b></p>\n{self.blocks(node['content'])}"
            elif kind in ("unorderedList", "orderedList"):
                tag = "ul" if kind == "unorderedList" else "ol"
                text += f"<{tag}>" + "".join(f"<li>{self.blocks(item['content'])}</li>" for item in node["items"]) + f"</{tag}>\n"
            elif kind == "termList":
                text += "<dl>" + "".join(
                    f"<dt>{self.inline(item['term']['inlineContent'])}</dt><dd>{self.blocks(item['definition']['content'])}</dd>"
                    for item in node["items"]) + "</dl>\n"
            elif kind == "table":
                rows = ["".join(f"<td>{self.blocks(cell)}</td>" for cell in row) for row in node["rows"]]
                text += "<table>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</table>\n"
            else:
                raise ValueError(f"content of kind {kind}")
        return text

    def section(self, section):
        kind = section["kind"]
        if kind == "declarations":
            return "".join(
                f"<pre>{html.escape(''.join(token['text'] for token in declaration['tokens']))}</pre>\n"
                for declaration in section["declarations"])
        if kind == "content":
            return self.blocks(section["content"])
        if kind == "parameters":
            return "<h2>Parameters</h2>\n<dl>" + "".join(
                f"<dt><code>{html.escape(one['name'])}</code></dt><dd>{self.blocks(one['content'])}</dd>"
                for one in section["parameters"]) + "</dl>\n"
        if kind == "mentions":
            return ""
        raise ValueError(f"a section of kind {kind}")

    def topics(self):
        text = ""
        for name in ("topicSections", "relationshipsSections"):
            for group in self.node.get(name, []):
                text += f"<h3>{html.escape(group['title'])}</h3>\n<dl>"
                for identifier in group["identifiers"]:
                    text += f"<dt>{self.link(identifier)}</dt><dd>{self.inline(self.references.get(identifier, {}).get('abstract', []))}</dd>"
                text += "</dl>\n"
        return text

    @property
    def title(self):
        return html.escape(self.node["metadata"]["title"])

    @property
    def abstract(self):
        return self.inline(self.node.get("abstract", []))

    @property
    def html(self):
        role = html.escape(self.node["metadata"].get("roleHeading", ""))
        above = " / ".join(self.link(one) for one in self.node.get("hierarchy", {}).get("paths", [[]])[0])
        return (
            f'<main style="max-width:46em;margin:2em auto;padding:0 1em;font-family:sans-serif;line-height:1.5">\n'
            f"<p>{above}</p>\n<p>{role}</p>\n<h1>{self.title}</h1>\n<p>{self.abstract}</p>\n"
            + "".join(self.section(one) for one in self.node.get("primaryContentSections", []))
            + self.topics() + "</main>")


def main(archive):
    count = 0
    for folder, _, names in os.walk(os.path.join(archive, "data", "documentation")):
        for name in sorted(names):
            page = Page(archive, os.path.join(folder, name))
            target = os.path.join(archive, page.path, "index.html")
            with open(target, encoding="utf-8") as file:
                text = file.read()
            text = re.sub(r"<noscript>.*?</noscript>", "", text, flags=re.S)
            text = text.replace("<title>Documentation</title>", f"<title>{page.title}</title>")
            text = text.replace('<div id="app"></div>', f'<div id="app">{page.html}</div>')
            if page.html not in text:
                raise ValueError(f"{target} has no place for its text")
            with open(target, "w", encoding="utf-8") as file:
                file.write(text)
            count += 1
    if count == 0:
        raise ValueError("there are no pages")
    print(f"{archive}: {count} pages")


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except (ValueError, KeyError, OSError) as error:
        sys.exit(f"{sys.argv[1]}: {error!r}")
