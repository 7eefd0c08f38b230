// What the server is given: plain data, so that it is tested without an editor.
"use strict";

const SECTION = "image-lint";
/** The server's command whose argument is to be copied. */
const REMEDY = "image-lint.copyRemedy";

/** Languages whose files may name an image; what a file is, the server decides by its path and content. */
const LANGUAGES = [
  "dockerfile",
  "dockercompose",
  "yaml",
  "helm",
  "json",
  "jsonc",
  "shellscript",
  "makefile",
  "groovy",
  "properties",
  "ini",
  "plaintext",
  "toml",
];

/** The documents that the server is told of: files of the disk alone. */
function selector() {
  return LANGUAGES.map((language) => ({ scheme: "file", language }));
}

/**
 * The server's settings. An untrusted workspace is one whatever its settings say.
 * @param {(name: string) => any} get a setting of the section
 * @param {boolean} trusted
 */
function options(get, trusted) {
  return {
    trust: trusted ? "trusted" : "untrusted",
    diagnostics: get("diagnostics") === "workspace" ? "workspace" : "open",
    inlayHints: get("inlayHints") === true,
    offline: get("offline") === true,
    debounce: Number.isFinite(get("debounce")) ? Math.max(0, Math.round(get("debounce"))) : 100,
    target: typeof get("target") === "string" ? get("target") : null,
  };
}

/**
 * How the server is started. In an untrusted workspace only what the user set for the machine names a program.
 * @param {(name: string) => any} get a setting of the section
 * @param {(name: string) => any} inspect what `WorkspaceConfiguration.inspect` gives
 * @param {boolean} trusted
 */
function command(get, inspect, trusted) {
  const value = (name, fallback) => {
    if (trusted) {
      return get(name) ?? fallback;
    }
    const known = inspect(name) ?? {};
    return known.globalValue ?? known.defaultValue ?? fallback;
  };
  const path = value("path", "image-lint");
  const more = value("arguments", []);
  const words = Array.isArray(more) ? more.filter((word) => typeof word === "string") : [];
  return {
    command: typeof path === "string" && path !== "" ? path : "image-lint",
    args: ["lsp", ...words],
  };
}

/**
 * Takes the server's own command, which copies text; other commands go on to the server.
 * @param {(text: string) => Thenable<void>} copy
 */
function executeCommand(copy) {
  return async (name, given, next) => {
    if (name !== REMEDY) {
      return next(name, given);
    }
    const text = given[0];
    if (typeof text === "string") {
      await copy(text);
    }
    return undefined;
  };
}

module.exports = { SECTION, REMEDY, LANGUAGES, selector, options, command, executeCommand };
