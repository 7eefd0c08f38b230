//! The published JSON schemas, made from the types that are written and read. The files under schemas/ are what this
//! gives; a test fails when they drift.

use schemars::{Schema, schema_for};

use crate::config::{RepositoryConfig, UserConfig};
use crate::report::{inspect, json, list};

/// A published schema: name for `image-lint schema NAME`, file under schemas/, and the schema itself.
pub struct Published {
    pub name: &'static str,
    pub file: &'static str,
    schema: fn() -> Schema,
}

/// All of them.
pub const ALL: [Published; 6] = [
    Published {
        name: "report",
        file: "report.schema.json",
        schema: || schema_for!(json::Document),
    },
    Published {
        name: "report-lines",
        file: "report-lines.schema.json",
        schema: || schema_for!(json::Line),
    },
    Published {
        name: "list",
        file: "list.schema.json",
        schema: || schema_for!(list::ListDocument),
    },
    Published {
        name: "inspect",
        file: "inspect.schema.json",
        schema: || schema_for!(inspect::InspectDocument),
    },
    Published {
        name: "config",
        file: "config.schema.json",
        schema: || schema_for!(RepositoryConfig),
    },
    Published {
        name: "user-config",
        file: "user-config.schema.json",
        schema: || schema_for!(UserConfig),
    },
];

impl Published {
    /// The schema as indented JSON with a line break at its end.
    pub fn text(&self) -> String {
        let schema = (self.schema)();
        // A schema is a JSON value whose keys are strings: it can always be written.
        let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
        text.push('\n');
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_schemas_are_those_of_the_types() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
        for published in &ALL {
            let path = folder.join(published.file);
            if std::env::var_os("UPDATE_SCHEMAS").is_some() {
                std::fs::write(&path, published.text()).unwrap();
            }
            let known = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(
                known == published.text(),
                "schemas/{} is not what the types say: run `UPDATE_SCHEMAS=1 cargo test published_schemas` and look at \
                 the difference",
                published.file
            );
        }
    }
}
