"use strict";
// Puts a list with search, filters and all images in place of the still one. Text becomes text nodes only: there is no
// markup from data anywhere, and the page's policy would refuse it.
(() => {
  const CHUNK = 100;
  const PLACES = 50;
  const PRINTED = 2000;
  const byId = (id) => document.getElementById(id);
  const { texts, statuses, registries, targets, files, links, images, uses, problems } = JSON.parse(
    byId("images").textContent,
  );
  const total = images.name.length;
  const number = (n) => n.toLocaleString("en");
  const plural = (n, one, many) => `${number(n)} ${n === 1 ? one : many || `${one}s`}`;

  // ---- elements ----

  const element = (tag, attributes, ...children) => {
    const made = document.createElement(tag);
    for (const name in attributes) made.setAttribute(name, attributes[name]);
    made.append(...children);
    return made;
  };
  const SVG = "http://www.w3.org/2000/svg";
  const icon = (status) => {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    const use = document.createElementNS(SVG, "use");
    use.setAttribute("href", `#icon-${status}`);
    svg.append(use);
    return svg;
  };
  // `code` in a sentence; an odd backtick at the end opens nothing.
  const prose = (tag, attributes, text) => {
    const made = element(tag, attributes);
    const parts = text.split("`");
    const odd = parts.length % 2 === 0;
    parts.forEach((part, i) => {
      const last = odd && i === parts.length - 1;
      if (i % 2 === 1 && !last) made.append(element("code", {}, part));
      else made.append(last ? `\`${part}` : part);
    });
    return made;
  };

  // ---- copying ----

  const announcer = element("span", { class: "hidden", role: "status" });
  document.body.append(announcer);
  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // A page that did not come over TLS has no clipboard but this.
      const area = element("textarea", { class: "hidden", "aria-hidden": "true" });
      area.value = text;
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      return done;
    }
  };
  const copyButton = (label, what, text) => {
    const button = element("button", { type: "button", class: "copy", "aria-label": `Copy ${what}` }, label);
    button.addEventListener("click", async () => {
      const done = await copy(text());
      button.focus();
      button.textContent = done ? "Copied" : "Not copied";
      announcer.textContent = done ? `Copied ${what}` : "The browser does not let this page copy";
      setTimeout(() => {
        button.textContent = label;
        announcer.textContent = "";
      }, 1500);
    });
    return button;
  };

  // ---- one image ----

  const usesOf = (image) => [
    images.first[image],
    image + 1 < total ? images.first[image + 1] : uses.file.length,
  ];
  const countOf = (image) => {
    const [from, to] = usesOf(image);
    return to - from;
  };
  const placeOf = (use) => `${texts[files[uses.file[use]]]}:${uses.line[use]}:${uses.column[use]}`;

  const placeElement = (use) => {
    const code = element("code", {}, placeOf(use));
    const link = links[uses.file[use]];
    return link ? element("a", { href: `${link}#L${uses.line[use]}` }, code) : code;
  };

  // The registry and the tag are quiet, the repository is what people look for.
  const nameOf = (image) => {
    const name = texts[images.name[image]];
    const made = element("span", { class: "name" });
    const registry = images.registry[image];
    const host = registry === null ? "" : `${texts[registries[registry]]}/`;
    if (!host || !name.startsWith(host)) {
      made.append(name);
      return made;
    }
    const rest = name.slice(host.length);
    const cut = rest.search(/[:@]/);
    const repository = cut < 0 ? rest : rest.slice(0, cut);
    const bold = element("b", {});
    // A narrow page breaks it after a slash.
    repository.split(/(?<=\/)/).forEach((part) => bold.append(element("wbr", {}), part));
    made.append(element("span", { class: "host" }, host), bold, rest.slice(repository.length));
    return made;
  };

  const whatOf = (image) => {
    const made = element("span", { class: "what" });
    const found = images.found[image];
    if (found.length) {
      const problem = found[0][0];
      const level = texts[problems.level[problem]];
      made.append(element("span", { class: `rule ${level}` }, texts[problems.word[problem]]));
      const label = texts[problems.label[problem]];
      if (label) made.append(" ", prose("span", {}, label));
      if (found.length > 1) made.append(` and ${found.length - 1} more`);
    } else if (images.why[image] !== null) {
      made.append(texts[images.why[image]]);
    }
    return made;
  };

  const row = (image) => {
    const [status, words] = statuses[images.status[image]];
    const target = images.target[image];
    const summary = element(
      "summary",
      {},
      element("span", { class: "mark" }, icon(status), element("span", { class: "hidden" }, `${words}: `)),
      nameOf(image),
      " ",
      whatOf(image),
      " ",
      element("span", { class: "target" }, targets.length > 1 && target !== null ? texts[targets[target]] : ""),
      " ",
      element("span", { class: "count" }, plural(countOf(image), "place")),
    );
    const details = element("details", { class: `image ${status}` }, summary);
    details.addEventListener("toggle", () => details.open && fill(details, image));
    details.fill = () => fill(details, image);
    return element("li", {}, details);
  };

  const fill = (details, image) => {
    if (details.childElementCount > 1) return;
    const found = element("div", { class: "found" });
    for (const [problem, at] of images.found[image]) found.append(problemOf(image, problem, at));
    if (!images.found[image].length) found.append(element("p", {}, statuses[images.status[image]][2]));
    const facts = element("div", { class: "facts" });
    seen(facts, image);
    places(facts, image);
    details.append(element("div", { class: "body" }, found, facts));
  };

  const problemOf = (image, problem, at) => {
    const level = texts[problems.level[problem]];
    const made = element("div", { class: "problem" });
    const head = level === "unchecked" ? "not checked" : level;
    made.append(
      element("p", {}, element("span", { class: `rule ${level}` }, `${head}: ${texts[problems.word[problem]]}`)),
      prose("p", { class: "message" }, texts[problems.message[problem]]),
    );
    if (at.length) {
      const first = images.first[image];
      const some = at.slice(0, 3).map((use) => placeOf(first + use));
      const more = at.length > some.length ? ` and ${number(at.length - some.length)} more` : "";
      made.append(
        element("p", { class: "dim" }, `At ${number(at.length)} of ${plural(countOf(image), "place")}: ${some.join(", ")}${more}`),
      );
    }
    let commands = [];
    const flush = () => {
      if (!commands.length) return;
      const text = commands.join("\n");
      const what = commands.length > 1 ? "these commands" : "this command";
      made.append(
        element("div", { class: "command" }, element("pre", {}, element("code", {}, text)), copyButton("Copy", what, () => text)),
      );
      commands = [];
    };
    for (const id of problems.help[problem]) {
      const line = texts[id];
      if (line.startsWith("$ ")) {
        commands.push(line.slice(2));
      } else {
        flush();
        made.append(prose("p", {}, line));
      }
    }
    flush();
    if (problems.fix[problem] !== null) made.append(prose("p", { class: "dim" }, texts[problems.fix[problem]]));
    const related = problems.related[problem];
    if (related.length) {
      const list = element("ul", { class: "related" });
      for (let i = 0; i < related.length; i += 2) {
        list.append(element("li", {}, element("code", {}, texts[related[i]]), " ", prose("span", {}, texts[related[i + 1]])));
      }
      made.append(list);
    }
    return made;
  };

  const seen = (facts, image) => {
    const list = element("dl", {});
    const pair = (what, value) => list.append(element("dt", {}, what), element("dd", {}, value));
    const all = images.seen[image];
    for (let i = 0; i < all.length; i += 2) pair(texts[all[i]], texts[all[i + 1]]);
    if (images.target[image] !== null) pair("judged for", texts[targets[images.target[image]]]);
    const name = () => texts[images.name[image]];
    facts.append(element("h3", {}, "Seen ", copyButton("Copy name", "name of the image", name)));
    if (list.childElementCount) facts.append(list);
  };

  const places = (facts, image) => {
    const [from, to] = usesOf(image);
    const all = () => Array.from({ length: to - from }, (_, i) => placeOf(from + i)).join("\n");
    const list = element("ul", { class: "places" });
    const show = (upto) => {
      for (let use = from + list.childElementCount; use < Math.min(upto, to); use += 1) {
        const field = texts[uses.field[use]];
        const role = texts[uses.role[use]];
        list.append(
          element(
            "li",
            {},
            placeElement(use),
            " ",
            element("span", { class: "dim" }, field ? `${role} · ${field}` : role),
          ),
        );
      }
    };
    show(from + PLACES);
    facts.append(element("h3", {}, `${plural(to - from, "place")} `, copyButton("Copy places", "places of the image", all)), list);
    if (to - from > PLACES) {
      const button = element("button", { type: "button", class: "copy" });
      const say = () => {
        const left = to - from - list.childElementCount;
        button.textContent = `Show ${number(Math.min(left, 1000))} more of ${number(left)}`;
        if (!left) button.remove();
      };
      button.addEventListener("click", () => {
        const next = list.childElementCount;
        show(from + next + 1000);
        say();
        // What was focused may be gone: the first new place takes its place.
        const first = list.children[next];
        first.tabIndex = -1;
        first.focus();
      });
      say();
      facts.append(button);
    }
  };

  // ---- which images ----

  const state = { q: "", verdict: new Set(), registry: "", target: "", problem: "", use: "", sort: "worst" };
  let lower;
  // For each word of the search: which texts have it, and the line where it is `file:line`.
  const search = () => {
    const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return [];
    lower ||= texts.map((text) => text.toLowerCase());
    return words.map((word) => {
      const at = /^(.+?):(\d+)(?::\d+)?$/.exec(word);
      return {
        hits: Uint8Array.from(lower, (text) => text.includes(word)),
        line: at && Number(at[2]),
        path: at && Uint8Array.from(lower, (text) => text.endsWith(at[1])),
      };
    });
  };
  const matches = (image, { hits, line, path }) => {
    if (hits[images.name[image]] || images.seen[image].some((id) => hits[id])) return true;
    if (images.why[image] !== null && hits[images.why[image]]) return true;
    for (const [problem] of images.found[image]) {
      const { word, label, message, help } = problems;
      if (hits[word[problem]] || hits[label[problem]] || hits[message[problem]]) return true;
      if (help[problem].some((id) => hits[id])) return true;
    }
    const [from, to] = usesOf(image);
    for (let use = from; use < to; use += 1) {
      const file = files[uses.file[use]];
      if (hits[file] || hits[uses.field[use]] || hits[uses.role[use]]) return true;
      if (line && uses.line[use] === line && path[file]) return true;
    }
    return false;
  };
  const wordOf = (problem) => texts[problems.word[problem]];
  const isShown = (image, words) => {
    const { verdict, registry, target, problem, use } = state;
    if (verdict.size && !verdict.has(statuses[images.status[image]][0])) return false;
    if (registry && String(images.registry[image] ?? "none") !== registry) return false;
    if (target && String(images.target[image]) !== target) return false;
    if (problem && !images.found[image].some(([p]) => wordOf(p) === problem)) return false;
    if (use) {
      const [from, to] = usesOf(image);
      let has = false;
      for (let i = from; i < to && !has; i += 1) has = texts[uses.role[i]] === use;
      if (!has) return false;
    }
    return words.every((word) => matches(image, word));
  };
  const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  const name = (image) => texts[images.name[image]];
  const registry = (image) => (images.registry[image] === null ? "\uffff" : texts[registries[images.registry[image]]]);
  const file = (image) => texts[files[uses.file[images.first[image]]]];
  const SORTS = {
    worst: ["Worst first", null],
    name: ["Name", (a, b) => compare(name(a), name(b))],
    registry: ["Registry", (a, b) => compare(registry(a), registry(b)) || compare(name(a), name(b))],
    places: ["Most places", (a, b) => countOf(b) - countOf(a)],
    file: ["File", (a, b) => compare(file(a), file(b)) || uses.line[images.first[a]] - uses.line[images.first[b]]],
  };
  const chosen = () => {
    const words = search();
    const all = [];
    for (let image = 0; image < total; image += 1) if (isShown(image, words)) all.push(image);
    const order = SORTS[state.sort][1];
    return order ? all.sort((a, b) => order(a, b) || a - b) : all;
  };

  // ---- the list ----

  const list = byId("list");
  list.classList.toggle("by-target", targets.length > 1);
  const shown = byId("shown");
  const more = byId("more");
  let current = [];
  const append = (upto) => {
    const rows = document.createDocumentFragment();
    for (let i = list.childElementCount; i < Math.min(upto, current.length); i += 1) rows.append(row(current[i]));
    list.append(rows);
    const left = current.length - list.childElementCount;
    moreButton.textContent = `Show ${number(Math.min(left, CHUNK))} more of ${number(left)}`;
    if (left && !more.contains(moreButton)) more.replaceChildren(moreButton);
    if (!left) more.replaceChildren();
  };
  const moreButton = element("button", { type: "button", class: "plain" });
  moreButton.addEventListener("click", () => {
    const next = list.childElementCount;
    append(next + CHUNK);
    list.children[next].querySelector("summary").focus();
  });
  const clear = element("button", { type: "button", class: "plain" }, "Show all");
  clear.addEventListener("click", () => {
    Object.assign(state, { q: "", registry: "", target: "", problem: "", use: "" });
    state.verdict.clear();
    reflect();
    refresh();
    controls.querySelector("input").focus();
  });
  const none = element("p", { class: "none" }, "No image matches.");
  const refresh = () => {
    current = chosen();
    list.replaceChildren();
    append(CHUNK);
    none.remove();
    if (!current.length && total) list.after(none);
    const places = current.reduce((sum, image) => sum + countOf(image), 0);
    const images = current.length === total ? plural(total, "image") : `${number(current.length)} of ${plural(total, "image")}`;
    shown.textContent = `${images}, ${plural(places, "place")}`;
    clear.hidden = current.length === total && !isFiltered();
    remember();
  };
  const isFiltered = () =>
    state.q || state.verdict.size || state.registry || state.target || state.problem || state.use;

  // ---- controls ----

  const controls = byId("controls");
  const fields = {};
  const field = (key, label, options) => {
    const input = element("select", { id: key, name: key });
    for (const [value, text] of options) input.append(element("option", { value }, text));
    input.addEventListener("change", () => {
      state[key] = input.value;
      reflect();
      refresh();
    });
    fields[key] = input;
    controls.append(element("label", { for: key }, label, input));
  };
  const buildControls = () => {
    const input = element("input", {
      type: "search", id: "q", name: "q", autocomplete: "off", spellcheck: "false",
      placeholder: "name, file, file:line, digest, rule",
    });
    let wait;
    input.addEventListener("input", () => {
      state.q = input.value;
      clearTimeout(wait);
      wait = setTimeout(refresh, texts.length > 20000 ? 150 : 30);
    });
    fields.q = input;
    controls.append(element("label", { class: "search", for: "q" }, "Search", input));
    const counted = (all) => {
      const counts = new Map();
      for (const value of all) counts.set(value, (counts.get(value) || 0) + 1);
      return [...counts].sort((a, b) => b[1] - a[1] || compare(a[0], b[0]));
    };
    const options = (all, value) => all.map(([text, n]) => [value(text), `${text} (${number(n)})`]);
    const some = Array.from({ length: total }, (_, image) => image);
    if (registries.length + some.some((image) => images.registry[image] === null) > 1) {
      const all = counted(some.map((image) => images.registry[image] ?? "none"));
      const named = all.map(([id, n]) => [String(id), `${id === "none" ? "no registry named" : texts[registries[id]]} (${number(n)})`]);
      field("registry", "Registry", [["", "All registries"], ...named]);
    }
    if (targets.length > 1) {
      field("target", "Target", [["", "All targets"], ...targets.map((id, i) => [String(i), texts[id]])]);
    }
    const words = counted(some.flatMap((image) => [...new Set(images.found[image].map(([p]) => wordOf(p)))]));
    if (words.length) field("problem", "Problem", [["", "All"], ...options(words, (text) => text)]);
    const roles = [...new Set(uses.role)].map((id) => texts[id]).sort();
    if (roles.length > 1) field("use", "Used as", [["", "All"], ...roles.map((role) => [role, role])]);
    field("sort", "Sort by", Object.entries(SORTS).map(([key, [text]]) => [key, text]));
    controls.append(clear);
    controls.addEventListener("submit", (event) => event.preventDefault());
    controls.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && event.target === fields.q && state.q) {
        event.preventDefault();
        fields.q.value = state.q = "";
        refresh();
      }
    });
    controls.hidden = false;
  };

  // A still number or name becomes a button that filters.
  const toggles = [];
  const toggle = (still, isOn, click) => {
    const button = element("button", { type: "button", class: still.className });
    button.append(...still.childNodes);
    button.addEventListener("click", () => {
      click();
      reflect();
      refresh();
    });
    still.replaceWith(button);
    toggles.push([button, isOn]);
  };
  const buildToggles = () => {
    for (const still of document.querySelectorAll("[data-status]")) {
      const { status } = still.dataset;
      toggle(
        still,
        () => state.verdict.has(status),
        () => state.verdict.delete(status) || state.verdict.add(status),
      );
    }
    for (const still of document.querySelectorAll("[data-registry]")) {
      const key = still.dataset.registry;
      toggle(
        still,
        () => state.registry === key,
        () => {
          state.registry = state.registry === key ? "" : key;
        },
      );
    }
  };
  // Controls show the state.
  const reflect = () => {
    for (const key in fields) fields[key].value = state[key];
    for (const [button, isOn] of toggles) button.setAttribute("aria-pressed", String(isOn()));
  };

  // ---- the address: what is shown can be sent to somebody ----

  const remember = () => {
    const all = new URLSearchParams();
    if (state.q) all.set("q", state.q);
    if (state.verdict.size) all.set("verdict", [...state.verdict].join(" "));
    if (state.registry) all.set("registry", state.registry === "none" ? "none" : texts[registries[state.registry]]);
    if (state.target) all.set("target", texts[targets[state.target]]);
    for (const key of ["problem", "use"]) if (state[key]) all.set(key, state[key]);
    if (state.sort !== "worst") all.set("sort", state.sort);
    const hash = String(all);
    if (hash === location.hash.slice(1)) return;
    try {
      history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
    } catch {
      // A sandboxed page has no history.
    }
  };
  const recall = () => {
    const all = new URLSearchParams(location.hash.slice(1));
    const known = (input, value) => (input && [...input.options].some((o) => o.value === value) ? value : "");
    const numberOf = (ids, text) => (text === null ? "" : String(ids.findIndex((id) => texts[id] === text)));
    state.q = all.get("q") || "";
    state.verdict = new Set((all.get("verdict") || "").split(" ").filter((v) => statuses.some(([word]) => word === v)));
    const registry = all.get("registry");
    state.registry = known(fields.registry, registry === "none" ? registry : numberOf(registries, registry));
    state.target = known(fields.target, numberOf(targets, all.get("target")));
    state.problem = known(fields.problem, all.get("problem"));
    state.use = known(fields.use, all.get("use"));
    state.sort = known(fields.sort, all.get("sort")) || "worst";
    reflect();
  };
  addEventListener("hashchange", () => {
    if (location.hash === "#list") return;
    recall();
    refresh();
  });

  // ---- keys: up and down go from image to image ----

  list.addEventListener("keydown", (event) => {
    if (event.target.tagName !== "SUMMARY" || event.altKey || event.ctrlKey || event.metaKey) return;
    const item = event.target.closest("li");
    const last = () => list.lastElementChild;
    const next = { ArrowDown: () => item.nextElementSibling, ArrowUp: () => item.previousElementSibling, Home: () => list.firstElementChild, End: last }[event.key];
    if (!next) return;
    event.preventDefault();
    if (event.key === "ArrowDown" && item === last()) append(list.childElementCount + CHUNK);
    const to = next();
    if (to) to.querySelector("summary").focus();
    else if (event.key === "ArrowUp") fields.q.focus();
  });

  // ---- paper: everything that is chosen, and what was found at it ----

  let beforePrint = null;
  addEventListener("beforeprint", () => {
    beforePrint = list.childElementCount;
    append(PRINTED);
    current.slice(0, PRINTED).forEach((image, i) => {
      const details = list.children[i].firstElementChild;
      if (!images.found[image].length || details.open) return;
      details.fill();
      details.open = true;
      details.dataset.printed = "";
    });
    if (current.length > PRINTED) shown.textContent += `; the first ${number(PRINTED)} are printed`;
  });
  addEventListener("afterprint", () => {
    for (const details of list.querySelectorAll("[data-printed]")) {
      details.open = false;
      delete details.dataset.printed;
    }
    while (list.childElementCount > Math.max(beforePrint, CHUNK)) list.lastElementChild.remove();
    append(list.childElementCount);
  });

  // ---- the report ----

  // A large report is packed (docs/html.md).
  const reportOf = async () => {
    const { textContent, dataset } = byId("report");
    if (dataset.encoding !== "base64") return textContent;
    const bytes = Uint8Array.from(atob(textContent), (c) => c.charCodeAt(0));
    const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(unpacked).text();
  };
  const save = element("button", { type: "button", class: "copy" }, "Save the report as JSON");
  save.addEventListener("click", async () => {
    const blob = new Blob([await reportOf()], { type: "application/json" });
    const link = element("a", { href: URL.createObjectURL(blob), download: "image-lint.json" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });

  // ---- start ----

  buildControls();
  buildToggles();
  recall();
  refresh();
  byId("save").append(save);
  new IntersectionObserver(
    (entries) => entries.some((entry) => entry.isIntersecting) && more.contains(moreButton) && append(list.childElementCount + CHUNK),
    { rootMargin: "800px" },
  ).observe(more);
})();
