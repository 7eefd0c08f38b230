// How long a page takes to open.
//
// Usage: node measure.mjs PAGE
//
// Prints a line of JSON: milliseconds until the list can be used, until everything is loaded, and until a search is answered;
// medians of five openings, each in a browser of its own.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const { chromium } = createRequire(`${process.env.PAGE_TOOLS}/`)("playwright-core");
const executablePath = ["/usr/bin/chromium", "/usr/bin/google-chrome"].find(existsSync);
const args = process.getuid() === 0 ? ["--no-sandbox"] : [];

const once = async (address) => {
  const browser = await chromium.launch({ executablePath, args });
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.addInitScript(() => {
    const isUsable = () => document.getElementById("controls")?.hidden === false;
    const observer = new MutationObserver(() => {
      if (!isUsable()) return;
      performance.mark("usable");
      observer.disconnect();
    });
    observer.observe(document, { subtree: true, childList: true, attributes: true });
  });
  await page.goto(address);
  const times = await page.evaluate(async () => {
    const usable = performance.getEntriesByName("usable")[0].startTime;
    const loaded = performance.getEntriesByType("navigation")[0].loadEventEnd;
    const shown = document.getElementById("shown");
    const answered = new Promise((done) => new MutationObserver(done).observe(shown, { childList: true }));
    const start = performance.now();
    const search = document.getElementById("q");
    search.value = "app-7";
    search.dispatchEvent(new Event("input"));
    await answered;
    return { usable, loaded, search: performance.now() - start };
  });
  await browser.close();
  return times;
};

const runs = [];
for (let run = 0; run < 5; run += 1) runs.push(await once(pathToFileURL(process.argv[2]).href));
const median = (name) => runs.map((run) => run[name]).sort((a, b) => a - b)[2];
console.log(JSON.stringify({ usable: median("usable"), loaded: median("loaded"), search: median("search") }));
