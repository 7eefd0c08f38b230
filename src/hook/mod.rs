//! The pre-push hook: what a push sends ([`pre_push`]), and how the hook gets into a repository ([`install`]). Nothing here knows images, registries or rules.

pub mod install;
pub mod pre_push;
