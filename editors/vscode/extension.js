// Starts `image-lint lsp` and tells it what the user set and whether the workspace is trusted.
"use strict";

const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");
const { SECTION, selector, options, command, executeCommand } = require("./settings.js");

/** @type {LanguageClient | undefined} */
let client;

function section() {
  return vscode.workspace.getConfiguration(SECTION);
}

function current() {
  return options((name) => section().get(name), vscode.workspace.isTrusted);
}

async function start() {
  const of = section();
  const server = command(
    (name) => of.get(name),
    (name) => of.inspect(name),
    vscode.workspace.isTrusted,
  );
  client = new LanguageClient(SECTION, "image-lint", server, {
    documentSelector: selector(),
    initializationOptions: current(),
    // Files that somebody else changes.
    synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher("**/*") },
    middleware: {
      executeCommand: executeCommand(async (text) => {
        await vscode.env.clipboard.writeText(text);
        vscode.window.setStatusBarMessage("image-lint: copied", 3000);
      }),
      workspace: {
        // The server asks for its section: it gets what holds, trust included.
        configuration: () => [current()],
      },
    },
  });
  try {
    await client.start();
  } catch (error) {
    const open = "Open settings";
    const said = `image-lint: cannot start \`${server.command}\`: ${error}`;
    if ((await vscode.window.showErrorMessage(said, open)) === open) {
      await vscode.commands.executeCommand("workbench.action.openSettings", `${SECTION}.path`);
    }
  }
}

async function stop() {
  const running = client;
  client = undefined;
  await running?.stop();
}

async function tell() {
  await client?.sendNotification("workspace/didChangeConfiguration", { settings: null });
}

async function activate(context) {
  const restart = async () => {
    await stop();
    await start();
  };
  context.subscriptions.push(
    vscode.commands.registerCommand(`${SECTION}.restart`, restart),
    vscode.workspace.onDidGrantWorkspaceTrust(tell),
    vscode.workspace.onDidChangeConfiguration(async (event) => {
      if (["path", "arguments"].some((name) => event.affectsConfiguration(`${SECTION}.${name}`))) {
        await restart();
      } else if (event.affectsConfiguration(SECTION)) {
        await tell();
      }
    }),
  );
  await start();
}

module.exports = { activate, deactivate: stop };
