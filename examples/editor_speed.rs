//! How fast the editor server is in a workspace of 5,000 files: prints the figures of docs/performance.md.
//!
//! `cargo run --release --example editor_speed [PROGRAM]` with the built program, `target/release/image-lint` by default.
//! No registry is asked: what a network takes is no figure of ours.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Changes and questions of which the median counts.
const TIMES: usize = 41;

fn main() {
    let program = std::env::args()
        .nth(1)
        .map_or_else(|| PathBuf::from("target/release/image-lint"), PathBuf::from);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let files = workspace(folder.path());
    println!("{files} files");
    let mut client = Client::start(&program, folder.path());
    let started = Instant::now();
    client.initialize(folder.path());
    client.open("big.yaml", &manifest(0));
    client.diagnostics();
    println!(
        "ready, with the diagnostics of an open file: {} ms",
        ms(started.elapsed())
    );
    changes(&mut client);
    questions(&mut client);
    println!(
        "memory: {} MiB at most, {} MiB now",
        client.memory("VmHWM"),
        client.memory("VmRSS")
    );
    let before = client.processor_ticks();
    std::thread::sleep(Duration::from_secs(5));
    println!(
        "processor time of 5 idle seconds: {} ms",
        (client.processor_ticks() - before) * 10
    );
    client.end();
}

/// The median time from a change to its diagnostics, without a pause after it.
fn changes(client: &mut Client) {
    let mut letters = Vec::new();
    for version in 2..2 + TIMES {
        let text = if version % 2 == 0 { "A" } else { "a" };
        // `quay.io/team0/app0`, in the first container.
        let at = json!({"line": 9, "character": 22});
        let after = json!({"line": 9, "character": 23});
        let change = json!({"range": {"start": at, "end": after}, "text": text});
        letters.push(client.change("big.yaml", version, &change));
    }
    println!("a letter in a manifest of 2,000 lines: {}", spread(letters));
    client.open(
        "app1/values.yaml",
        "image:\n  repository: quay.io/team/app1\n  tag: v1\n",
    );
    client.diagnostics();
    let mut charts = Vec::new();
    for version in 2..2 + TIMES {
        let text = format!("image:\n  repository: quay.io/team/app1\n  tag: v{version}\n");
        charts.push(client.change("app1/values.yaml", version, &json!({"text": text})));
    }
    println!("a line in the values of a chart: {}", spread(charts));
}

fn questions(client: &mut Client) {
    for (method, line, character) in [
        ("hover", 9, 24),
        ("definition", 9, 24),
        ("completion", 9, 24),
        ("codeAction", 9, 24),
    ] {
        let times = (0..TIMES).map(|_| client.ask_at(method, line, character));
        println!("{method}: {}", spread(times.collect()));
    }
}

/// 3,000 manifests, 600 Dockerfiles, 600 scripts, 20 charts, 20 overlays with their bases, and files that nobody reads.
fn workspace(root: &Path) -> usize {
    let mut count = 0;
    let mut write = |path: String, text: String| {
        let path = root.join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("room for a file");
        count += 1;
    };
    write("big.yaml".into(), manifest(0));
    for n in 0..3000 {
        write(
            format!("apps/{}/deployment-{n}.yaml", n % 100),
            deployment(n),
        );
    }
    for n in 0..600 {
        let dockerfile = format!(
            "ARG TAG=1.{n}\nFROM quay.io/team/base:${{TAG}} AS build\nRUN make\nFROM registry.example.com/run:{n}\nCOPY --from=build /a /b\n"
        );
        write(format!("images/{n}/Dockerfile"), dockerfile);
        write(
            format!("images/{n}/build.sh"),
            format!(
                "#!/bin/sh\nTAG=1.{n}\nbuildah bud --format=docker -t quay.io/team/app{n}:$TAG .\nbuildah push quay.io/team/app{n}:$TAG\n"
            ),
        );
    }
    for n in 0..20 {
        write(
            format!("app{n}/Chart.yaml"),
            format!("apiVersion: v2\nname: app{n}\nversion: 1.0.0\n"),
        );
        write(
            format!("app{n}/values.yaml"),
            format!("image:\n  repository: quay.io/team/app{n}\n  tag: v1\n"),
        );
        write(
            format!("app{n}/templates/deployment.yaml"),
            CHARTED.replace("NAME", &format!("app{n}")),
        );
        write(
            format!("overlays/{n}/base/kustomization.yaml"),
            "resources: [deployment.yaml]\n".into(),
        );
        write(
            format!("overlays/{n}/base/deployment.yaml"),
            deployment(10_000 + n),
        );
        write(
            format!("overlays/{n}/kustomization.yaml"),
            format!(
                "resources: [base]\nimages:\n- name: quay.io/team{}/app{}\n  newTag: v2\n",
                (10_000 + n) % 40,
                10_000 + n
            ),
        );
    }
    let left = 5000 - 1 - 3000 - 1200 - 120;
    for n in 0..left {
        write(
            format!("src/{}/file{n}.go", n % 20),
            format!("package a\n\nfunc F{n}() {{}}\n"),
        );
    }
    count
}

