//! A registry that lies, floods, stalls or tries to speak through the report.

use crate::FORMATS;
use crate::program::{Workspace, pod};
use crate::support::registry::{Answer, Fault, Kind, Registry};

#[test]
fn words_of_a_registry_are_cut_and_escaped() {
    let registry = Registry::start();
    let evil = format!("\u{1b}[2J\u{7}\n::error::pwn\n##[stop-commands]x\u{202e}{}", "A".repeat(60_000));
    registry.on("app:1").gives(Fault::errors(403, &[("DENIED", &evil)]));
    registry.on("app:2").gives(Fault::errors(400, &[(&evil, &evil)]));
    registry.on("app:3").gives(Fault::errors(412, &[("PROJECTPOLICYVIOLATION", &evil)]));
    registry.push_schema2("app", "x");
    let workspace =
        Workspace::of("pod.yaml", pod(&[&registry.name("app:1"), &registry.name("app:2"), &registry.name("app:3")]));
    for format in FORMATS {
        let ran = workspace.program(&["--no-cache", "--plain-http", &registry.host(), "--format", format, "-vv"]).run();
        assert!(matches!(ran.code, Some(1 | 3)), "{format}: {}", ran.stderr);
        let said = ran.said();
        assert!(said.len() < 60_000, "{format}: {} bytes", said.len());
        assert_eq!(said.chars().find(|c| c.is_control() && *c != '\n'), None, "{format}");
        let foreign = said.lines().find(|l| l.trim_start().starts_with("::error::pwn") || l.contains("##[stop"));
        assert_eq!(foreign, None, "{format}");
    }
}

#[test]
fn redirects_and_realms_lead_nowhere_they_must_not() {
    let registry = Registry::start();
    let inside = Registry::start();
    inside.push_oci("app", "1");
    let port = inside.address().port();
    for (tag, location) in [
        ("a", format!("http://localhost:{port}/v2/app/manifests/1")),
        ("b", format!("http://127.0.0.1:{port}/v2/app/manifests/1")),
        ("c", format!("http://[::ffff:127.0.0.1]:{port}/")),
        ("d", "file:///etc/passwd".to_owned()),
        ("e", "http://169.254.169.254/latest/meta-data".to_owned()),
        ("f", "/v2/app/manifests/f".to_owned()),
        ("g", "//".to_owned()),
    ] {
        registry.on(&format!("app:{tag}")).gives(Fault::redirect(307, &location));
    }
    let names: Vec<String> = ["a", "b", "c", "d", "e", "f", "g"].map(|tag| registry.name(&format!("app:{tag}"))).into();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let workspace = Workspace::of("pod.yaml", pod(&names));
    let ran = workspace.lint(&registry).run();
    assert_eq!(ran.unchecked().len(), names.len(), "{}", ran.stdout);
    assert_eq!((ran.code, inside.connections()), (Some(3), 0), "{:?}", inside.lines());
    assert!(registry.log().len() < 80, "a loop of redirects ends: {} requests", registry.log().len());
    for realm in [
        format!("http://localhost:{port}/token"),
        "http://169.254.169.254/token".to_owned(),
        "file:///etc/passwd".to_owned(),
        format!("http://user:pw@localhost:{port}/"),
        format!("http://{}/", "a".repeat(8000)),
        String::new(),
    ] {
        let registry = Registry::start();
        registry.with_tokens().challenge(&[&format!(r#"Bearer realm="{realm}",service="s",scope="{{scope}}""#)]);
        registry.push_schema2("app", "1");
        let workspace = Workspace::of("pod.yaml", pod(&[&registry.name("app:1")]));
        let ran = workspace.lint(&registry).run();
        assert!(matches!(ran.code, Some(1 | 3)), "{realm}: {}", ran.said());
    }
    assert_eq!(inside.connections(), 0, "{:?}", inside.lines());
}

#[test]
fn tokens_that_are_too_long_or_would_break_a_header_are_not_sent() {
    for body in [
        format!(r#"{{"token":"{}"}}"#, "a".repeat(3_000_000)),
        r#"{"token":"a\r\nX-Evil: 1"}"#.to_owned(),
        r#"{"token":"ok","expires_in":-1e99}"#.to_owned(),
        r#"{"token":"ok","expires_in":1e99,"issued_at":"never"}"#.to_owned(),
        "[]".to_owned(),
    ] {
        let registry = Registry::start();
        registry.with_tokens().push_schema2("app", "1");
        registry.on_tokens().gives(Fault::Answer(Answer::new(200).body("application/json", body.clone())));
        let workspace = Workspace::of("pod.yaml", pod(&[&registry.name("app:1")]));
        let ran = workspace.lint(&registry).run();
        assert!(matches!(ran.code, Some(1 | 3)), "{}", ran.said());
        assert!(registry.log().iter().all(|s| s.asked.header("x-evil").is_none()));
        assert!(ran.said().len() < 20_000);
    }
}

#[test]
fn words_of_a_challenge_stay_values_of_the_token_request() {
    for (service, wanted) in [
        ("a&b=c#d", Some("a&b=c#d")),
        ("a%26x=1", Some("a%26x=1")),
        (r#"a\"b"#, Some("a\"b")),
        ("a b?x=1", Some("a b?x=1")),
        // Never ends.
        (r#"a",scope="repository:app:pull,x=1"#, None),
    ] {
        let registry = Registry::start();
        registry.with_tokens().push_schema2("app", "1");
        let end = if wanted.is_some() { "\"" } else { "" };
        let scope = "repository:app:pull&x=1#y";
        registry
            .challenge(&[&format!(r#"Bearer realm="{}",scope="{scope}",service="{service}{end}"#, registry.realm())]);
        let workspace = Workspace::of("pod.yaml", pod(&[&registry.name("app:1")]));
        let ran = workspace.lint(&registry).run();
        assert!(matches!(ran.code, Some(0 | 1 | 3)), "{service}: {}", ran.said());
        let tokens: Vec<_> = registry.log().into_iter().filter(|seen| seen.kind == Kind::Token).collect();
        for seen in &tokens {
            assert_eq!(seen.asked.parameters("x").count(), 0, "{service}: {:?}", seen.asked.query);
            let services: Vec<&str> = seen.asked.parameters("service").collect();
            assert_eq!(services, wanted.into_iter().collect::<Vec<_>>(), "{service}");
            assert!(
                seen.asked.query.iter().all(|(name, _)| ["service", "scope", "client_id"].contains(&name.as_str()))
            );
        }
        match wanted {
            Some(_) => assert!(!tokens.is_empty(), "{service}: {}", ran.said()),
            None => assert!(tokens.is_empty() && ran.code != Some(0), "an unreadable challenge: {}", ran.said()),
        }
    }
}
