//! Asks registries on a thread of its own, and sends answers back as they come.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::Sender;
use image_lint_model::manifest::Format;
use image_lint_model::reference::ImageReference;
use image_lint_model::resolution::{Resolution, Resolved};
use image_lint_registry::{Client, Depth};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use crate::app::Failure;
use crate::app::ask::{Answers, plain};
use crate::app::follow_up::{FollowUp, FollowUps};
use crate::lsp::exchange::Tag;

/// Tags whose formats are asked for with the list.
const FORMATS: usize = 10;
/// How long a list waits for these.
const PATIENCE: Duration = Duration::from_secs(2);
/// Answers that come within this time are judged together.
const TOGETHER: Duration = Duration::from_millis(100);

/// Something to be asked.
pub enum Question {
    Batch(Batch),
    /// The tags of a repository, or with `digest` what the reference names now.
    Tags {
        ticket: u64,
        client: Client,
        reference: ImageReference,
        digest: bool,
    },
}

/// Images that are asked for together.
pub struct Batch {
    pub folder: u64,
    pub client: Client,
    pub depth: Depth,
    pub images: Vec<(ImageReference, Vec<FollowUp>)>,
}

/// What came back.
pub enum Answer {
    /// Some of a batch; `left` of it are still asked.
    Some {
        folder: u64,
        answers: Box<Answers>,
        left: usize,
    },
    Tags {
        ticket: u64,
        tags: Vec<Tag>,
    },
}

/// The thread that asks.
pub struct Asker(UnboundedSender<Question>);

impl Asker {
    /// # Errors
    /// The operating system gives no thread or no event queue.
    pub fn start(to: Sender<Answer>) -> Result<Self, Failure> {
        let fail = |source| Failure::Io {
            what: "cannot start the network thread".into(),
            source,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(fail)?;
        let (sender, receiver) = unbounded_channel();
        std::thread::Builder::new()
            .name("asking".into())
            .spawn(move || runtime.block_on(answer_all(receiver, to)))
            .map_err(fail)?;
        Ok(Asker(sender))
    }

    pub fn ask(&self, question: Question) {
        // The thread ends only with the program.
        let _ = self.0.send(question);
    }
}

async fn answer_all(mut questions: UnboundedReceiver<Question>, to: Sender<Answer>) {
    while let Some(question) = questions.recv().await {
        let to = to.clone();
        match question {
            Question::Batch(batch) => {
                tokio::spawn(answer_batch(batch, to));
            }
            Question::Tags {
                ticket,
                client,
                reference,
                digest,
            } => {
                tokio::spawn(async move {
                    let tags = match digest {
                        true => digest_of(&client, &reference).await,
                        false => tags_of(&client, &reference).await,
                    };
                    let _ = to.send(Answer::Tags { ticket, tags });
                });
            }
        }
    }
}

async fn answer_batch(batch: Batch, to: Sender<Answer>) {
    let Batch {
        folder,
        client,
        depth,
        images,
    } = batch;
    let mut left = images.len();
    let mut tasks = JoinSet::new();
    let mut follow_ups = FollowUps::default();
    for (reference, what) in images {
        what.into_iter()
            .for_each(|what| follow_ups.add(reference.clone(), what));
        let client = client.clone();
        tasks.spawn(async move {
            let resolved = client.resolve(&reference, depth).await;
            (reference, resolved)
        });
    }
    let send = |answers: &Answers, left: usize| {
        let answers = Box::new(answers.clone());
        // The receiver ends with the program.
        let _ = to.send(Answer::Some {
            folder,
            answers,
            left,
        });
    };
    let mut all = Answers::default();
    let mut fresh = Answers::default();
    let mut late = Vec::new();
    let mut clock = tokio::time::interval(TOGETHER);
    clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while !tasks.is_empty() {
        tokio::select! {
            Some(done) = tasks.join_next() => {
                left = left.saturating_sub(1);
                // A task that failed inside leaves its image without an answer.
                let Ok((reference, resolved)) = done else { continue };
                if Client::may_pass(&resolved) {
                    late.push(reference.clone());
                }
                let resolved = plain(resolved, &reference, false);
                all.put(&reference, resolved.clone());
                fresh.put(&reference, resolved);
            }
            _ = clock.tick() => {
                if fresh.len() > 0 {
                    send(&std::mem::take(&mut fresh), left);
                }
            }
        }
    }
    send(&all, if late.is_empty() { 0 } else { late.len() });
    let again = client.retry_unknown(&late, depth).await;
    for (reference, resolved) in late.iter().zip(again) {
        all.put(reference, resolved);
    }
    let mut running = follow_ups.start(&client, &all);
    while running.next(&mut all).await {}
    running.finish(&mut all);
    send(&all, 0);
}

async fn digest_of(client: &Client, reference: &ImageReference) -> Vec<Tag> {
    let resolved = client.resolve(reference, Depth::Probe).await;
    let digest = stored(&resolved).and_then(|(digest, format)| Some((digest?, format)));
    let tags = digest.map(|(name, format)| Tag {
        name,
        format: Some(format),
    });
    tags.into_iter().collect()
}

fn stored(resolved: &Resolved) -> Option<(Option<String>, Format)> {
    match &resolved.resolution {
        Resolution::Found(manifest) => {
            let digest = manifest.digest.as_deref().map(str::to_owned);
            Some((digest, manifest.format))
        }
        _ => None,
    }
}

async fn tags_of(client: &Client, reference: &ImageReference) -> Vec<Tag> {
    let names = client.tag_list(reference).await.unwrap_or_default();
    let formats = first_formats(client, reference, &names).await;
    let tags = names.into_iter().map(|name| Tag {
        format: formats.get(&name).copied(),
        name,
    });
    tags.collect()
}

/// How the first tags are stored, as far as the registry says it soon.
async fn first_formats(
    client: &Client,
    reference: &ImageReference,
    names: &[String],
) -> HashMap<String, Format> {
    let mut tasks = JoinSet::new();
    for name in names.iter().take(FORMATS) {
        let (client, name) = (client.clone(), name.clone());
        let tagged = Arc::new(ImageReference {
            tag: Some(name.as_str().into()),
            digest: None,
            ..reference.clone()
        });
        tasks.spawn(async move { (name, client.resolve(&tagged, Depth::Probe).await) });
    }
    let mut found = HashMap::new();
    let collect = async {
        while let Some(done) = tasks.join_next().await {
            if let Ok((name, resolved)) = done
                && let Some((_, format)) = stored(&resolved)
            {
                found.insert(name, format);
            }
        }
    };
    // A slow registry gives the list without.
    let _ = tokio::time::timeout(PATIENCE, collect).await;
    found
}
