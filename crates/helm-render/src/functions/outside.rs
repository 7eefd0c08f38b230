//! What only a cluster, chance, a clock, the zone of the machine or a network can give: marked unknowns.

use std::collections::BTreeMap;

use super::Call;
use crate::exec::Given;
use crate::value::{Kind, Value};

pub fn call(call: &Call<'_, '_>) -> Option<Given<Value>> {
    Some(match call.name {
        // What `helm template` gives without a cluster.
        "lookup" => Ok(Value::map(BTreeMap::new())),
        "getHostByName" => Ok(Value::text("")),
        "randAlphaNum" | "randAlpha" | "randAscii" | "randNumeric" => random(call),
        "randInt" => Ok(unknown(call, "0")),
        "randBytes" => Ok(unknown(call, "AAAA")),
        "uuidv4" => Ok(unknown(call, "00000000-0000-4000-8000-000000000000")),
        "now" | "date" | "dateInZone" | "date_in_zone" | "htmlDate" | "htmlDateInZone"
        | "dateModify" | "date_modify" | "mustDateModify" | "must_date_modify" | "toDate"
        | "mustToDate" | "ago" | "unixEpoch" | "duration" => Ok(unknown(call, "2006-01-02")),
        "genCA"
        | "genCAWithKey"
        | "genSelfSignedCert"
        | "genSelfSignedCertWithKey"
        | "genSignedCert"
        | "genSignedCertWithKey"
        | "buildCustomCert" => Ok(certificate(call)),
        "genPrivateKey" => Ok(unknown(call, "-----BEGIN PRIVATE KEY-----\n")),
        "bcrypt" | "htpasswd" | "encryptAES" | "shuffle" => Ok(unknown(call, "x")),
        // Not by chance, but secrets: one costs 32 MiB by design (scrypt), the other decrypts. Among 945 public charts
        // none calls them, and no image is made of a secret.
        "derivePassword" | "decryptAES" => Ok(unknown(call, "x")),
        _ => return None,
    })
}

fn unknown(call: &Call<'_, '_>, guess: &str) -> Value {
    call.engine.unknown(call.name, guess, call.at.origins())
}

/// Longest random text; Go would make any.
const MAX_RANDOM: usize = 4096;

fn random(call: &Call<'_, '_>) -> Given<Value> {
    let count = usize::try_from(call.int(0)?).unwrap_or(0).min(MAX_RANDOM);
    call.engine.meter.produce(count)?;
    let letter = if call.name == "randNumeric" { "1" } else { "x" };
    Ok(unknown(call, &letter.repeat(count)))
}

fn certificate(call: &Call<'_, '_>) -> Value {
    let mut fields = BTreeMap::new();
    for name in ["Cert", "Key"] {
        fields.insert(name.into(), unknown(call, "-----BEGIN CERTIFICATE-----\n"));
    }
    Value::of(fields, Kind::Struct("sprig.certificate"))
}
