#!/usr/bin/env python3
"""Measures `image-lint list` beside `helm template` over a folder of charts.

    target/hook-tools/venv/bin/python scripts/measure-charts.py FOLDER [--part tuned|held] [--places | --speed] [--cache FILE]

Each folder in FOLDER is a chart with its dependencies in charts/. It is rendered with its defaults and with each values
file beside it. Printed are: recall (images that helm's output deploys and `list` has), complete charts, precision (images
that are asked and that some rendering contains) and, with --places, how often a change at the place of a mention changes
an image of helm's output. With --speed nothing is judged: processor time (user and system, of whole processes, in turns)
and peak memory of `helm template` with the defaults, and of `list`, are printed. The part is by a hash of the chart's name: two thirds are tuned on, one third is held back.
Programs: target/debug/image-lint (or --program), target/hook-tools/charts/helm. Needs PyYAML.
"""

import argparse
import collections
import concurrent.futures
import glob
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile

import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TARGET = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
HELM = os.path.join(TARGET, "hook-tools/charts/helm")
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
CONTAINERS = ("containers", "initContainers", "ephemeralContainers")
NO_OBJECTS = ("CustomResourceDefinition", "ConfigMap", "Secret")
TOKEN = re.compile(r"[A-Za-z0-9][\w.\-/:@+]*")


def normalised(image):
    """`nginx` as docker.io/library/nginx:latest."""
    name, _, digest = image.partition("@")
    head, slash, rest = name.partition("/")
    if not slash or not ("." in head or ":" in head or head == "localhost"):
        head, rest = "docker.io", name
    if head in ("index.docker.io", "registry-1.docker.io"):
        head = "docker.io"
    if head == "docker.io" and "/" not in rest:
        rest = "library/" + rest
    if ":" not in rest and not digest:
        rest += ":latest"
    return f"{head}/{rest}" + (f"@{digest}" if digest else "")


def images(text):
    """Images that rendered objects deploy."""
    found = set()
    # A document that is no YAML costs the cluster that document alone.
    for document in re.split(r"(?m)^---.*$", text):
        try:
            for object_ in yaml.load_all(document, Loader=LOADER):
                if isinstance(object_, dict) and object_.get("kind") not in NO_OBJECTS:
                    walk(object_, found)
        except (yaml.YAMLError, ValueError):
            continue
    return found


def walk(value, found):
    if isinstance(value, dict):
        for key, item in value.items():
            if key in CONTAINERS and isinstance(item, list):
                for container in item:
                    image = container.get("image") if isinstance(container, dict) else None
                    if isinstance(image, str) and image and " " not in image:
                        found.add(normalised(image))
            walk(item, found)
    elif isinstance(value, list):
        for item in value:
            walk(item, found)


def tokens(text):
    """Whatever in a text may be an image, also as a part of an argument."""
    found = set()
    for token in TOKEN.findall(text):
        token = token.rstrip(".:")
        found.add(normalised(token))
    return found


def contained_in(text):
    """Whatever in a rendered text may be an image, a repository with its tag in fields of their own among it."""
    found = tokens(text)
    for document in re.split(r"(?m)^---.*$", text):
        if not any(key in document for key in ("repository:", "tag:", "baseImage:")):
            continue
        try:
            for object_ in yaml.load_all(document, Loader=LOADER):
                put_together(object_, found)
        except (yaml.YAMLError, ValueError):
            continue
    return found


def put_together(value, found):
    if isinstance(value, dict):
        # `baseImage` with `version` is how the operator of Prometheus took its images at first.
        name = value.get("repository") or value.get("baseImage") or value.get("image") or value.get("name")
        tag = value.get("tag") or value.get("version")
        if isinstance(name, str) and tag:
            found.add(normalised(f"{name}:{tag}"))
            if isinstance(value.get("registry"), str):
                found.add(normalised(f"{value['registry']}/{name}:{tag}"))
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        put_together(item, found)


def is_of_chart(path):
    """A file that makes the chart, not one that merely is in its folder."""
    inner = re.sub(r"^(charts/[^/]+/)+", "", path)
    return inner in ("Chart.yaml", "values.yaml") or inner.startswith(("templates/", "ci/", "crds/")) or (
        "/" not in inner and "values" in inner)


