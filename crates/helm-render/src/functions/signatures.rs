//! What each function of helm 3.17 takes: Go checks the number and the types of arguments before it calls.
//!
//! Sources: Go, `text/template/funcs.go`; github.com/Masterminds/sprig v3.3.0, `functions.go`; helm, `pkg/engine/funcs.go`.

use super::Call;
use crate::exec::{Given, failed};
use crate::value::{Kind, Value};

/// A name and its parameters, a letter each: `s` a string, `i` an int, `f` a float64, `b` a bool, `a` anything, `m` a
/// `map[string]interface {}`, `l` an `[]interface {}`, `c` a certificate; `*` after the last one: any number of it.
type Signature = (&'static str, &'static str);

/// By name.
const SIGNATURES: &[Signature] = &[
    ("abbrev", "is"),
    ("abbrevboth", "iis"),
    ("add", "a*"),
    ("add1", "a"),
    ("add1f", "a"),
    ("addf", "a*"),
    ("adler32sum", "s"),
    ("ago", "a"),
    ("all", "a*"),
    ("and", "aa*"),
    ("any", "a*"),
    ("append", "aa"),
    ("atoi", "s"),
    ("b32dec", "s"),
    ("b32enc", "s"),
    ("b64dec", "s"),
    ("b64enc", "s"),
    ("base", "s"),
    ("bcrypt", "s"),
    ("biggest", "aa*"),
    ("buildCustomCert", "ss"),
    ("call", "aa*"),
    ("camelcase", "s"),
    ("cat", "a*"),
    ("ceil", "a"),
    ("chunk", "ia"),
    ("clean", "s"),
    ("coalesce", "a*"),
    ("compact", "a"),
    ("concat", "a*"),
    ("contains", "ss"),
    ("date", "sa"),
    ("dateInZone", "sas"),
    ("dateModify", "sa"),
    ("date_in_zone", "sas"),
    ("date_modify", "sa"),
    ("decryptAES", "ss"),
    ("deepCopy", "a"),
    ("deepEqual", "aa"),
    ("default", "aa*"),
    ("derivePassword", "issss"),
    ("dict", "a*"),
    ("dig", "a*"),
    ("dir", "s"),
    ("div", "aa"),
    ("divf", "aa*"),
    ("duration", "a"),
    ("durationRound", "a"),
    ("empty", "a"),
    ("encryptAES", "ss"),
    ("eq", "aa*"),
    ("ext", "s"),
    ("fail", "s"),
    ("first", "a"),
    ("float64", "a"),
    ("floor", "a"),
    ("fromJson", "s"),
    ("fromJsonArray", "s"),
    ("fromToml", "s"),
    ("fromYaml", "s"),
    ("fromYamlArray", "s"),
    ("ge", "aa"),
    ("genCA", "si"),
    ("genCAWithKey", "sis"),
    ("genPrivateKey", "s"),
    ("genSelfSignedCert", "slli"),
    ("genSelfSignedCertWithKey", "sllis"),
    ("genSignedCert", "sllic"),
    ("genSignedCertWithKey", "sllics"),
    ("get", "ms"),
    ("getHostByName", "s"),
    ("gt", "aa"),
    ("has", "aa"),
    ("hasKey", "ms"),
    ("hasPrefix", "ss"),
    ("hasSuffix", "ss"),
    ("hello", ""),
    ("html", "a*"),
    ("htmlDate", "a"),
    ("htmlDateInZone", "as"),
    ("htpasswd", "ss"),
    ("include", "sa"),
    ("indent", "is"),
    ("index", "aa*"),
    ("initial", "a"),
    ("initials", "s"),
    ("int", "a"),
    ("int64", "a"),
    ("isAbs", "s"),
    ("join", "sa"),
    ("js", "a*"),
    ("kebabcase", "s"),
    ("keys", "m*"),
    ("kindIs", "sa"),
    ("kindOf", "a"),
    ("last", "a"),
    ("le", "aa"),
    ("len", "a"),
    ("list", "a*"),
    ("lookup", "ssss"),
    ("lower", "s"),
    ("lt", "aa"),
    ("max", "aa*"),
    ("maxf", "aa*"),
    ("merge", "mm*"),
    ("mergeOverwrite", "mm*"),
    ("min", "aa*"),
    ("minf", "aa*"),
    ("mod", "aa"),
    ("mul", "aa*"),
    ("mulf", "aa*"),
    ("mustAppend", "aa"),
    ("mustChunk", "ia"),
    ("mustCompact", "a"),
    ("mustDateModify", "sa"),
    ("mustDeepCopy", "a"),
    ("mustFirst", "a"),
    ("mustFromJson", "s"),
    ("mustHas", "aa"),
    ("mustInitial", "a"),
    ("mustLast", "a"),
    ("mustMerge", "mm*"),
    ("mustMergeOverwrite", "mm*"),
    ("mustPrepend", "aa"),
    ("mustPush", "aa"),
    ("mustRegexFind", "ss"),
    ("mustRegexFindAll", "ssi"),
    ("mustRegexMatch", "ss"),
    ("mustRegexReplaceAll", "sss"),
    ("mustRegexReplaceAllLiteral", "sss"),
    ("mustRegexSplit", "ssi"),
    ("mustRest", "a"),
    ("mustReverse", "a"),
    ("mustSlice", "aa*"),
    ("mustToDate", "ss"),
    ("mustToJson", "a"),
    ("mustToPrettyJson", "a"),
    ("mustToRawJson", "a"),
    ("mustToYaml", "a"),
    ("mustUniq", "a"),
    ("mustWithout", "aa*"),
    ("must_date_modify", "sa"),
    ("ne", "aa"),
    ("nindent", "is"),
    ("nospace", "s"),
    ("not", "a"),
    ("now", ""),
    ("omit", "ms*"),
    ("or", "aa*"),
    ("osBase", "s"),
    ("osClean", "s"),
    ("osDir", "s"),
    ("osExt", "s"),
    ("osIsAbs", "s"),
    ("pick", "ms*"),
    ("pluck", "sm*"),
    ("plural", "ssi"),
    ("prepend", "aa"),
    ("print", "a*"),
    ("printf", "sa*"),
    ("println", "a*"),
    ("push", "aa"),
    ("quote", "a*"),
    ("randAlpha", "i"),
    ("randAlphaNum", "i"),
    ("randAscii", "i"),
    ("randBytes", "i"),
    ("randInt", "ii"),
    ("randNumeric", "i"),
    ("regexFind", "ss"),
    ("regexFindAll", "ssi"),
    ("regexMatch", "ss"),
    ("regexQuoteMeta", "s"),
    ("regexReplaceAll", "sss"),
    ("regexReplaceAllLiteral", "sss"),
    ("regexSplit", "ssi"),
    ("repeat", "is"),
    ("replace", "sss"),
    ("required", "sa"),
    ("rest", "a"),
    ("reverse", "a"),
    ("round", "aif*"),
    ("semver", "s"),
    ("semverCompare", "ss"),
    ("seq", "i*"),
    ("set", "msa"),
    ("sha1sum", "s"),
    ("sha256sum", "s"),
    ("sha512sum", "s"),
    ("shuffle", "s"),
    ("slice", "aa*"),
    ("snakecase", "s"),
    ("sortAlpha", "a"),
    ("split", "ss"),
    ("splitList", "ss"),
    ("splitn", "sis"),
    ("squote", "a*"),
    ("sub", "aa"),
    ("subf", "aa*"),
    ("substr", "iis"),
    ("swapcase", "s"),
    ("ternary", "aab"),
    ("title", "s"),
    ("toDate", "ss"),
    ("toDecimal", "a"),
    ("toJson", "a"),
    ("toPrettyJson", "a"),
    ("toRawJson", "a"),
    ("toString", "a"),
    ("toStrings", "a"),
    ("toToml", "a"),
    ("toYaml", "a"),
    ("toYamlPretty", "a"),
    ("tpl", "sa"),
    ("trim", "s"),
    ("trimAll", "ss"),
    ("trimPrefix", "ss"),
    ("trimSuffix", "ss"),
    ("trimall", "ss"),
    ("trunc", "is"),
    ("tuple", "a*"),
    ("typeIs", "sa"),
    ("typeIsLike", "sa"),
    ("typeOf", "a"),
    ("uniq", "a"),
    ("unixEpoch", "a"),
    ("unset", "ms"),
    ("until", "i"),
    ("untilStep", "iii"),
    ("untitle", "s"),
    ("upper", "s"),
    ("urlJoin", "m"),
    ("urlParse", "s"),
    ("urlquery", "a*"),
    ("uuidv4", ""),
    ("values", "m"),
    ("without", "aa*"),
    ("wrap", "is"),
    ("wrapWith", "iss"),
];

