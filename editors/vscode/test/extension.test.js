// The extension with an editor and a client that only write down what is done with them.
"use strict";

const assert = require("node:assert/strict");
const Module = require("node:module");
const { test } = require("node:test");

/** An editor in a state that a test may change, and what was done. */
function editor(state) {
  const done = [];
  const handlers = {};
  const disposable = { dispose() {} };
  const on = (name) => (handler) => {
    handlers[name] = handler;
    return disposable;
  };
  const vscode = {
    workspace: {
      get isTrusted() {
        return state.trusted;
      },
      getConfiguration: () => ({
        get: (name) => state.settings[name],
        inspect: (name) => ({ workspaceValue: state.settings[name] }),
      }),
      createFileSystemWatcher: (glob) => ({ glob }),
      onDidGrantWorkspaceTrust: on("trust"),
      onDidChangeConfiguration: on("configuration"),
    },
    commands: {
      registerCommand: (name, handler) => {
        handlers[name] = handler;
        return disposable;
      },
      executeCommand: async (...words) => done.push(["command", ...words]),
    },
    env: { clipboard: { writeText: async (text) => done.push(["copied", text]) } },
    window: {
      setStatusBarMessage() {},
      showErrorMessage: async (text) => {
        done.push(["error", text]);
        return state.answer;
      },
    },
  };
  class LanguageClient {
    constructor(id, name, server, options) {
      this.options = options;
      done.push(["new", server.command, ...server.args]);
      state.client = this;
    }
    async start() {
      if (state.fails) {
        throw new Error("ENOENT");
      }
      done.push(["start"]);
    }
    async stop() {
      done.push(["stop"]);
    }
    async sendNotification(method) {
      done.push(["tell", method]);
    }
  }
  const modules = { vscode, "vscode-languageclient/node": { LanguageClient } };
  const load = Module._load;
  Module._load = (request, ...rest) => modules[request] ?? load(request, ...rest);
  const path = require.resolve("../extension.js");
  delete require.cache[path];
  const extension = require(path);
  Module._load = load;
  return { done, handlers, extension };
}

const context = () => ({ subscriptions: [] });
const changes = (...names) => ({
  affectsConfiguration: (asked) => names.some((name) => name === asked || name.startsWith(`${asked}.`)),
});

test("the server starts with what is set, and ends with the editor", async () => {
  const state = { trusted: true, settings: { path: "/opt/il", arguments: ["--offline"] } };
  const { done, extension } = editor(state);
  await extension.activate(context());
  assert.deepEqual(done, [["new", "/opt/il", "lsp", "--offline"], ["start"]]);
  assert.equal(state.client.options.initializationOptions.trust, "trusted");
  await extension.deactivate();
  assert.deepEqual(done.at(-1), ["stop"]);
});

test("trust that is granted later is told, and what the server asks for has it", async () => {
  const state = { trusted: false, settings: {} };
  const { done, handlers, extension } = editor(state);
  await extension.activate(context());
  const options = state.client.options;
  assert.equal(options.initializationOptions.trust, "untrusted");
  state.trusted = true;
  await handlers.trust();
  assert.deepEqual(done.at(-1), ["tell", "workspace/didChangeConfiguration"]);
  assert.equal(options.middleware.workspace.configuration()[0].trust, "trusted");
});

test("another program is started, other settings are told", async () => {
  const { done, handlers, extension } = editor({ trusted: true, settings: {} });
  await extension.activate(context());
  await handlers.configuration(changes("image-lint.inlayHints"));
  assert.deepEqual(done.at(-1), ["tell", "workspace/didChangeConfiguration"]);
  await handlers.configuration(changes("editor.fontSize"));
  await handlers.configuration(changes("image-lint.path"));
  assert.deepEqual(done.slice(-3).map(([what]) => what), ["stop", "new", "start"]);
  await handlers["image-lint.restart"]();
  assert.deepEqual(done.slice(-3).map(([what]) => what), ["stop", "new", "start"]);
});

test("a program that is not there is said, with the way to its setting", async () => {
  const state = { trusted: true, settings: {}, fails: true, answer: "Open settings" };
  const { done, extension } = editor(state);
  await extension.activate(context());
  assert.match(done[1][1], /cannot start `image-lint`.*ENOENT/);
  assert.deepEqual(done[2], ["command", "workbench.action.openSettings", "image-lint.path"]);
});

test("the remedy goes to the clipboard", async () => {
  const state = { trusted: true, settings: {} };
  const { done, extension } = editor(state);
  await extension.activate(context());
  await state.client.options.middleware.executeCommand("image-lint.copyRemedy", ["skopeo copy a b"], () => {});
  assert.deepEqual(done.at(-1), ["copied", "skopeo copy a b"]);
});
