//! Registries that say back what they were told: error pages quote the request's headers, and so do tokens, redirects
//! and types.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::FORMATS;
use crate::program::Workspace;

const LOGIN: &str = "canaryUser:canaryPa/ss";
const TOKEN: &str = "canaryToken0123456789";

/// Answers each request by its path and `Authorization`; each has a connection of its own.
fn serve(answer: impl Fn(&str, &str, &str) -> String + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let (answer, own) = (Arc::new(answer), host.clone());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (answer, own) = (Arc::clone(&answer), own.clone());
            std::thread::spawn(move || {
                reply(&stream, |path, authorization| {
                    answer(&own, path, authorization)
                })
            });
        }
    });
    host
}

fn reply(mut stream: &TcpStream, answer: impl Fn(&str, &str) -> String) {
    let (mut path, mut authorization) = (String::new(), String::new());
    for line in BufReader::new(stream)
        .lines()
        .map_while(Result::ok)
        .take_while(|line| !line.is_empty())
    {
        match line.split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("authorization") => {
                authorization = value.to_owned()
            }
            None if path.is_empty() => path = line.split(' ').nth(1).unwrap_or_default().to_owned(),
            _ => {}
        }
    }
    // A client that went away has no use for an answer.
    let _ = stream.write_all(answer(&path, &authorization).as_bytes());
}

fn response(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n\r\n{body}"
    )
}

fn refusal(words: &str) -> String {
    serde_json::json!({ "errors": [{ "code": format!("DENIED {words}"), "message": words }] })
        .to_string()
}

#[test]
fn credentials_that_a_registry_says_back_are_not_shown() {
    let basic = STANDARD.encode(LOGIN);
    let all = format!("Basic {basic} is {LOGIN}, password canaryPa/ss");
    let needs_login = "WWW-Authenticate: Basic realm=\"x\"";
    let words = all.clone();
    let reflects = serve(move |_, _, authorization| match authorization {
        "" => response("401 Unauthorized", needs_login, "{}"),
        _ => response(
            "403 Forbidden",
            &format!("Content-Type: text/{LOGIN}"),
            &refusal(&words),
        ),
    });
    let leads = serve(move |_, path, authorization| match authorization {
        "" => response("401 Unauthorized", needs_login, "{}"),
        _ if path.contains("canary") => response(
            "404 Not Found",
            "Content-Type: application/json",
            &refusal(path),
        ),
        _ => response(
            "307 Temporary Redirect",
            &format!(
                "Location: /v2/{LOGIN}/{}",
                LOGIN.replace(':', "%3A").replace('/', "%2F")
            ),
            "",
        ),
    });
    let words = format!("{all}, token {TOKEN}");
    let by_token = serve(move |own, path, authorization| {
        let challenge =
            format!("WWW-Authenticate: Bearer realm=\"http://{own}/token\",service=\"s\"");
        match (path.starts_with("/token"), authorization) {
            (true, _) => response(
                "200 OK",
                "Content-Type: application/json",
                &format!("{{\"token\":\"{TOKEN}\"}}"),
            ),
            (false, "") => response("401 Unauthorized", &challenge, "{}"),
            (false, _) => response(
                "403 Forbidden",
                "Content-Type: application/json",
                &refusal(&words),
            ),
        }
    });
    let words = all.clone();
    let no_token = serve(move |own, path, _| {
        let challenge =
            format!("WWW-Authenticate: Bearer realm=\"http://{own}/token\",service=\"s\"");
        match path.starts_with("/token") {
            true => response(
                "401 Unauthorized",
                "Content-Type: application/json",
                &format!("{{\"details\":\"{words}\"}}"),
            ),
            false => response("401 Unauthorized", &challenge, "{}"),
        }
    });
    let limits = serve(move |_, _, authorization| match authorization {
        "" => response("401 Unauthorized", needs_login, "{}"),
        _ => response("429 Too Many Requests", "Retry-After: 900", &all),
    });

    let canaries = [&*basic, LOGIN, "canaryPa", "CANARYPA", "canarypa", TOKEN];
    for (what, host) in [
        ("body", &reflects),
        ("redirect", &leads),
        ("token", &by_token),
        ("service", &no_token),
        ("limit", &limits),
    ] {
        let workspace = Workspace::of("pod.yaml", crate::program::pod(&[&format!("{host}/x/y:1")]));
        let config = workspace.home.join(".docker");
        std::fs::create_dir(&config).unwrap();
        let text = serde_json::json!({ "auths": { host: { "auth": basic } } }).to_string();
        std::fs::write(config.join("config.json"), text).unwrap();
        let image = format!("{host}/x/y:1");
        let mut commands: Vec<Vec<&str>> = FORMATS
            .iter()
            .map(|f| vec!["-vv", "--explain-auth", "--format", f])
            .collect();
        commands.push(vec!["inspect", &image]);
        commands.push(vec![
            "inspect",
            "--explain-auth",
            "--format",
            "json",
            &image,
        ]);
        for command in &commands {
            let ran = workspace
                .program(command)
                .args(&["--no-cache", "--timeout", "60", "--plain-http", host])
                .run();
            assert!(
                !ran.said().contains("panicked"),
                "{what} {command:?}: {}",
                ran.said()
            );
            for canary in canaries {
                assert!(
                    !ran.said().contains(canary),
                    "{what} {command:?} shows {canary}: {}",
                    ran.said()
                );
            }
        }
        let inspected = workspace
            .program(&["inspect", &image, "--plain-http", host, "--timeout", "60"])
            .run();
        assert!(
            what == "redirect" && inspected.stdout.contains("manifests")
                || inspected.said().contains("***"),
            "{what}: {}",
            inspected.said()
        );
    }
}