/// Parameters of a function; None where there is none of that name.
fn parameters(name: &str) -> Option<&'static str> {
    let at = SIGNATURES.binary_search_by(|(known, _)| (*known).cmp(name));
    at.ok().map(|at| SIGNATURES[at].1)
}

/// Whether there is a function of that name.
pub fn is_known(name: &str) -> bool {
    parameters(name).is_some()
}

/// Refuses the arguments that Go refuses (`evalCall` and `validateType` of text/template).
pub fn check(call: &Call<'_, '_>) -> Given<()> {
    let all = parameters(call.name).unwrap_or("a*");
    let (fixed, repeated) = match all.strip_suffix('*') {
        Some(rest) => rest.split_at(rest.len() - 1),
        None => (all, ""),
    };
    let given = call.arguments.len();
    let name = call.name;
    if repeated.is_empty() && given != fixed.len() {
        return failed(format!(
            "wrong number of args for {name}: want {} got {given}",
            fixed.len()
        ));
    }
    if given < fixed.len() {
        return failed(format!(
            "wrong number of args for {name}: want at least {} got {given}",
            fixed.len()
        ));
    }
    let wanted = fixed.chars().chain(repeated.chars().cycle());
    for (i, (wanted, value)) in wanted.zip(&call.arguments).enumerate() {
        let from_field = call.nil_fields & (1 << i.min(63)) != 0;
        if !fits(wanted, value, from_field) {
            return mismatch(wanted, value, from_field);
        }
    }
    Ok(())
}

