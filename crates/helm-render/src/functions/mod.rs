//! The functions that templates can call: those of text/template, of sprig and of helm.
//!
//! What copies text keeps the origin of each character; what computes from it spreads the origins of its arguments over
//! the result. What only a cluster, chance or a clock can give is a marked unknown.

mod compare;
mod encoding;
mod fields;
mod lists;
mod maps;
mod numbers;
mod outside;
mod regex;
mod semver;
mod text;
mod types;

pub use fields::{field, files};
pub use semver::satisfies;

use std::rc::Rc;
use std::sync::Arc;

use image_lint_text::rendered::{From, Rendered, smear};

use crate::exec::{Engine, Given, Stop, failed};
use crate::print;
use crate::value::{Map, Value};

/// One call of a function.
pub struct Call<'c, 'm> {
    pub engine: &'c Engine<'m>,
    pub name: &'c str,
    /// The name as it stands in the template.
    pub at: &'c Rendered,
    pub arguments: Vec<Value>,
}

type Family = fn(&Call<'_, '_>) -> Option<Given<Value>>;

const FAMILIES: [Family; 10] = [
    types::call,
    text::call,
    compare::call,
    maps::call,
    lists::call,
    encoding::call,
    numbers::call,
    regex::call,
    semver::call,
    outside::call,
];

/// Runs a function.
pub fn call(call: &Call<'_, '_>) -> Given<Value> {
    call.engine.meter.step()?;
    for family in FAMILIES {
        if let Some(outcome) = family(call) {
            return outcome;
        }
    }
    Err(Stop::Unsupported(format!("the function {}", call.name)))
}

/// Whether there is a function of that name.
pub fn is_known(name: &str) -> bool {
    KNOWN.contains(&name)
}

impl Call<'_, '_> {
    pub fn fail<T>(&self, why: impl std::fmt::Display) -> Given<T> {
        failed(format!("error calling {}: {why}", self.name))
    }

    pub fn count(&self) -> usize {
        self.arguments.len()
    }

    pub fn get(&self, i: usize) -> Given<&Value> {
        match self.arguments.get(i) {
            Some(value) => Ok(value),
            None => failed(format!("wrong number of args for {}", self.name)),
        }
    }

    /// Exactly so many arguments.
    pub fn exactly(&self, count: usize) -> Given<()> {
        if self.arguments.len() == count {
            Ok(())
        } else {
            failed(format!(
                "wrong number of args for {}: want {count} got {}",
                self.name,
                self.arguments.len()
            ))
        }
    }

    pub fn str(&self, i: usize) -> Given<&Rendered> {
        match self.get(i)? {
            Value::Str(text) => Ok(text),
            Value::Nil => failed("invalid value; expected string"),
            other => failed(format!(
                "wrong type for value; expected string; got {}",
                other.type_name()
            )),
        }
    }

    pub fn int(&self, i: usize) -> Given<i64> {
        match self.get(i)? {
            Value::Int(value, _) => Ok(*value),
            Value::Nil => failed("invalid value; expected int"),
            other => failed(format!(
                "wrong type for value; expected int; got {}",
                other.type_name()
            )),
        }
    }

    pub fn map(&self, i: usize) -> Given<&Rc<Map>> {
        match self.get(i)? {
            Value::Map(map) => Ok(map),
            Value::Nil => Ok(&self.engine.nothing),
            other => failed(format!(
                "wrong type for value; expected map[string]interface {{}}; got {}",
                other.type_name()
            )),
        }
    }

    pub fn list(&self, i: usize) -> Given<&Rc<Vec<Value>>> {
        match self.get(i)? {
            Value::List(items) => Ok(items),
            Value::Nil => self.fail("Cannot use nil as a list"),
            other => self.fail(format!("Cannot use type {} as a list", other.kind_name())),
        }
    }

    /// A new list, charged.
    pub fn new_list(&self, items: Vec<Value>) -> Given<Value> {
        self.engine.meter.charge(items.len() as u64)?;
        Ok(Value::list(items))
    }

    pub fn new_text(&self, text: Rendered) -> Given<Value> {
        self.engine.meter.produce(text.len())?;
        Ok(Value::Str(text))
    }

    /// Text that was computed from all arguments.
    pub fn computed(&self, text: String) -> Given<Value> {
        let from = self.from();
        self.new_text(Rendered::new(text, from))
    }

    pub fn truth(&self, value: bool) -> Given<Value> {
        Ok(Value::Bool(value, From::Nowhere))
    }

    pub fn number(&self, value: i64) -> Given<Value> {
        Ok(Value::Int(value, self.from()))
    }

    pub fn float(&self, value: f64) -> Given<Value> {
        Ok(Value::Float(value, self.from()))
    }

    /// Where its arguments came from.
    pub fn from(&self) -> From {
        let texts: Vec<Rendered> = self
            .arguments
            .iter()
            .map(|argument| match argument {
                Value::Str(text) => text.clone(),
                other => Rendered::new("", other.from()),
            })
            .collect();
        let from = smear(&texts);
        if from != From::Nowhere {
            return from;
        }
        texts
            .iter()
            .find_map(|text| text.unknown().map(From::Unknown))
            .unwrap_or(From::Nowhere)
    }

