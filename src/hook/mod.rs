//! The pre-push hook: what a push sends ([`pre_push`]), how the hook gets into a repository ([`install`]), and the one way
//! this program runs git ([`git`]). Nothing here knows images, registries or rules.

pub mod git;
pub mod install;
pub mod pre_push;