def helm(chart, arguments):
    ran = subprocess.run([HELM, "template", chart, *arguments], capture_output=True, text=True, errors="replace")
    return ran.stdout if ran.returncode == 0 else None


def values_files(chart):
    beside = set(glob.glob(f"{chart}/ci/*.y*ml") + glob.glob(f"{chart}/*values*.y*ml"))
    return sorted(beside - {f"{chart}/values.yaml"})


def rendered(chart, cache):
    """What helm makes: of the defaults, and of each values file. None where it refuses."""
    key = os.path.basename(chart)
    if key not in cache:
        all_ = {"": helm(chart, [])}
        for file in values_files(chart):
            all_[os.path.relpath(file, chart)] = helm(chart, ["-f", file])
        cache[key] = {
            name: None if text is None else {"images": sorted(images(text)), "tokens": sorted(contained_in(text))}
            for name, text in all_.items()
        }
    return cache[key]


def listed(chart, program):
    ran = subprocess.run([program, "list", "--format", "jsonl", "--no-gitignore", "."], cwd=chart,
                         capture_output=True, text=True)
    return [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]


def turned_on(condition):
    """Arguments of helm that turn on what a condition says."""
    paths = condition.removeprefix("when ").split(" and ")
    return [word for path in paths for word in ("--set", path + "=true")]


def judge(chart, cache, options):
    """One chart's counts and what went wrong."""
    by_helm = rendered(chart, cache)
    if all(outcome is None for outcome in by_helm.values()):
        return None
    mentions = [m for m in listed(chart, options.program) if m["kind"] == "image" and m["role"] == "run"]
    asked = [m for m in mentions if m["status"] == "known" and m["asked"] and is_of_chart(m["path"])]
    known = {m["reference"] for m in asked}
    of = lambda names, what: {i for name in names if by_helm[name] for i in by_helm[name][what]}
    # What only the release decides is open in `list`.
    open_ = [m["text"] for m in mentions if m["status"] == "open"]
    default, everything = of([""], "images"), of(by_helm, "images")
    released = of_release(chart, by_helm, everything - known)
    default, everything = default - released, everything - released
    contained = of(by_helm, "tokens")
    wrong, unjudged = [], []
    extra = {}
    for mention in asked:
        if mention["reference"] in contained:
            continue
        condition = mention.get("condition")
        if condition and condition.startswith("when "):
            if condition not in extra:
                extra[condition] = helm(chart, turned_on(condition))
            if extra[condition] is None:
                unjudged.append(f"{mention['path']}:{mention['line']} {mention['reference']} {condition}")
                continue
            if mention["reference"] in contained_in(extra[condition]):
                continue
        wrong.append(f"{mention['path']}:{mention['line']} {mention['reference']} {condition or ''}".strip())
    counts = {
        "default": by_helm[""] is not None,
        "images": len(default), "found": len(default & known),
        "all": len(everything), "all_found": len(everything & known),
        "asked": len(asked) - len(unjudged), "wrong": wrong, "unjudged": unjudged,
        "missing": sorted(default - known), "all_missing": sorted(everything - known - default),
        "released": sorted(released), "open": open_[:5],
    }
    if options.places:
        rows = [(name, ["-f", name] if name else []) for name in by_helm if by_helm[name]]
        rows += [(when, turned_on(when)) for when, text in extra.items() if text is not None]
        rendered_ones = [m for m in asked if m["reference"] in contained or extra.get(m.get("condition"))]
        counts["places"] = places(chart, rendered_ones, rows)
    return counts


def of_release(chart, by_helm, missing):
    """Images that another release name, namespace or version of the cluster changes: they are open in `list`."""
    if not missing:
        return set()
    other = set()
    for name in by_helm:
        arguments = ["--namespace", "elsewhere", "--name-template", "other", "--kube-version", "1.31.7"]
        text = helm(chart, arguments + (["-f", os.path.join(chart, name)] if name else []))
        other |= images(text or "")
    return missing - other


