// Looks at the built site in a browser without a window, at the width of a phone and of a desk, in light and dark.
//
// Usage: node site.mjs FOLDER SCENARIO [ARGUMENT...]
//
//   fits                 no page is wider than the window, asks another host for anything or complains
//   accessible PAGE...   axe finds nothing on these pages
//   finds QUERY=PAGE...  the search's first three pages hold the page
//   answers QUERY=TEXT...  one of the places that the search offers of its first three pages shows the text, without scrolling
//   pictures OUT PAGE... a picture of each, for people
//
// Says on standard error what is wrong and ends with 1. Needs what browser.mjs names.
import assert from "node:assert/strict";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { AXE, SCHEMES, browser, timeout } from "./browser.mjs";

const WIDTHS = [[360, 740], [1440, 900]];
const TYPES = { ".css": "text/css", ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".json": "application/json", ".svg": "image/svg+xml" };
const [folder, scenario, ...given] = process.argv.slice(2);

// As GitHub Pages serves a project's site: below its name.
const server = createServer((request, response) => {
  const path = decodeURIComponent(new URL(request.url, "http://site").pathname).replace(/^\/image-lint/, "");
  let file = join(folder, path);
  try {
    if (statSync(file).isDirectory()) file = join(file, "index.html");
    response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" });
    response.end(readFileSync(file));
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const origin = `http://127.0.0.1:${server.address().port}`;

const open = async (page, { width = 1440, height = 900, ...settings } = {}) => {
  const context = await browser.newContext({ viewport: { width, height }, ...settings });
  context.setDefaultTimeout(timeout);
  const tab = await context.newPage();
  const complaints = [];
  tab.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
  tab.on("pageerror", (error) => complaints.push(String(error)));
  tab.on("request", (request) => {
    if (!request.url().startsWith(origin)) complaints.push(`asks for ${request.url()}`);
  });
  await tab.goto(`${origin}/image-lint/${page}`);
  return { context, tab, complaints };
};

const pages = () =>
  readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith("index.html"))
    .map((name) => name.replace(/index\.html$/, ""))
    .sort();

/** One window for each width, in which every page is opened. */
const fits = async () => {
  const wrong = [];
  for (const [width, height] of WIDTHS) {
    const { context, tab, complaints } = await open("", { width, height });
    for (const page of pages()) {
      await tab.goto(`${origin}/image-lint/${page}`);
      const over = await tab.evaluate(() => document.scrollingElement.scrollWidth - innerWidth);
      if (over > 0) wrong.push(`${page}: ${over} pixels wider than ${width}`);
    }
    wrong.push(...complaints);
    await context.close();
  }
  assert.deepEqual(wrong, []);
};

const accessible = async () => {
  const wrong = [];
  for (const [width, height] of WIDTHS) {
    for (const colorScheme of SCHEMES) {
      const { context, tab } = await open("", { width, height, colorScheme });
      for (const page of given) {
        await tab.goto(`${origin}/image-lint/${page === "home" ? "" : page}`);
        const scheme = await tab.evaluate(() => document.body.dataset.mdColorScheme);
        assert.equal(scheme, colorScheme === "dark" ? "slate" : "default", "the reader's system decides");
        await tab.evaluate(AXE);
        const { violations } = await tab.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
        wrong.push(...violations.map((v) => `${page} ${width} ${colorScheme} ${v.id}: ${v.nodes.length} × ${v.nodes.slice(0, 3).map((n) => `${n.html} ${n.any.map((a) => a.message).join(" ")}`).join(" | ")}`));
      }
      await context.close();
    }
  }
  assert.deepEqual(wrong, []);
};

/** The pages that the search offers, in its order. */
const answers = async (tab, query) => {
  await tab.goto(`${origin}/image-lint/?q=${encodeURIComponent(query)}`);
  await tab.locator(".md-search-result__link").first().waitFor({ state: "attached" });
  const links = tab.locator(".md-search-result__item > .md-search-result__link");
  const found = await links.evaluateAll((all) => all.map((link) => new URL(link.href).pathname));
  return [...new Set(found)].map((path) => path.replace(/^\/image-lint\//, ""));
};

const finds = async () => {
  const { context, tab } = await open("");
  const wrong = [];
  for (const row of given) {
    const at = row.lastIndexOf("=");
    const [query, page] = [row.slice(0, at), row.slice(at + 1)];
    const found = await answers(tab, query).catch((error) => [String(error).split("\n")[0]]);
    if (!found.slice(0, 3).includes(page)) wrong.push(`${query}: ${found.slice(0, 3)}, not ${page}`);
  }
  await context.close();
  assert.deepEqual(wrong, []);
};

/** What somebody does who looks for an answer: asks the search, opens one offer after the other, and reads the window. */
const reads = async () => {
  const { context, tab } = await open("");
  const wrong = [];
  for (const row of given) {
    const at = row.indexOf("=");
    const [query, text] = [row.slice(0, at), row.slice(at + 1)];
    const items = tab.locator(".md-search-result__item");
    // The list is drawn anew with each letter: that of the address has all of them.
    await tab.goto(`${origin}/image-lint/?q=${encodeURIComponent(query)}`);
    const some = await items.first().waitFor({ state: "attached", timeout: 20_000 }).then(() => true, () => false);
    if (!some) {
      wrong.push(`${query}: nothing is offered`);
      continue;
    }
    const offers = await items.evaluateAll((all) => all.slice(0, 3).flatMap((item) => [...item.querySelectorAll("a.md-search-result__link")].slice(0, 4).map((link) => link.href)));
    const shown = [];
    for (const offer of offers) {
      await tab.goto(offer);
      const there = await tab.evaluate((text) => {
        const plain = (words) => words.replace(/\s+/g, " ");
        const all = [...document.querySelectorAll("article p, article li, article td, article pre, article h1, article h2")];
        return all.some((part) => {
          const { top } = part.getBoundingClientRect();
          return plain(part.textContent).includes(text) && top > 0 && top < innerHeight;
        });
      }, text);
      if (there) break;
      shown.push(offer.replace(origin, ""));
    }
    if (shown.length === offers.length) wrong.push(`${query}: ${shown.join(" ")} do not show "${text}"`);
  }
  await context.close();
  assert.deepEqual(wrong, []);
};

const pictures = async () => {
  const [out, ...named] = given;
  for (const [width, height] of WIDTHS) {
    for (const colorScheme of SCHEMES) {
      for (const page of named) {
        const { context, tab } = await open(page === "home" ? "" : page, { width, height, colorScheme });
        if (page.startsWith("?")) await tab.locator(".md-search-result__link").first().waitFor();
        await tab.screenshot({ path: join(out, `${page.replace(/\W+/g, "-")}-${width}-${colorScheme}.png`) });
        await context.close();
      }
    }
  }
};

try {
  await { fits, accessible, finds, answers: reads, pictures }[scenario]();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
await browser.close();
process.exit();
