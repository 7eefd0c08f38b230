//! By which files an object of a build is deployed: what Argo CD or Flux applies, the kustomization that was built, those
//! that it includes.

use std::rc::Rc;
use std::sync::Arc;

use super::Built;
use super::ids::{Included, Through, same};
use super::load::Files;
use image_lint_model::mention::{DeployedBy, Mention};
use image_lint_text::source::{FileId, RepoPath};

/// The ways of one build.
pub struct Ways<'b, 't> {
    built: &'b Built,
    sources: &'b Files<'t>,
    /// Objects that came the same way follow each other.
    last: Option<(Through, Vec<DeployedBy>)>,
}

impl<'b, 't> Ways<'b, 't> {
    pub fn new(built: &'b Built, sources: &'b Files<'t>) -> Self {
        Ways {
            built,
            sources,
            last: None,
        }
    }

    /// Of an object that was included like this.
    pub fn of(&mut self, through: Through) -> &[DeployedBy] {
        let known = self
            .last
            .take_if(|(known, _)| same(known, &through))
            .map(|(_, ways)| ways);
        let ways = known.unwrap_or_else(|| self.all(through.as_ref()));
        let (_, ways) = self.last.insert((through, ways));
        ways
    }

    fn all(&self, through: Option<&Rc<Included>>) -> Vec<DeployedBy> {
        let path = |file: FileId| Some(self.sources.text(file)?.path.clone());
        let mut inner = vec![self.built.file];
        let mut next = through;
        while let Some(included) = next {
            inner.push(included.by);
            next = included.inner.as_ref();
        }
        let inner: Vec<RepoPath> = inner.into_iter().filter_map(path).collect();
        if self.built.by.is_empty() {
            return vec![inner.into()];
        }
        let by = self.built.by.iter().filter_map(|by| path(*by));
        by.map(|by| Arc::from_iter(std::iter::once(by).chain(inner.iter().cloned())))
            .collect()
    }
}

/// Adds ways in which a mention is deployed; those that it had last are not added again.
pub fn deployed(mention: &mut Mention, by: &[DeployedBy]) {
    let last = mention.deployed_by.last().zip(by.last());
    if !last.is_some_and(|(last, new)| Arc::ptr_eq(last, new)) {
        mention.deployed_by.extend_from_slice(by);
    }
}