def places(chart, mentions, rows):
    """A mark at each place, and whether helm's output has it, with the arguments of one of the rows."""
    spans = {}
    for mention in mentions:
        spans.setdefault((mention["path"], mention["start_byte"], mention["end_byte"]), mention)
    marked = []
    outside = 0
    for (path, start, end), mention in sorted(spans.items()):
        full = os.path.join(chart, path)
        if end <= start or not os.path.isfile(full):
            outside += 1
            continue
        with open(full, "rb") as file:
            text = file.read()[start:end]
        letter = re.search(rb"[A-Za-z0-9]", text)
        if letter is None:
            outside += 1
            continue
        marked.append((path, start + letter.start(), f"zq{len(marked)}qz", mention))
    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, os.path.basename(chart))
        seen = with_marks(chart, copy, marked, rows)
        missed = [mark for mark in marked if mark[2] not in seen]
        # Marks may be in each other's way, and some are only there when a value is turned on.
        wrong = []
        for mark in missed:
            when = mark[3].get("condition")
            own = [(when, turned_on(when))] if when and when.startswith("when ") else rows
            if mark[2] not in with_marks(chart, copy, [mark], own):
                wrong.append(mark)
    shown = [f"{mark[0]}:{mark[3]['line']} {mark[3]['text']} -> {mark[3]['reference']}" for mark in wrong]
    return {"tried": len(marked), "outside": outside, "wrong": shown}


def with_marks(chart, copy, marks, rows):
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(chart, copy)
    for path in {mark[0] for mark in marks}:
        full = os.path.join(copy, path)
        with open(full, "rb") as file:
            text = file.read()
        for _, at, word, _ in sorted((m for m in marks if m[0] == path), key=lambda m: -m[1]):
            text = text[:at] + word.encode() + text[at:]
        with open(full, "wb") as file:
            file.write(text)
    seen = set()
    for _, arguments in rows:
        # Bitnami's charts refuse images that are not their own.
        allowed = ["--set", "global.security.allowInsecureImages=true"]
        own = [a if a.startswith(("-", "/")) or "=" in a else os.path.join(copy, a) for a in arguments]
        text = helm(copy, allowed + own)
        seen.update(re.findall(r"zq\d+qz", text or ""))
        if len(seen) == len(marks):
            break
    return seen


