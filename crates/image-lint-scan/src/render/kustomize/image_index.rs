//! Which objects have an image that an entry of `images:` may fit. Each object is looked through once for a list of
//! entries, and again where an entry changed it: the cost is that of the objects and of the entries, not of both multiplied.

use std::collections::{BTreeSet, HashMap};

use image_lint_text::meter::{Meter, UsedUp};

use super::fail::Fail;
use super::ids::Resource;
use super::images::{self, Entry, NamePattern};
use super::path::FieldSpec;

/// How many names are kept for a message.
const MAX_NAMES: usize = 200;

/// Steps that a name of an object that was changed takes.
const READ_AGAIN: u64 = 8;

/// The images of objects, by the names that an entry may have for them.
pub struct ImageIndex<'f> {
    fields: &'f [FieldSpec],
    /// By object: the names that its images may be called.
    names: Vec<Vec<String>>,
    /// For each set of bytes that a pattern leaves open (its dots): objects by their names without these bytes.
    masked: HashMap<Vec<usize>, HashMap<Vec<u8>, Vec<usize>>>,
    /// Names of images without tag and digest, for a message.
    pub shown: BTreeSet<String>,
}

impl<'f> ImageIndex<'f> {
    /// # Errors
    /// Too much work.
    pub fn new(
        resources: &[Resource],
        fields: &'f [FieldSpec],
        meter: &Meter,
    ) -> Result<Self, Fail> {
        let mut index = ImageIndex {
            fields,
            names: Vec::with_capacity(resources.len()),
            masked: HashMap::new(),
            shown: BTreeSet::new(),
        };
        for resource in resources {
            let names = index.read(resource, meter)?;
            index.names.push(names);
        }
        Ok(index)
    }

    fn read(&mut self, resource: &Resource, meter: &Meter) -> Result<Vec<String>, Fail> {
        let mut names = Vec::new();
        for image in images::of(&resource.node, self.fields, meter)? {
            if self.shown.len() < MAX_NAMES && !image.is_empty() {
                self.shown
                    .insert(image[..images::split(&image).0].to_owned());
            }
            names.extend(images::endings(&image).map(|end| image[..end].to_owned()));
        }
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    /// Objects that may have an image that a pattern fits, in their order.
    fn candidates(&mut self, pattern: &NamePattern, meter: &Meter) -> Result<Vec<usize>, UsedUp> {
        meter.charge(1)?;
        let name = match pattern {
            NamePattern::Plain(name) => name.as_bytes(),
            NamePattern::Nothing => return Ok(Vec::new()),
            NamePattern::Regex(_) => {
                let names: usize = self.names.iter().map(Vec::len).sum();
                meter.charge((self.names.len() + names) as u64)?;
                let with = |at: &usize| !self.names[*at].is_empty();
                return Ok((0..self.names.len()).filter(with).collect());
            }
        };
        let mask: Vec<usize> = dots(name);
        if !self.masked.contains_key(&mask) {
            let mut index = HashMap::new();
            for (at, names) in self.names.iter().enumerate() {
                meter.charge(1 + names.len() as u64)?;
                add(&mut index, &mask, at, names);
            }
            self.masked.insert(mask.clone(), index);
        }
        let found = self
            .masked
            .get(&mask)
            .and_then(|index| index.get(&without(name, &mask)));
        let mut found = found.cloned().unwrap_or_default();
        found.sort_unstable();
        found.dedup();
        meter.charge(found.len() as u64)?;
        Ok(found)
    }

    /// Lets an entry change the objects, which are those that the index is of; whether it fits an image.
    ///
    /// # Errors
    /// Too much work.
    pub fn apply(
        &mut self,
        entry: &Entry,
        resources: &mut [Resource],
        meter: &Meter,
    ) -> Result<bool, Fail> {
        let pattern = NamePattern::new(&entry.name);
        let mut any = false;
        for at in self.candidates(&pattern, meter)? {
            let Some(resource) = resources.get_mut(at) else {
                continue;
            };
            if images::apply(&mut resource.node, entry, &pattern, self.fields, meter)? {
                any = true;
                self.changed(at, resource, meter)?;
            }
        }
        Ok(any)
    }

    /// An entry changed an object.
    fn changed(&mut self, at: usize, resource: &Resource, meter: &Meter) -> Result<(), Fail> {
        let names = self.read(resource, meter)?;
        // Its names are copied, put in order and hashed once more.
        meter.charge(READ_AGAIN * names.len() as u64)?;
        for (mask, index) in &mut self.masked {
            meter.charge(names.len() as u64)?;
            // What it was called before stays: whoever looks there finds that nothing fits.
            add(index, mask, at, &names);
        }
        self.names[at] = names;
        Ok(())
    }
}

fn dots(name: &[u8]) -> Vec<usize> {
    let bytes = name.iter().enumerate();
    bytes
        .filter(|(_, byte)| **byte == b'.')
        .map(|(at, _)| at)
        .collect()
}

/// A name with the bytes that a pattern leaves open blanked out.
fn without(name: &[u8], mask: &[usize]) -> Vec<u8> {
    let mut out = name.to_vec();
    for at in mask {
        if let Some(byte) = out.get_mut(*at) {
            *byte = b'.';
        }
    }
    out
}

fn add(index: &mut HashMap<Vec<u8>, Vec<usize>>, mask: &[usize], at: usize, names: &[String]) {
    for name in names {
        let all = index.entry(without(name.as_bytes(), mask)).or_default();
        if all.last() != Some(&at) {
            all.push(at);
        }
    }
}
