//! A client of the editor server: sends what a test says, and waits for what it expects, never for time to pass.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

use crate::program::Workspace;
use crate::support::registry::Registry;

/// A wait that only a broken promise makes long.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Server {
    child: Child,
    stdin: ChildStdin,
    messages: Receiver<Value>,
    /// What came and nobody wanted yet.
    kept: VecDeque<Value>,
    next: i64,
    pub root: std::path::PathBuf,
}

impl Server {
    /// Starts the program in the workspace, with the registry allowed; nothing is said yet.
    pub fn start(workspace: &Workspace, registry: Option<&Registry>, arguments: &[&str]) -> Self {
        let host = registry.map(Registry::host).unwrap_or_default();
        let mut program = workspace.program(&["lsp"]);
        if registry.is_some() {
            program = program.args(&["--no-cache", "--plain-http", &host]);
        }
        let mut command = program.args(arguments).command;
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit());
        let mut child = command.spawn().expect("the program starts");
        let stdin = child.stdin.take().expect("a pipe");
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            let mut stdout = stdout;
            while let Some(message) = read(&mut stdout) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        Server {
            child,
            stdin,
            messages,
            kept: VecDeque::new(),
            next: 0,
            root: workspace.root.canonicalize().expect("a folder"),
        }
    }

    /// Starts, and begins the conversation with the workspace as its folder and these options.
    pub fn begin(workspace: &Workspace, registry: Option<&Registry>, options: Value) -> Self {
        let mut server = Server::start(workspace, registry, &[]);
        server.initialize(options);
        server
    }

    pub fn initialize(&mut self, options: Value) -> Value {
        let folder = self.uri("");
        let capabilities = json!({
            "general": {"positionEncodings": ["utf-16"]},
            "textDocument": {
                "publishDiagnostics": {"relatedInformation": true},
                "hover": {"contentFormat": ["markdown"]},
            },
            "window": {"workDoneProgress": true},
            "workspace": {"workspaceEdit": {"documentChanges": true}},
        });
        let params = json!({
            "processId": null,
            "capabilities": capabilities,
            "initializationOptions": options,
            "workspaceFolders": [{"uri": folder.trim_end_matches('/'), "name": "work"}],
        });
        let result = self.ask("initialize", params);
        self.tell("initialized", json!({}));
        result
    }

    /// The URI of a file of the workspace.
    pub fn uri(&self, path: &str) -> String {
        format!("file://{}/{path}", self.root.display())
    }

    pub fn raw(&mut self, bytes: &[u8]) {
        self.stdin.write_all(bytes).expect("the server reads");
        self.stdin.flush().expect("the server reads");
    }

    pub fn send(&mut self, message: Value) {
        let text = message.to_string();
        self.raw(format!("Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes());
    }

    pub fn tell(&mut self, method: &str, params: Value) {
        self.send(json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// Sends a request and gives its id.
    pub fn request(&mut self, method: &str, params: Value) -> i64 {
        self.next += 1;
        let id = self.next;
        self.send(json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        id
    }

    /// The response to a request, whole.
    pub fn response(&mut self, id: i64) -> Value {
        self.wait(|m| m["id"] == id && m.get("method").is_none())
    }

    /// The result of a request.
    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.request(method, params);
        let response = self.response(id);
        assert!(response.get("error").is_none(), "{method}: {response}");
        response["result"].clone()
    }

    /// The first message that is wanted, whatever came before it.
    pub fn wait(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.kept.iter().position(&wanted) {
            return self.kept.remove(at).expect("it is there");
        }
        loop {
            let next = self.messages.recv_timeout(PATIENCE);
            let message = next.unwrap_or_else(|_| panic!("nothing more came: {:#?}", self.kept));
            // What is asked of the client is done.
            if message.get("method").is_some() && message.get("id").is_some() {
                self.send(json!({"jsonrpc": "2.0", "id": message["id"], "result": null}));
            }
            if wanted(&message) {
                return message;
            }
            self.kept.push_back(message);
        }
    }

    pub fn open(&mut self, path: &str, text: &str) {
        let item = json!({"uri": self.uri(path), "languageId": "x", "version": 1, "text": text});
        self.tell("textDocument/didOpen", json!({"textDocument": item}));
    }

    /// Opens a file as it is on the disk.
    pub fn open_file(&mut self, path: &str) {
        let text = std::fs::read_to_string(self.root.join(path)).expect("a file");
        self.open(path, &text);
    }

    /// Replaces the text of a document; a range is `(line, character, line, character)`.
    pub fn change(&mut self, path: &str, version: i64, range: Option<[u32; 4]>, text: &str) {
        let mut change = json!({"text": text});
        if let Some([a, b, c, d]) = range {
            change["range"] =
                json!({"start": {"line": a, "character": b}, "end": {"line": c, "character": d}});
        }
        let document = json!({"uri": self.uri(path), "version": version});
        let params = json!({"textDocument": document, "contentChanges": [change]});
        self.tell("textDocument/didChange", params);
    }

    pub fn save(&mut self, path: &str) {
        let uri = self.uri(path);
        self.tell(
            "textDocument/didSave",
            json!({"textDocument": {"uri": uri}}),
        );
    }

    /// The diagnostics of a document, once they are such that `wanted` holds.
    pub fn diagnostics(&mut self, path: &str, wanted: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let uri = self.uri(path);
        let message = self.wait(|m| {
            m["method"] == "textDocument/publishDiagnostics"
                && m["params"]["uri"] == uri.as_str()
                && wanted(m["params"]["diagnostics"].as_array().expect("a list"))
        });
        message["params"]["diagnostics"]
            .as_array()
            .expect("a list")
            .clone()
    }

    /// `line:character rule`, from 0, of the diagnostics that come for a document with this version.
    pub fn rules(&mut self, path: &str, version: i64) -> Vec<String> {
        let uri = self.uri(path);
        let message = self.wait(|m| {
            m["method"] == "textDocument/publishDiagnostics"
                && m["params"]["uri"] == uri.as_str()
                && m["params"]["version"] == version
        });
        lines(message["params"]["diagnostics"].as_array().expect("a list"))
    }

    /// What a position of a document is asked for.
    pub fn at(&mut self, method: &str, path: &str, line: u32, character: u32) -> Value {
        let params = json!({
            "textDocument": {"uri": self.uri(path)},
            "position": {"line": line, "character": character},
        });
        self.ask(method, params)
    }

    /// Ends the conversation in order; gives the exit code.
    pub fn end(mut self) -> i32 {
        self.ask("shutdown", Value::Null);
        self.tell("exit", Value::Null);
        self.exit_code()
    }

    /// Waits for the end of the program.
    pub fn exit_code(self) -> i32 {
        let Server {
            mut child, stdin, ..
        } = self;
        drop(stdin);
        let id = child.id();
        let (sender, receiver) = channel();
        std::thread::spawn(move || sender.send(child.wait()));
        match receiver.recv_timeout(PATIENCE) {
            Ok(status) => status
                .expect("the end of a child")
                .code()
                .expect("no signal"),
            Err(_) => {
                let _ = Command::new("kill")
                    .args(["-KILL", &id.to_string()])
                    .status();
                panic!("the server did not end");
            }
        }
    }
}

/// `line:character rule`, from 0.
pub fn lines(diagnostics: &[Value]) -> Vec<String> {
    let line = |d: &Value| {
        let start = &d["range"]["start"];
        let code = d["code"].as_str().unwrap_or("-");
        format!("{}:{} {code}", start["line"], start["character"])
    };
    diagnostics.iter().map(line).collect()
}

fn read(stdout: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stdout.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("Content-Length: ") {
            length = value.parse().ok()?;
        }
    }
    let mut bytes = vec![0; length];
    stdout.read_exact(&mut bytes).ok()?;
    Some(serde_json::from_slice(&bytes).expect("the server writes JSON"))
}
/// A text with edits made, as a client makes them: from the last to the first. ASCII alone.
pub fn edited(text: &str, edits: &Value) -> String {
    let offset = |at: &Value| {
        let line = at["line"].as_u64().expect("a line") as usize;
        let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        start + at["character"].as_u64().expect("a character") as usize
    };
    let mut all: Vec<_> = edits
        .as_array()
        .expect("edits")
        .iter()
        .map(|e| {
            let range = &e["range"];
            let new = e["newText"].as_str().expect("a text");
            (offset(&range["start"]), offset(&range["end"]), new)
        })
        .collect();
    all.sort();
    let mut out = text.to_owned();
    for (start, end, new) in all.into_iter().rev() {
        out.replace_range(start..end, new);
    }
    out
}
