// Looks at pages of `--format html` in a browser without a window.
//
// Usage: node check.mjs SCENARIO NAME=PAGE...
//
// Says on standard error what is wrong and ends with 1. Needs what browser.mjs names.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { basename } from "node:path";
import { pathToFileURL } from "node:url";
import { AXE, SCHEMES, browser, timeout } from "./browser.mjs";

const WIDTHS = [[360, 740], [820, 1180], [1440, 900]];

/** A page that is opened, with everything that it complains of or asks for. */
const open = async (address, { width = 1440, height = 900, ...settings } = {}) => {
  const context = await browser.newContext({ viewport: { width, height }, ...settings });
  context.setDefaultTimeout(timeout);
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("dialog", (dialog) => complaints.push(`dialog: ${dialog.message()}`) && dialog.dismiss());
  page.on("request", (request) => {
    if (request.url().replace(/#.*/, "") !== address) complaints.push(`asks for ${request.url()}`);
  });
  if (settings.javaScriptEnabled !== false) {
    await page.addInitScript(() => {
      addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective}`));
    });
  }
  await page.goto(address);
  return { context, page, complaints };
};
const close = async ({ context, complaints }, where) => {
  await context.close();
  assert.deepEqual(complaints, [], where);
};
const address = (path) => pathToFileURL(path).href;

/** The same pages from a server, which keeps what else it is asked for. */
const served = async (path, check) => {
  const asked = [];
  const server = createServer((request, response) => {
    if (request.url !== "/page.html") asked.push(request.url);
    response.writeHead(request.url === "/page.html" ? 200 : 404, { "content-type": "text/html; charset=utf-8" });
    response.end(request.url === "/page.html" ? readFileSync(path) : "");
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  try {
    await check(`http://127.0.0.1:${server.address().port}/page.html`);
  } finally {
    server.close();
    server.closeAllConnections();
  }
  assert.deepEqual(asked, [], `${basename(path)}: the browser asked the server`);
};

const openAll = (page) =>
  page.evaluate(async () => {
    for (const details of document.querySelectorAll("#list details")) details.open = true;
    await new Promise((done) => setTimeout(done));
    await new Promise(requestAnimationFrame);
  });
const rows = (page) => page.locator("#list > li");
const names = (page) => page.locator("#list .name").allTextContents();
const data = (page, id) => page.evaluate((id) => JSON.parse(document.getElementById(id).textContent), id);
const withCommand = (page) => rows(page).filter({ hasText: "redis" }).first();
const settled = async (page, expected) => {
  // The search waits until nobody types.
  await page.waitForFunction((text) => document.getElementById("shown").textContent.startsWith(text), expected);
};

/** Nothing is loaded, no policy is broken, nothing runs out of the page at any width. */
const quiet = async (path) => {
  const look = async (address) => {
    for (const [width, height] of WIDTHS) {
      const opened = await open(address, { width, height });
      const { page } = opened;
      await openAll(page);
      const over = await page.evaluate(() => document.scrollingElement.scrollWidth - innerWidth);
      assert(over <= 0, `${basename(path)}: ${over} pixels wider than ${width}`);
      await close(opened, `${basename(path)} at ${width}`);
    }
  };
  await look(address(path));
  await served(path, look);
};

/** axe finds nothing, in light and dark, at each width, closed and open, with JavaScript and without. */
const accessible = async (path) => {
  for (const [width, height] of WIDTHS) {
    for (const colorScheme of SCHEMES) {
      const opened = await open(address(path), { width, height, colorScheme, bypassCSP: true });
      const { page } = opened;
      await page.evaluate(AXE);
      for (const state of ["closed", "open"]) {
        if (state === "open") await openAll(page);
        const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
        const found = violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html).join(" | ")}`);
        assert.deepEqual(found, [], `${basename(path)} ${width} ${colorScheme} ${state}`);
      }
      await close(opened, `${basename(path)} ${width} ${colorScheme}`);
    }
  }
};

/** The data say what the JSON report says. */
const whole = async (path) => {
  const opened = await open(address(path));
  const { page } = opened;
  const expected = JSON.parse(readFileSync(path.replace(/html$/, "json"), "utf8"));
  assert.deepEqual(await data(page, "report"), expected);
  const { images, uses, texts, statuses, problems, files } = await data(page, "images");
  const count = {};
  images.first.forEach((first, image) => {
    const next = images.first[image + 1] ?? uses.file.length;
    const [word] = statuses[images.status[image]];
    count[word] = (count[word] ?? 0) + next - first;
  });
  for (const [verdict, n] of Object.entries(expected.summary.verdicts)) {
    assert.equal(count[verdict] ?? 0, n, `${basename(path)}: places that are ${verdict}`);
  }
  // Each finding is at a place of the page, with its rule and message.
  const said = new Set();
  images.found.forEach((found, image) => {
    const next = images.first[image + 1] ?? uses.file.length;
    for (const [problem, at] of found) {
      const all = at.length ? at.map((use) => use + images.first[image]) : Array.from({ length: next - images.first[image] }, (_, i) => i + images.first[image]);
      for (const use of all) {
        said.add([texts[files[uses.file[use]]], uses.line[use], uses.column[use], texts[problems.word[problem]], texts[problems.message[problem]]].join("\n"));
      }
    }
  });
  const safe = (text) => text.replace(/[\u0000-\u001f\u007f-\u009f\u202e]/g, (c) => `\\u{${c.codePointAt(0).toString(16)}}`);
  for (const { path, line, column, rule, message } of expected.findings) {
    assert(said.has([safe(path), line, column, rule, message].join("\n")), `${path}:${line} ${rule}`);
  }
  for (const { path, line, column, cause, message } of expected.unchecked) {
    assert(said.has([safe(path), line, column, cause, message].join("\n")), `${path}:${line} ${cause}`);
  }
  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save the report" }).click();
  const file = await (await saved).path();
  assert.deepEqual(JSON.parse(readFileSync(file, "utf8")), expected, "what is saved");
  opened.complaints.splice(0, opened.complaints.length, ...opened.complaints.filter((c) => !c.startsWith("asks for blob:")));
  await close(opened, basename(path));
};

/** Text is text: no element that the page's own code does not make, and every name is to be read. */
const text = async (path) => {
  const own = "a b body button code dd details div dl dt footer form h1 h2 h3 head header html input label li main meta option p path pre rect script section select span style summary svg symbol title ul use wbr circle".split(" ");
  for (const javaScriptEnabled of [true, false]) {
    const opened = await open(address(path), { javaScriptEnabled });
    const { page } = opened;
    if (javaScriptEnabled) await openAll(page);
    const elements = await page.evaluate(() => {
      const all = [...document.querySelectorAll("*")];
      const attributes = all.flatMap((e) => [...e.attributes].map((a) => a.name));
      return { tags: [...new Set(all.map((e) => e.localName))], attributes: [...new Set(attributes)], body: document.body.innerText };
    });
    assert.deepEqual(elements.tags.filter((tag) => !own.includes(tag)), []);
    assert.deepEqual(elements.attributes.filter((name) => /^on|^style$|^src$|^srcdoc$/.test(name)), []);
    assert(elements.body.includes("]]><script>&#0;"), "the markup of a name is read, not obeyed");
    assert(elements.body.includes("\\u{1b}[31m"), "an escape is shown");
    assert(elements.body.includes("\\u{202e}"), "a turned reading direction is shown");
    // eslint-disable-next-line no-control-regex
    assert(!/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/.test(elements.body), "no character acts");
    await close(opened, basename(path));
  }
};

/** Search, filters, order, keys and copying, on the demo's page. */
const used = async (path) => {
  await served(path, async (at) => {
    const opened = await open(at, { permissions: ["clipboard-read", "clipboard-write"] });
    const { page } = opened;
    const all = await names(page);
    const total = all.length;
    const search = page.getByRole("searchbox", { name: "Search" });
    const one = async (word, expected) => {
      await search.fill(word);
      // The search waits until nobody types: what is expected comes, or the comparison below says what came.
      const isThere = (sorted) => {
        const names = [...document.querySelectorAll("#list .name")].map((name) => name.textContent);
        return JSON.stringify(names.sort()) === sorted;
      };
      await page.waitForFunction(isThere, JSON.stringify(expected.sort())).catch(() => {});
      assert.deepEqual((await names(page)).sort(), expected, word);
    };
    const redis = all.filter((name) => name.includes("redis"));
    assert(redis.length > 0 && redis.length < total);
    await one("redis", redis);
    await one("REDIS unsupported-format", redis);
    const { findings } = await data(page, "report");
    const { path: file, line, reference } = findings.find((f) => f.rule === "tag-not-found");
    await one(`${file}:${line}`, [reference]);
    await search.fill("nothing has this name");
    await settled(page, "0 of");
    assert(await page.getByText("No image matches.").isVisible());
    await search.press("Escape");
    await settled(page, `${total} images`);

    // A number filters, and so does a registry; both show in the address, which opens the same list again.
    const bad = page.getByRole("button", { name: /cannot be pulled$/ });
    await bad.click();
    assert.equal(await bad.getAttribute("aria-pressed"), "true");
    const listed = await rows(page).count();
    assert.equal(String(listed), (await bad.locator("b").textContent()));
    assert.equal(await page.locator("#list details.bad").count(), listed);
    assert.match(page.url(), /#verdict=bad$/);
    await page.getByLabel("Problem").selectOption("tag-not-found");
    assert.equal(await rows(page).count(), 1);
    const again = await open(page.url(), {});
    again.complaints.length = 0;
    assert.equal(await rows(again.page).count(), 1, "the address keeps what is shown");
    await again.context.close();
    await page.getByRole("button", { name: "Show all" }).click();
    await settled(page, `${total} images`);
    assert.equal(await search.evaluate((e) => e === document.activeElement), true);
    const registry = page.locator("button.registry").first();
    const host = await registry.textContent();
    await registry.click();
    const shown = await names(page);
    assert(shown.length > 0 && shown.every((name) => name.startsWith(`${host}/`)), host);
    await registry.click();

    // Order.
    await page.getByLabel("Sort by").selectOption("name");
    const sorted = await names(page);
    assert.deepEqual(sorted, [...sorted].sort());
    await page.getByLabel("Sort by").selectOption("worst");
    assert.deepEqual(await names(page), all);

    // Keys alone: from the search to the images, open one, go on, come back.
    const focused = () => page.evaluate(() => document.activeElement.closest("li")?.querySelector(".name").textContent);
    await page.locator("#list summary").first().focus();
    await page.keyboard.press("ArrowDown");
    assert.equal(await focused(), all[1]);
    await page.keyboard.press("End");
    assert.equal(await focused(), all[total - 1]);
    await page.keyboard.press("Home");
    assert.equal(await focused(), all[0]);
    await page.keyboard.press("Enter");
    const first = rows(page).first();
    await first.locator(".body").waitFor();
    await page.keyboard.press("Tab");
    assert.match(await page.evaluate(() => document.activeElement.textContent), /^Copy/);
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("ArrowUp");
    assert.equal(await search.evaluate((e) => e === document.activeElement), true, "up from the first is the search");

    // A command is copied as it is shown, without the prompt.
    const image = withCommand(page);
    await image.locator("summary").click();
    const command = image.locator(".command").first();
    await command.getByRole("button").click();
    await page.getByText("Copied", { exact: true }).waitFor();
    const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
    const copied = await clipboard();
    assert.equal(copied, await command.locator("pre").textContent());
    assert(!copied.startsWith("$ ") && copied.length > 5, copied);
    const copies = async (name, expected) => {
      await image.getByRole("button", { name }).click();
      await page.waitForFunction((text) => navigator.clipboard.readText().then((copied) => copied === text), expected);
    };
    await copies("Copy name of the image", await image.locator(".name").textContent());
    await copies("Copy places of the image", (await image.locator(".places code").allTextContents()).join("\n"));
    await close(opened, basename(path));
  });
  // Without the clipboard of safe pages.
  const opened = await open(address(path), {});
  const { page } = opened;
  await page.evaluate(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
  await page.evaluate(() => {
    document.addEventListener("copy", () => {
      window.copied = document.activeElement.value;
    });
  });
  await withCommand(page).locator("summary").click();
  await withCommand(page).locator(".command button").first().click();
  assert((await page.evaluate(() => window.copied)).length > 5);
  await close(opened, basename(path));
};

/** Without JavaScript the images, their problems and commands are there all the same. */
const still = async (path) => {
  const opened = await open(address(path), { javaScriptEnabled: false });
  const { page } = opened;
  const lively = await open(address(path));
  assert.deepEqual(await names(page), await names(lively.page));
  assert.equal(await page.locator("#controls").isVisible(), false);
  const first = withCommand(page);
  assert.equal(await first.locator("pre").first().isVisible(), false);
  await first.locator("summary").click();
  assert.equal(await first.locator("pre").first().isVisible(), true);
  await withCommand(lively.page).locator("summary").click();
  const commands = async (page) => withCommand(page).locator("pre").allTextContents();
  assert.deepEqual(await commands(page), await commands(lively.page));
  assert.deepEqual(
    await withCommand(page).locator("dl").textContent().then((t) => t.replace(/\s/g, "")),
    await withCommand(lively.page).locator("dl").textContent().then((t) => t.replace(/\s/g, "")),
  );
  await close(lively, basename(path));
  await close(opened, basename(path));
};

/** On paper everything that was found is open; afterwards the list is as it was. */
const printed = async (path) => {
  const opened = await open(address(path));
  const { page } = opened;
  const count = () => page.locator("#list details[open]").count();
  const expected = (await data(page, "images")).images.found.filter((found) => found.length).length;
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  assert.equal(await count(), expected);
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  assert.equal(await count(), 0);
  assert((await page.pdf()).length > 10_000);
  await close(opened, basename(path));
};

/** Many images: a part of them is drawn, all of them are found. */
const many = async (path) => {
  const opened = await open(address(path));
  const { page } = opened;
  const total = (await data(page, "images")).images.name.length;
  assert(total > 1000, `${total} images`);
  const drawn = await rows(page).count();
  assert(drawn <= 300, `${drawn} rows are drawn at once`);
  await page.getByRole("button", { name: /^Show 100 more of/ }).click();
  assert((await rows(page).count()) > drawn);
  const [last] = (await data(page, "images")).images.name.slice(-1);
  const name = (await data(page, "images")).texts[last];
  await page.getByRole("searchbox", { name: "Search" }).fill(name);
  await settled(page, "1 of");
  assert.deepEqual(await names(page), [name]);
  await close(opened, basename(path));
};

const scenarios = { quiet, accessible, whole, text, used, still, printed, many };
const [scenario, ...pages] = process.argv.slice(2);
try {
  for (const page of pages) {
    const [name, path] = page.split("=");
    console.error(`${scenario}: ${name}`);
    await scenarios[scenario](path);
  }
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
await browser.close();
process.exit();