/// `from_field`: a nil that a map holds, or a key that it does not have, is an interface without a value to Go, which no
/// parameter but an interface takes; nil of a pipeline is the nil of whatever type has one.
fn fits(wanted: char, value: &Value, from_field: bool) -> bool {
    match (wanted, value) {
        ('m' | 'l', Value::Nil) => !from_field,
        ('s', Value::Str(_)) | ('i', Value::Int(..)) | ('b', Value::Bool(..)) => true,
        ('f', Value::Float(..) | Value::Int(..)) | ('l', Value::List(_)) => true,
        ('m', Value::Map(map)) => map.kind == Kind::Plain,
        ('c', Value::Map(_)) | ('a', _) => true,
        _ => false,
    }
}

fn mismatch(wanted: char, value: &Value, from_field: bool) -> Given<()> {
    let wanted = match wanted {
        's' => "string",
        'i' => "int",
        'f' => "float64",
        'b' => "bool",
        'm' => "map[string]interface {}",
        'l' => "[]interface {}",
        _ => "sprig.certificate",
    };
    match value {
        Value::Nil if !from_field => failed(format!("invalid value; expected {wanted}")),
        Value::Nil => failed(format!(
            "wrong type for value; expected {wanted}; got interface {{}}"
        )),
        other => failed(format!(
            "wrong type for value; expected {wanted}; got {}",
            other.type_name()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::SIGNATURES;

    #[test]
    fn signatures_are_sorted_so_that_they_are_found() {
        assert!(SIGNATURES.is_sorted_by(|a, b| a.0 < b.0));
    }
}
