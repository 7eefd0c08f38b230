//! The plan as JSON.

use serde::Serialize;

/// The whole plan.
#[derive(Debug, Serialize)]
pub struct Document {
    pub schema_version: u32,
    pub copies: Vec<CopyEntry>,
    pub left: Vec<LeftEntry>,
    /// The rewrites as a unified diff.
    pub patch: String,
}

#[derive(Debug, Serialize)]
pub struct CopyEntry {
    pub source: String,
    /// With its digest, as it is copied.
    pub from: String,
    /// Media type of what is stored now.
    pub media_type: &'static str,
    pub destination: String,
    /// How files are to name it.
    pub named: String,
    /// Null: every platform.
    pub platform: Option<String>,
    /// Program and arguments of the first command.
    pub command: Vec<String>,
    /// All of them, in their order; relative names are folders that they write.
    pub commands: Vec<Vec<String>>,
    /// Least version of skopeo, where the copy needs one.
    pub skopeo: Option<String>,
    pub mentions: Vec<MentionEntry>,
}

#[derive(Debug, Serialize)]
pub struct MentionEntry {
    pub path: String,
    pub line: u32,
    pub column: u32,
    /// Why a person has to change it; null: the patch does.
    pub by_hand: Option<String>,
}

/// An image that cannot be copied.
#[derive(Debug, Serialize)]
pub struct LeftEntry {
    pub reference: String,
    pub why: String,
}