def cost(arguments, folder):
    """Processor time of one process in milliseconds, and its peak memory in MiB."""
    child = subprocess.Popen(arguments, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, used = os.wait4(child.pid, 0)
    child.returncode = 0
    return (used.ru_utime + used.ru_stime) * 1000, used.ru_maxrss / 1024


def speed(charts, options):
    ours, helms = [], []
    for chart in charts:
        of_list = lambda: cost([options.program, "list", "--format", "jsonl", "--no-gitignore", "."], chart)
        of_helm = lambda: cost([HELM, "template", chart], chart)
        # The better of two of each, in turns: other work on the machine comes in between.
        pairs = [(of_helm(), of_list()) for _ in range(2)]
        helms.append(min(pair[0] for pair in pairs))
        ours.append(min(pair[1] for pair in pairs) + (os.path.basename(chart),))
    nothing = min(cost([options.program, "--version"], "/") for _ in range(5))
    median = lambda numbers: sorted(numbers)[len(numbers) // 2]
    total = [sum(row[0] for row in rows) for rows in (helms, ours)]
    print(f"charts: {len(charts)}, processor time of all: helm {total[0]:.0f} ms, list {total[1]:.0f} ms, "
          f"{total[0] / total[1]:.1f} x less")
    print(f"median: helm {median([row[0] for row in helms]):.1f} ms, list {median([row[0] for row in ours]):.1f} ms, "
          f"list that does nothing {nothing[0]:.1f} ms")
    print(f"median of the ratios: {median([h[0] / max(o[0], 0.5) for h, o in zip(helms, ours)]):.1f}")
    print(f"peak memory: helm median {median([row[1] for row in helms]):.0f} MiB, most {max(row[1] for row in helms):.0f}; "
          f"list median {median([row[1] for row in ours]):.0f} MiB, most {max(row[1] for row in ours):.0f}")
    over = sorted((row for row in ours if row[1] > 64), key=lambda row: -row[1])
    for milliseconds, memory, name in over[:10]:
        print(f"over 64 MiB: {name} {memory:.0f} MiB, {milliseconds:.0f} ms")
    for milliseconds, memory, name in sorted(ours, reverse=True)[:10]:
        print(f"most time: {name} {milliseconds:.0f} ms, {memory:.0f} MiB")


def part_of(chart):
    with open(f"{chart}/Chart.yaml", encoding="utf8", errors="replace") as file:
        name = re.search(r"(?m)^name:\s*['\"]?([^'\"\s#]+)", file.read())
    digest = hashlib.sha256((name.group(1) if name else chart).encode()).digest()
    return "held" if digest[0] % 3 == 2 else "tuned"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--part", choices=["tuned", "held"])
    parser.add_argument("--places", action="store_true")
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--cache", help="where what helm gave is kept")
    parser.add_argument("--program", default=os.path.join(TARGET, "debug/image-lint"))
    parser.add_argument("--only", default="", help="a part of the names of the folders")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", help="where the outcome of each chart is written")
    options = parser.parse_args()
    options.program = os.path.abspath(options.program)
    cache = {}
    if options.cache and os.path.exists(options.cache):
        with open(options.cache, encoding="utf8") as file:
            cache = json.load(file)
    charts = sorted(os.path.abspath(c) for c in glob.glob(f"{options.folder}/*") if os.path.exists(f"{c}/Chart.yaml"))
    charts = [c for c in charts if options.only in os.path.basename(c)]
    if options.part:
        charts = [c for c in charts if part_of(c) == options.part]
    if options.speed:
        return speed(charts, options)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        outcomes = dict(zip(charts, pool.map(lambda chart: judge(chart, cache, options), charts)))
    if options.cache:
        with open(options.cache, "w", encoding="utf8") as file:
            json.dump(cache, file)
    report(outcomes, options)


def report(outcomes, options):
    measured = {os.path.basename(c): o for c, o in outcomes.items() if o is not None}
    if options.json:
        with open(options.json, "w", encoding="utf8") as file:
            json.dump(measured, file, indent=1)
    total = collections.Counter()
    for outcome in measured.values():
        for key in ("images", "found", "all", "all_found", "asked"):
            total[key] += outcome[key]
        total["wrong"] += len(outcome["wrong"])
        total["unjudged"] += len(outcome["unjudged"])
        total["with_images"] += outcome["images"] > 0
        total["complete"] += outcome["images"] > 0 and outcome["images"] == outcome["found"]
        total["released"] += len(outcome["released"])
        for key in ("tried", "outside"):
            total[key] += outcome.get("places", {}).get(key, 0)
        total["misplaced"] += len(outcome.get("places", {}).get("wrong", []))
    for name, outcome in measured.items():
        for kind in ("missing", "all_missing", "wrong", "unjudged"):
            for line in outcome[kind]:
                print(f"{kind}\t{name}\t{line}")
        for line in outcome.get("places", {}).get("wrong", []):
            print(f"place\t{name}\t{line}")
    share = lambda a, b: f"{total[a]} of {total[b]} = {total[a] / max(total[b], 1):.4f}"
    print(f"charts: {len(outcomes)}, refused by helm with all values: {len(outcomes) - len(measured)}")
    print(f"recall, defaults: {share('found', 'images')}")
    print(f"recall, all values files: {share('all_found', 'all')}")
    print(f"left out, since release or cluster decide them: {total['released']}")
    print(f"complete: {share('complete', 'with_images')}")
    right = total["asked"] - total["wrong"]
    print(f"precision: {right} of {total['asked']} = {right / max(total['asked'], 1):.4f}, not judged {total['unjudged']}")
    if options.places:
        right = total["tried"] - total["misplaced"]
        print(f"places: {right} of {total['tried']} = {right / max(total['tried'], 1):.4f}, in archives {total['outside']}")


if __name__ == "__main__":
    main()
