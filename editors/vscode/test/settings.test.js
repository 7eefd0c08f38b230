"use strict";

const assert = require("node:assert/strict");
const { test } = require("node:test");
const manifest = require("../package.json");
const { SECTION, REMEDY, selector, options, command, executeCommand } = require("../settings.js");

const of = (values) => (name) => values[name];

test("an untrusted workspace is untrusted whatever its settings say", () => {
  assert.equal(options(of({ trust: "trusted" }), false).trust, "untrusted");
  assert.equal(options(of({}), true).trust, "trusted");
});

test("settings that are missing or wrong are the server's defaults", () => {
  const wrong = { diagnostics: "all", inlayHints: "yes", offline: 1, debounce: "x", target: 7 };
  for (const values of [{}, wrong]) {
    assert.deepEqual(options(of(values), true), {
      trust: "trusted",
      diagnostics: "open",
      inlayHints: false,
      offline: false,
      debounce: 100,
      target: null,
    });
  }
});

test("an untrusted workspace names no program and no arguments", () => {
  const get = of({ path: "./evil", arguments: ["--trust", "trusted"] });
  const known = { path: { defaultValue: "image-lint", workspaceValue: "./evil" } };
  assert.deepEqual(command(get, of(known), false), { command: "image-lint", args: ["lsp"] });
  const global = { path: { globalValue: "/opt/image-lint" }, arguments: { globalValue: ["-x"] } };
  assert.deepEqual(command(get, of(global), false), { command: "/opt/image-lint", args: ["lsp", "-x"] });
  assert.deepEqual(command(get, of(known), true), {
    command: "./evil",
    args: ["lsp", "--trust", "trusted"],
  });
});

test("the remedy is copied, and other commands go to the server", async () => {
  const copied = [];
  const handle = executeCommand(async (text) => copied.push(text));
  const sent = [];
  const next = async (name) => sent.push(name);
  await handle(REMEDY, ["skopeo copy a b"], next);
  await handle(REMEDY, [7], next);
  await handle("other", [], next);
  assert.deepEqual([copied, sent], [["skopeo copy a b"], ["other"]]);
});

test("only files of the disk are watched over", () => {
  assert.ok(selector().every((filter) => filter.scheme === "file"));
});

test("every setting that is read is declared, with the default that is used", () => {
  const declared = manifest.contributes.configuration.properties;
  const read = new Set();
  const note = (name) => {
    read.add(`${SECTION}.${name}`);
    return declared[`${SECTION}.${name}`]?.default;
  };
  const defaults = options(note, true);
  command(note, of({}), true);
  assert.deepEqual([...read].sort(), Object.keys(declared).sort());
  const missing = options(of({}), true);
  assert.deepEqual(defaults, missing);
});

test("the manifest limits what an untrusted workspace may set", () => {
  const { untrustedWorkspaces } = manifest.capabilities;
  assert.equal(untrustedWorkspaces.supported, "limited");
  assert.deepEqual(untrustedWorkspaces.restrictedConfigurations, ["image-lint.path", "image-lint.arguments"]);
});
