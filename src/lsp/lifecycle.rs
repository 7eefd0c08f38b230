//! The beginning and the end of a conversation, and the client's settings.

use lsp_server::{ErrorCode, Request, Response};
use lsp_types::request::{InlayHintRefreshRequest, RegisterCapability, WorkspaceConfiguration};
use lsp_types::{
    ConfigurationItem, ConfigurationParams, InitializeParams, InitializeResult, MessageType,
    RegistrationParams, ServerInfo,
};
use serde_json::Value;

use super::capabilities::{capabilities, watchers};
use super::client::{Abilities, Awaited};
use super::exchange::Job;
use super::options::{Options, SECTION};
use super::position::Encoding;
use super::server::{BAD_PARAMETERS, Server, Stage};
use super::uri;

impl Server {
    pub(super) fn initialize(&mut self, request: Request) {
        if self.stage != Stage::New {
            let why = "the conversation has begun already";
            return self
                .client
                .refuse(request.id, ErrorCode::InvalidRequest, why);
        }
        let params: InitializeParams = match serde_json::from_value(request.params) {
            Ok(params) => params,
            Err(error) => {
                return self
                    .client
                    .refuse(request.id, BAD_PARAMETERS, error.to_string());
            }
        };
        self.abilities = Abilities::of(&params.capabilities);
        let general = params.capabilities.general.as_ref();
        self.encoding =
            Encoding::chosen(general.and_then(|general| general.position_encodings.as_deref()));
        self.stage = Stage::Running;
        self.client.reply(
            request.id,
            InitializeResult {
                capabilities: capabilities(self.encoding),
                server_info: Some(ServerInfo {
                    name: env!("CARGO_PKG_NAME").to_owned(),
                    version: Some(env!("CARGO_PKG_VERSION").to_owned()),
                }),
            },
        );
        self.set(
            params
                .initialization_options
                .as_ref()
                .unwrap_or(&Value::Null),
        );
        #[allow(deprecated, reason = "clients of before LSP 3.6 name one root")]
        let root = params.root_uri;
        let named = params.workspace_folders.unwrap_or_default();
        let mut folders: Vec<_> = named.iter().filter_map(|f| uri::to_path(&f.uri)).collect();
        if folders.is_empty() {
            folders.extend(root.as_ref().and_then(uri::to_path));
        }
        self.job(Job::Folders {
            added: folders,
            removed: Vec::new(),
        });
    }

    /// The client is ready for requests of ours.
    pub(super) fn initialized(&mut self) {
        if self.abilities.watches {
            let params = RegistrationParams {
                registrations: vec![watchers()],
            };
            self.client
                .request::<RegisterCapability>(params, Awaited::Nothing);
        }
        if self.abilities.configuration {
            self.ask_for_settings();
        }
    }

    fn ask_for_settings(&mut self) {
        let params = ConfigurationParams {
            items: vec![ConfigurationItem {
                scope_uri: None,
                section: Some(SECTION.to_owned()),
            }],
        };
        self.client
            .request::<WorkspaceConfiguration>(params, Awaited::Settings);
    }

    pub(super) fn settings_changed(&mut self, settings: &Value) {
        if self.abilities.configuration {
            self.ask_for_settings();
        } else if !settings.is_null() {
            self.set(settings);
        }
    }

    pub(super) fn response(&mut self, response: Response) {
        let Some(awaited) = self.client.awaited(&response.id) else {
            return;
        };
        let Ok(result) = response.response_result else {
            return;
        };
        // A client without such a section answers null: what it gave at the beginning stays.
        if awaited == Awaited::Settings
            && let Some(settings) = result.get(0).filter(|settings| !settings.is_null())
        {
            self.set(settings);
        }
    }

    /// Takes settings over. Those that cannot be used leave what was.
    fn set(&mut self, settings: &Value) {
        match Options::read(settings) {
            Ok(options) => {
                let hints = options.inlay_hints != self.options.inlay_hints;
                self.options = options.clone();
                self.job(Job::Options(options));
                if hints && self.abilities.refreshes_hints {
                    self.client
                        .request::<InlayHintRefreshRequest>((), Awaited::Nothing);
                }
            }
            Err(why) => {
                let text = format!("the settings of `{SECTION}` cannot be used: {why}");
                self.client.show(MessageType::ERROR, text);
                self.job(Job::Options(self.options.clone()));
            }
        }
    }

    pub(super) fn shut_down(&mut self, request: Request) {
        self.stage = Stage::ShutDown;
        for waiting in std::mem::take(&mut self.waiting) {
            let why = "the server is shutting down";
            self.client
                .refuse(waiting.id, ErrorCode::RequestCanceled, why);
        }
        self.client.reply(request.id, Value::Null);
    }
}
