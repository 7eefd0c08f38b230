//! Asks registries. Knows references and answers, no files and no rules.
