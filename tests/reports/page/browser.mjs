// A browser without a window, and a judge of accessibility, for check.mjs and site.mjs.
//
// Needs playwright-core and axe-core in $PAGE_TOOLS/node_modules and Chromium (scripts/install-test-tools.sh,
// scripts/install-hook-tools.sh).
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.env.PAGE_TOOLS}/`);
const { chromium } = require("playwright-core");
export const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
export const SCHEMES = ["light", "dark"];

const executablePath = ["/usr/bin/chromium", "/usr/bin/google-chrome"].find(existsSync);
assert(executablePath, "chromium is needed: scripts/install-test-tools.sh");
// Chromium has no sandbox for root, which a container's user is.
const args = process.getuid() === 0 ? ["--no-sandbox"] : [];
// Long enough for a machine that has other things to do: what never comes is to fail, not what comes late.
export const timeout = 1_200_000;
export const browser = await chromium.launch({ executablePath, args, timeout });