    pub fn key(&self, i: usize) -> Given<Arc<str>> {
        Ok(self.str(i)?.as_str().into())
    }
}

/// sprig's `strval`.
pub fn to_text(value: &Value) -> Rendered {
    print::value(value)
}

/// Every function of helm 3.17 (Go text/template, sprig 3.3 without `env` and `expandenv`, helm's engine).
const KNOWN: &[&str] = &[
    "abbrev",
    "abbrevboth",
    "add",
    "add1",
    "add1f",
    "addf",
    "adler32sum",
    "ago",
    "all",
    "and",
    "any",
    "append",
    "atoi",
    "b32dec",
    "b32enc",
    "b64dec",
    "b64enc",
    "base",
    "bcrypt",
    "biggest",
    "buildCustomCert",
    "call",
    "camelcase",
    "cat",
    "ceil",
    "chunk",
    "clean",
    "coalesce",
    "compact",
    "concat",
    "contains",
    "date",
    "dateInZone",
    "dateModify",
    "date_in_zone",
    "date_modify",
    "decryptAES",
    "deepCopy",
    "deepEqual",
    "default",
    "derivePassword",
    "dict",
    "dig",
    "dir",
    "div",
    "divf",
    "duration",
    "durationRound",
    "empty",
    "encryptAES",
    "eq",
    "ext",
    "fail",
    "first",
    "float64",
    "floor",
    "fromJson",
    "fromJsonArray",
    "fromToml",
    "fromYaml",
    "fromYamlArray",
    "ge",
    "genCA",
    "genCAWithKey",
    "genPrivateKey",
    "genSelfSignedCert",
    "genSelfSignedCertWithKey",
    "genSignedCert",
    "genSignedCertWithKey",
    "get",
    "getHostByName",
    "gt",
    "has",
    "hasKey",
    "hasPrefix",
    "hasSuffix",
    "hello",
    "htmlDate",
    "htmlDateInZone",
    "html",
    "htpasswd",
    "include",
    "indent",
    "index",
    "initial",
    "initials",
    "int",
    "int64",
    "isAbs",
    "join",
    "js",
    "kebabcase",
    "keys",
    "kindIs",
    "kindOf",
    "last",
    "le",
    "len",
    "list",
    "lookup",
    "lower",
    "lt",
    "max",
    "maxf",
    "merge",
    "mergeOverwrite",
    "min",
    "minf",
    "mod",
    "mul",
    "mulf",
    "mustAppend",
    "mustChunk",
    "mustCompact",
    "mustDateModify",
    "mustDeepCopy",
    "mustFirst",
    "mustFromJson",
    "mustHas",
    "mustInitial",
    "mustLast",
    "mustMerge",
    "mustMergeOverwrite",
    "mustPrepend",
    "mustPush",
    "mustRegexFind",
    "mustRegexFindAll",
    "mustRegexMatch",
    "mustRegexReplaceAll",
    "mustRegexReplaceAllLiteral",
    "mustRegexSplit",
    "mustRest",
    "mustReverse",
    "mustSlice",
    "mustToDate",
    "mustToJson",
    "mustToPrettyJson",
    "mustToRawJson",
    "mustToYaml",
    "mustUniq",
    "mustWithout",
    "must_date_modify",
    "ne",
    "nindent",
    "nospace",
    "not",
    "now",
    "omit",
    "or",
    "osBase",
    "osClean",
    "osDir",
    "osExt",
    "osIsAbs",
    "pick",
    "pluck",
    "plural",
    "prepend",
    "print",
    "printf",
    "println",
    "push",
    "quote",
    "randAlpha",
    "randAlphaNum",
    "randAscii",
    "randBytes",
    "randInt",
    "randNumeric",
    "regexFind",
    "regexFindAll",
    "regexMatch",
    "regexQuoteMeta",
    "regexReplaceAll",
    "regexReplaceAllLiteral",
    "regexSplit",
    "repeat",
    "replace",
    "required",
    "rest",
    "reverse",
    "round",
    "semver",
    "semverCompare",
    "seq",
    "set",
    "sha1sum",
    "sha256sum",
    "sha512sum",
    "shuffle",
    "slice",
    "snakecase",
    "sortAlpha",
    "split",
    "splitList",
    "splitn",
    "squote",
    "sub",
    "subf",
    "substr",
    "swapcase",
    "ternary",
    "title",
    "toDate",
    "toDecimal",
    "toJson",
    "toPrettyJson",
    "toRawJson",
    "toString",
    "toStrings",
    "toToml",
    "toYaml",
    "toYamlPretty",
    "tpl",
    "trim",
    "trimAll",
    "trimPrefix",
    "trimSuffix",
    "trimall",
    "trunc",
    "tuple",
    "typeIs",
    "typeIsLike",
    "typeOf",
    "uniq",
    "unixEpoch",
    "unset",
    "until",
    "untilStep",
    "untitle",
    "upper",
    "urlJoin",
    "urlParse",
    "urlquery",
    "uuidv4",
    "values",
    "without",
    "wrap",
    "wrapWith",
];
