//! Serves every stored form of the table of pulls until standard input ends, for `scripts/measure-clients.sh`.
//!
//! Prints one line a form: its name, the image, for each client what the table of features says, `y`, `n`, `d` (it depends)
//! or `?`, and for each client its words where it refuses.

#[path = "../tests/support/mod.rs"]
mod support;

use std::io::Read;

use image_lint_model::clients::CLIENTS;
use image_lint_model::manifest::Platform;
use image_lint_model::pull::{Pull, pull};
use image_lint_model::reference::ImageReference;
use image_lint_model::resolution::Resolution;
use image_lint_registry::{Client, Depth, Settings};

use support::artifact::{Artifact, SCHEMA1};
use support::forms::{self, Form};
use support::real::{Access, RealRegistry, Storage};
use support::registry::{AcceptPolicy, Registry};
use support::wire;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let real = Storage::new().serve(None, &Access::OpenToSchema1);
    let inside = Registry::start();
    // Clients send several lines of `Accept`, of which this registry reads the first.
    inside.manners(|manners| manners.accept = AcceptPolicy::Ignore);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let client = Client::new(Settings {
        plain_http: vec![real.host().to_owned(), inside.host()],
        ..Settings::default()
    })?;
    for form in forms::all_with(&inside.url()) {
        if form.name.starts_with("foreign") {
            inside.push_untagged("forms/urls", &form.artifact);
        }
        let image = store(&form, &real, &inside);
        let reference = ImageReference::parse(&image).map_err(|error| error.why)?;
        let resolved = runtime.block_on(client.resolve(&reference, Depth::Full));
        println!("{}\t{image}\t{}", form.name, said(&resolved.resolution));
    }
    println!("ready");
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// Where the form is stored: Debian's registry takes most of them.
fn store(form: &Form, real: &RealRegistry, inside: &Registry) -> String {
    if form.name.starts_with("s1-signed") {
        signed(form.name, real);
        return real.name(&form.reference());
    }
    if forms::store_real(form, real) {
        return real.name(&form.reference());
    }
    forms::store(form, inside);
    inside.name(&form.reference())
}

/// Schema 1 with a signature that clients check: skopeo makes it.
fn signed(name: &str, real: &RealRegistry) {
    let repository = format!("forms/{name}");
    let image = support::artifact::schema2(name);
    real.skopeo_copy(&repository, "1", &image, Some("v2s1"));
    if name == "s1-signed-as-json" {
        let path = format!("/v2/{repository}/manifests/1");
        let accept = [(
            "Accept",
            "application/vnd.docker.distribution.manifest.v1+prettyjws",
        )];
        let reply = wire::ask(real.host(), "GET", &path, &accept).expect("an answer");
        real.put(&repository, "1", &Artifact::raw(SCHEMA1, reply.body));
    }
}

fn said(resolution: &Resolution) -> String {
    let platform = Platform::new("linux", "amd64", None);
    let pulls = CLIENTS.each_ref().map(|client| match resolution {
        Resolution::Found(manifest) => Some(pull(client, manifest, &platform)),
        _ => None,
    });
    let cells = pulls.iter().map(|found| match found {
        Some(Pull::Works) => "y",
        Some(Pull::Depends(_)) => "d",
        Some(Pull::Refused(_)) => "n",
        None => "?",
    });
    let words = pulls.iter().map(|found| match found {
        Some(Pull::Refused(refusal)) => &*refusal.words,
        _ => "-",
    });
    cells.chain(words).collect::<Vec<_>>().join("\t")
}
