//! Patience that ends: what fails for a while is asked again when all else is done, and what never answers costs its own.

use std::time::Duration;

use crate::asking::{block, class, oci_tags, resolve_all, settings};
use crate::support::registry::{Fault, Registry, Wait};
use image_lint_model::reference::ImageReference;
use image_lint_registry::{Client, Depth, Settings};

#[test]
fn what_fails_for_a_while_is_asked_again_when_all_else_is_done() {
    let registry = Registry::start();
    registry.push_oci("app", "fine");
    registry.push_oci("app", "late");
    let names = ["app:fine", "app:late"].map(|name| registry.name(name));
    let client = Client::new(settings(&registry)).unwrap();
    assert_eq!(class(&resolve_all(&client, &names[..1])[0]), "OciManifest");
    // All tries of its HEAD and of the GET after it.
    registry.on("app:late").times(6, Fault::status(503));
    let first = resolve_all(&client, &names[1..]).remove(0);
    assert_eq!(class(&first), "unknown Server { status: 503 }");
    assert!(Client::may_pass(&first));
    let reference = ImageReference::parse(&names[1]).unwrap();
    let second = block(client.retry_unknown(&[reference], Depth::Probe));
    assert_eq!(class(&second[0]), "OciManifest", "{:#?}", registry.lines());
}

#[test]
fn a_host_that_limits_gets_two_requests_at_a_time_and_is_waited_for() {
    let registry = Registry::start();
    let names: Vec<String> = oci_tags(&registry, 20);
    registry
        .on("*")
        .times(2, Fault::limited(Wait::Header("1".to_owned())));
    registry.latency(Duration::from_millis(5));
    let set = Settings {
        timeout: Duration::from_secs(10),
        ..settings(&registry)
    };
    let answers = resolve_all(&Client::new(set).unwrap(), &names);
    assert!(
        answers.iter().all(|answer| class(answer) == "OciManifest"),
        "{:#?}",
        registry.lines()
    );
    let log = registry.log();
    let limited = log.iter().filter(|seen| seen.status == Some(429)).count();
    assert_eq!(
        (limited, log.len()),
        (2, 22),
        "each was asked once but for the tries that were limited"
    );
    assert!(
        registry.most_in_flight() <= 2,
        "{} at a time",
        registry.most_in_flight()
    );
}
