#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The documents of core/doc and .github against the tree: what is cited exists.

usage: tests/documents.py [DIR]        (default: the source folder); exit status 1 and a line for each fault

* CHECKS.md has a heading for each row of core/base/check_table.h, with its name and code, and no other.
* Every id (D.., PV.., PT.., ST.., G.., S.. and so on) that code, tests, manuals, README or documents cite is
  explained in CHECKS.md or DECISIONS.md.
* Every document that is named exists, and so does the section or rule that is named with it.
* Every path that a document writes in backticks exists, and so does every function, unit test and script of tests
  that it names.
"""
import glob
import os
import re
import sys

ROOT = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), ".."))
PLACES = ["core", "provider", "openssl.cnf.d", "tests", ".ci", ".github", "README.md", "CMakeLists.txt"]
DOCUMENTS = [".github", "core/doc"]
# Written like an id and none: control characters and a language.
NO_IDS = {"C0", "C11", "C17", "C99"}
ID = re.compile(r"(?<![A-Za-z0-9_.%/+=#\-])(PV|PT|ST|[DGSHIAQETKPC])(\d{1,3})(?![A-Za-z0-9_])")
RANGE = re.compile(r"(?<![A-Za-z0-9_.%/+=#\-])(PV|PT|ST|[DGSHIAQETKPC])(\d{1,3})(?:-|\.\.| to )\1(\d{1,3})(?![A-Za-z0-9_])")
NAMED = re.compile(r"(?<![\w/.\-])((?:[\w.\-]+/)*[A-Za-z][\w\-]*\.md)\b")
SECTIONS = re.compile(r"(?<![\w/])([A-Z]+)\.md,? (?:sections? )?(\d+(?:\.\d+)*(?:(?:, | and | to )\d+(?:\.\d+)*(?![\w%]))*)")
RULES = re.compile(r"\brules? (\d+)(?:-(\d+))? of ([A-Z]+)\.md")
faults = []


def fault(where, what):
    faults.append(f"{where}: {what}")


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8", errors="replace") as f:
        return f.read()


def exists(path):
    return os.path.exists(os.path.join(ROOT, path))


def sources():
    """Every text of ours. Not this file, whose business is to name what does not exist."""
    for place in PLACES:
        path = os.path.join(ROOT, place)
        if os.path.isfile(path):
            yield place
        for folder, folders, names in os.walk(path):
            folders[:] = sorted(d for d in folders if d not in ("corpus", "__pycache__"))
            for name in sorted(names):
                relative = os.path.relpath(os.path.join(folder, name), ROOT)
                if relative not in ("tests/documents.py", "tests/integration/documents.sh"):
                    yield relative


def comments(path, text):
    """Of C only the comments: `reader.md` there is code."""
    if not path.endswith((".c", ".h")):
        return text
    return "\n".join(re.findall(r"/\*.*?\*/|//[^\n]*", text, re.S))


def unwrapped(text):
    """A comment that goes on in the next line is one text."""
    return re.sub(r"[ \t]*\n[ \t]*(?:\*(?![/*])|#(?!#)|//)?[ \t]*", " ", text)


# ---- what the documents have ----

class Document:
    def __init__(self, path):
        self.path = path
        self.text = read(path)
        self.sections = set(re.findall(r"^#{2,4} (\d+(?:\.\d+)*)\.? ", self.text, re.M))
        self.rules = {int(n) for n in re.findall(r"^(\d+)\. ", self.text, re.M)}
        self.ids = {a + b for a, b in re.findall(
            r"^(?:#{2,4} |\* \*\*|- \*\*)(PV|PT|ST|[DGSHIAQETKPC])(\d+)\b", self.text, re.M)}


def documents():
    found = {}
    for folder in DOCUMENTS:
        for path in sorted(glob.glob(os.path.join(ROOT, folder, "*.md"))):
            relative = os.path.relpath(path, ROOT)
            found[os.path.basename(path)] = Document(relative)
    for needed in ("ARCHITECTURE", "DECISIONS", "CHECKS", "PROTOCOL", "FORMATS", "CHANGELOG"):
        if not exists(f"core/doc/{needed}.md"):
            fault("core/doc", f"{needed}.md is missing")
    return found


# ---- the table of checks ----

def check_table(docs):
    numbers = dict(re.findall(r"(AZATTEST_E_\w+) = (-\d+)", read("core/include/azattest.h")))
    code = {i: (name, numbers[c]) for i, name, c in re.findall(
        r'^AZA_CHECK\((\w+), "([^"]+)", (\w+)\)', read("core/base/check_table.h"), re.M)}
    if len(code) < 100:
        fault("core/base/check_table.h", "cannot be read: fewer than 100 rows")
    said = {}
    for part in re.split(r"^(?=#{2,3} )", docs["CHECKS.md"].text, flags=re.M):
        head = re.match(r"### ([A-Z]\d+) (.+)", part)
        number = re.search(r"^\* Code: (-\d+)$", part, re.M)
        if head is None or number is None:
            continue
        if head.group(1) in said:
            fault("core/doc/CHECKS.md", f"{head.group(1)} stands twice")
        said[head.group(1)] = (head.group(2).strip(), number.group(1))
        for wanted in ("Why", "Source", "Outcome"):
            if not re.search(rf"^\* {wanted}: \S", part, re.M):
                fault("core/doc/CHECKS.md", f"{head.group(1)} has no line {wanted}")
    for i in sorted(set(code) - set(said)):
        fault("core/doc/CHECKS.md", f"check {i} of core/base/check_table.h is missing")
    for i in sorted(set(said) - set(code)):
        fault("core/doc/CHECKS.md", f"check {i} is none of core/base/check_table.h")
    for i in sorted(set(said) & set(code)):
        if said[i] != code[i]:
            fault("core/doc/CHECKS.md", f"check {i} is {said[i]}, in core/base/check_table.h {code[i]}")


# ---- what is cited ----

def check_ids(path, text, known):
    cited = {a + b for a, b in ID.findall(text)}
    for kind, first, last in RANGE.findall(text):
        cited |= {f"{kind}{n}" for n in (first, last)}
    for i in sorted(cited - known - NO_IDS):
        fault(path, f"{i} is cited, but neither CHECKS.md nor DECISIONS.md explains it")


def check_sections(path, text, docs):
    flat = unwrapped(comments(path, text))
    for named in sorted(set(NAMED.findall(flat))):
        name = os.path.basename(named)
        known = name in docs or exists(name) or name == "INDEX.md"  # that one lies with the real data
        if not (exists(named) or known and ("/" not in named or not path.endswith(".md"))):
            fault(path, f"{named} is named, but there is no such document")
    for name, numbers in SECTIONS.findall(flat):
        doc = docs.get(name + ".md")
        for number in re.findall(r"\d+(?:\.\d+)*", numbers) if doc else []:
            if number not in doc.sections:
                fault(path, f"{doc.path} has no section {number}")
    for first, last, name in RULES.findall(flat):
        doc = docs.get(name + ".md")
        for number in (int(first), int(last or first)) if doc else []:
            if number not in doc.rules:
                fault(path, f"{doc.path} has no rule {number}")


def check_paths(path, text):
    for named in sorted(set(re.findall(r"`((?:core|provider|tests|\.ci|\.github)/[\w./*@{},\-]*)`", text))):
        parts = re.fullmatch(r"(.*)\{(.*)\}(.*)", named)
        names = [parts.group(1) + p + parts.group(3) for p in parts.group(2).split(",")] if parts else [named]
        for name in names:
            if not glob.glob(os.path.join(ROOT, name)):
                fault(path, f"there is no {name}")


def check_names(path, text, code):
    for name in sorted(set(re.findall(r"\baza(?:ttest)?_[a-z0-9_]*[a-z0-9]\b", text))):
        if not re.search(rf"\b{name}\b", code):
            fault(path, f"{name} is in no source of core or provider")
    for name in sorted(set(re.findall(r"(?<![\w/])unit/(\w+)", text))):
        if not exists(f"tests/unit/{name}.c"):
            fault(path, f"there is no test unit/{name}")
    for name in sorted(set(re.findall(r"(?<![\w/])(\w+\.sh)\b", text))):
        if not exists(f"tests/integration/{name}"):
            fault(path, f"there is no test {name}")


def main():
    docs = documents()
    if faults:  # everything else would follow
        print("\n".join(faults))
        return 1
    known = set()
    for name in ("CHECKS.md", "DECISIONS.md"):
        known |= docs[name].ids
    check_table(docs)
    texts = {path: read(path) for path in sources()}
    code = "\n".join(text for path, text in texts.items() if re.match(r"(core|provider|openssl\.cnf\.d)/.*\.(c|h|cnf)$", path))
    count = 0
    for path, text in texts.items():
        if "\0" in text:
            continue
        count += 1
        check_ids(path, text, known)
        check_sections(path, text, docs)
        if path.endswith(".md"):
            check_paths(path, text)
            check_names(path, text, code)
    if count < 10:
        fault(".", "hardly anything to look at: is this the source folder?")
    for line in faults:
        print(line)
    return 1 if faults else 0


sys.exit(main())