const CHARTED: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: NAME\nspec:\n  template:\n    spec:\n      containers:\n      - name: a\n        image: \"{{ .Values.image.repository }}:{{ .Values.image.tag }}\"\n";

fn deployment(n: usize) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: d{n}\nspec:\n  template:\n    spec:\n      containers:\n      - name: a\n        image: quay.io/team{}/app{n}:1.{}\n        ports: [{{containerPort: 80}}]\n",
        n % 40,
        n % 9
    )
}

/// 2,000 lines with 180 containers in as many objects.
fn manifest(first: usize) -> String {
    let mut text = String::new();
    for n in first..first + 180 {
        // One line of 180 apart, so that it is 2,000 in all.
        writeln!(text, "{}---", deployment(n)).expect("a string grows");
    }
    text
}

struct Client {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    root: PathBuf,
    next: i64,
}

impl Client {
    fn start(program: &Path, root: &Path) -> Self {
        let mut child = Command::new(program)
            .args(["lsp", "--offline"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        Client {
            stdin: child.stdin.take().expect("a pipe"),
            stdout: BufReader::new(child.stdout.take().expect("a pipe")),
            child,
            root: root.to_owned(),
            next: 0,
        }
    }

    fn uri(&self, path: &str) -> String {
        format!("file://{}/{path}", self.root.display())
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        write!(self.stdin, "Content-Length: {}\r\n\r\n{text}", text.len()).expect("it reads");
        self.stdin.flush().expect("it reads");
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    fn receive(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.stdout.read_line(&mut line).expect("it writes");
            match line.trim_end().split_once(": ") {
                Some(("Content-Length", value)) => length = value.parse().expect("a length"),
                Some(_) => {}
                None => break,
            }
        }
        let mut bytes = vec![0; length];
        self.stdout.read_exact(&mut bytes).expect("it writes");
        serde_json::from_slice(&bytes).expect("JSON")
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        let id = self.next;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        loop {
            let message = self.receive();
            if message["id"] == id {
                return message;
            }
        }
    }

    fn initialize(&mut self, root: &Path) {
        let folder = format!("file://{}", root.display());
        self.ask(
            "initialize",
            json!({
                "capabilities": {"workspace": {"workspaceEdit": {"documentChanges": true}}},
                "initializationOptions": {"debounce": 0},
                "workspaceFolders": [{"uri": folder, "name": "w"}],
            }),
        );
        self.tell("initialized", json!({}));
    }

    fn open(&mut self, path: &str, text: &str) {
        let uri = self.uri(path);
        let item = json!({"uri": uri, "languageId": "yaml", "version": 1, "text": text});
        self.tell("textDocument/didOpen", json!({"textDocument": item}));
    }

    fn diagnostics(&mut self) -> Value {
        loop {
            let message = self.receive();
            if message["method"] == "textDocument/publishDiagnostics" {
                return message;
            }
        }
    }

    fn change(&mut self, path: &str, version: usize, change: &Value) -> Duration {
        let uri = self.uri(path);
        let params = json!({
            "textDocument": {"uri": uri, "version": version},
            "contentChanges": [change],
        });
        let started = Instant::now();
        self.tell("textDocument/didChange", params);
        while self.diagnostics()["params"]["version"] != version {}
        started.elapsed()
    }

    fn ask_at(&mut self, method: &str, line: u32, character: u32) -> Duration {
        let at = json!({"line": line, "character": character});
        let params = json!({
            "textDocument": {"uri": self.uri("big.yaml")},
            "position": at,
            "range": {"start": at, "end": at},
            "context": {"diagnostics": []},
        });
        let started = Instant::now();
        self.ask(&format!("textDocument/{method}"), params);
        started.elapsed()
    }

    /// A line of `/proc/PID/status`, in MiB.
    fn memory(&self, name: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("Linux");
        let line = status.lines().find(|line| line.starts_with(name));
        let kib = line.and_then(|line| line.split_whitespace().nth(1));
        kib.expect("a figure").parse::<u64>().expect("a number") / 1024
    }

    /// Of all its threads, in hundredths of a second (proc(5), `stat`, fields 14 and 15).
    fn processor_ticks(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()));
        let stat = stat.expect("Linux");
        let fields: Vec<&str> = stat
            .rsplit(')')
            .next()
            .expect("fields")
            .split_whitespace()
            .collect();
        let field = |n: usize| fields[n - 3].parse::<u64>().expect("a number");
        field(14) + field(15)
    }

    fn end(mut self) {
        self.ask("shutdown", Value::Null);
        self.tell("exit", Value::Null);
        let code = self.child.wait().expect("an end").code();
        assert_eq!(code, Some(0));
    }
}

fn ms(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1000.0)
}

fn spread(mut times: Vec<Duration>) -> String {
    times.sort();
    let median = times[times.len() / 2];
    let ninth = times[times.len() * 9 / 10];
    format!(
        "median {} ms, nine in ten within {} ms",
        ms(median),
        ms(ninth)
    )
}
