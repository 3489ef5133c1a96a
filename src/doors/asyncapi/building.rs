//! The document while it is put together: channels, operations, messages, and the shapes of what they
//! carry. What is read and what is written may differ, so each has a generator of its own.

use events::id::{Tenant, main_tenant};
use events::shape::ShapeOf;
use events::subject::{Subject, What};
use schemars::Schema;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::transform::RecursiveTransform;
use serde_json::{Map, Value, json};

/// Where AsyncAPI keeps shapes.
const SHAPES: &str = "/components/schemas";
/// Stands in a subject where a parameter belongs.
pub(super) const ID: &str = "00000000-0000-0000-0000-000000000000";

/// Whether something is said to Annals or by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Annals reads it.
    In,
    /// Annals writes it.
    Out,
}

/// The document while it is put together.
pub(super) struct Document {
    channels: Map<String, Value>,
    operations: Map<String, Value>,
    messages: Map<String, Value>,
    shapes: Map<String, Value>,
    read: SchemaGenerator,
    written: SchemaGenerator,
}

/// Where something is said, and who says it.
pub(super) struct Channel<'a> {
    pub(super) name: &'a str,
    pub(super) what: What,
    /// What the id in the subject is, where there is one.
    pub(super) id: Option<&'a str>,
    pub(super) way: Way,
    pub(super) messages: &'a [&'a str],
    /// The messages that may answer.
    pub(super) replies: &'a [&'a str],
    pub(super) about: &'a str,
}

impl Default for Document {
    fn default() -> Self {
        let settings = || {
            SchemaSettings::draft07()
                .with(|settings| {
                    settings.definitions_path = SHAPES.into();
                    settings.meta_schema = None;
                })
                .with_transform(RecursiveTransform(no_null_default))
        };
        Self {
            channels: Map::new(),
            operations: Map::new(),
            messages: Map::new(),
            shapes: Map::new(),
            read: settings().into_generator(),
            written: settings().for_serialize().into_generator(),
        }
    }
}

impl Document {
    /// A message: what it carries, and with which headers.
    pub(super) fn message(&mut self, name: &str, way: Way, shape: ShapeOf, headers: &str) {
        let shapes = match way {
            Way::In => &mut self.read,
            Way::Out => &mut self.written,
        };
        let mut shape = shape(shapes);
        shapes.transforms_mut().for_each(|transform| transform.transform(&mut shape));
        self.shape(name, shape.to_value());
        let headers = json!({ "$ref": format!("#{SHAPES}/{headers}") });
        let payload = json!({ "$ref": format!("#{SHAPES}/{name}") });
        let message = json!({ "name": name, "headers": headers, "payload": payload });
        self.messages.insert(name.into(), message);
    }

    /// A shape under a name.
    pub(super) fn shape(&mut self, name: &str, shape: Value) {
        let before = self.shapes.insert(name.into(), shape.clone());
        let is_same = before.is_none_or(|before| before == shape);
        assert!(is_same, "two shapes are called {name}");
    }

    /// Where something is said.
    pub(super) fn channel(&mut self, channel: &Channel<'_>) {
        let Channel { name, what, id, way, messages, replies, about } = channel;
        let address = address(what, *id);
        let parameters: Map<String, Value> = ["tenant"]
            .into_iter()
            .chain(*id)
            .map(|name| (name.into(), reference("parameters", name)))
            .collect();
        self.put_channel(name, json!(address), messages, about);
        self.channels[*name]["parameters"] = parameters.into();
        let action = if *way == Way::In { "receive" } else { "send" };
        let mut operation = json!({
            "action": action,
            "channel": { "$ref": format!("#/channels/{name}") },
            "summary": about,
            "messages": of_channel(name, messages),
        });
        if !replies.is_empty() {
            let channel = json!({ "$ref": "#/channels/answers" });
            operation["reply"] =
                json!({ "channel": channel, "messages": of_channel("answers", replies) });
        }
        self.operations.insert((*name).into(), operation);
    }

    /// Where answers go, which whoever asks decides.
    pub(super) fn answers(&mut self) {
        let about = "The reply subject of the message that asks.";
        self.put_channel("answers", Value::Null, &[], about);
    }

    /// One more message that may be an answer.
    pub(super) fn answer(&mut self, name: &str) {
        self.channels["answers"]["messages"][name] = reference("messages", name);
    }

    fn put_channel(&mut self, name: &str, address: Value, messages: &[&str], about: &str) {
        let messages: Map<String, Value> =
            messages.iter().map(|&name| (name.into(), reference("messages", name))).collect();
        let channel = json!({ "address": address, "description": about, "messages": messages });
        self.channels.insert(name.into(), channel);
    }

    /// Everything but the head of the document.
    pub(super) fn finish(mut self) -> [(&'static str, Value); 3] {
        for shapes in [self.read.take_definitions(true), self.written.take_definitions(true)] {
            for (name, shape) in shapes {
                self.shape(&name, shape);
            }
        }
        let parameter = |about: &str| json!({ "description": about });
        let parameters = json!({
            "tenant": parameter("Whose data it is: 1 to 64 letters, digits, `_`, `-`; `main` in a system without users."),
            "task": parameter("The id of a task: a uuid in small letters."),
            "agent": parameter("The name of an agent: 1 to 64 letters, digits, `_`, `-`."),
            "pipeline": parameter("The name of a pipeline: 1 to 64 letters, digits, `_`, `-`."),
            "run": parameter("The id of a run: a uuid in small letters."),
            "schedule": parameter("The name of a schedule: 1 to 64 letters, digits, `_`, `-`."),
            "trigger": parameter("The name of a trigger: 1 to 64 letters, digits, `_`, `-`."),
            "reaction": parameter("The name of a reaction."),
            "node": parameter("The id of a process of the system, a uuid: of its events the tenant is `_annals`."),
            "source": parameter("Where facts come from: 1 to 64 letters, digits, `_`, `-`."),
        });
        let components =
            json!({ "messages": self.messages, "schemas": self.shapes, "parameters": parameters });
        [
            ("channels", self.channels.into()),
            ("operations", self.operations.into()),
            ("components", components),
        ]
    }
}

/// What is null if it is left out is simply left out.
fn no_null_default(shape: &mut Schema) {
    if shape.get("default") == Some(&Value::Null) {
        shape.remove("default");
    }
}

fn reference(kind: &str, name: &str) -> Value {
    json!({ "$ref": format!("#/components/{kind}/{name}") })
}

fn of_channel(channel: &str, messages: &[&str]) -> Vec<Value> {
    let one = |name: &&str| json!({ "$ref": format!("#/channels/{channel}/messages/{name}") });
    messages.iter().map(one).collect()
}

/// A subject with names where what differs stands.
fn address(what: &What, id: Option<&str>) -> String {
    let tenant: Tenant = main_tenant();
    let subject = Subject::of(tenant.clone(), what.clone()).to_string();
    let subject = subject.replacen(&format!(".{tenant}."), ".{tenant}.", 1);
    id.map_or_else(|| subject.clone(), |id| subject.replacen(ID, &format!("{{{id}}}"), 1))
}
