//! Nobody sees another workspace's data: every operation of the document × every place of an id × everybody who should not.

use std::collections::BTreeSet;

use patchcord_domain::time::MINUTE;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::harness::document::{Operation, fields_of, operations, resolved};
use crate::harness::{Answer, Client, Engine, Socket, World, both_engines};
use crate::sweep_examples::{Example, Least, Rows, examples};

both_engines!(nobody_sees_anothers_data);

/// In every text of the other workspace; the harness' own customer is one as well.
pub(crate) const CANARY: &str = "Canary7h3q";
const CANARIES: [&str; 5] = [CANARY, "canary7h3q", "Harbour Freight north", "jonas@north", "of north"];

const EXTEND: &str = "extend `examples()` (and, for a new kind of thing, `Rows::create`) in tests/it/sweep_examples.rs";

/// A place in a request where an id goes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Position {
    Path(usize),
    Query(String),
    Body(String),
}

fn names_an_id(name: &str) -> bool {
    name.ends_with("Id") || name.ends_with("Ids") || ["ids", "org", "contact"].contains(&name)
}

/// The places that the document has for ids.
fn documented(operation: &Operation) -> BTreeSet<Position> {
    let places = operation.path.matches('{').count();
    let mut positions: BTreeSet<Position> = (0..places).map(Position::Path).collect();
    for parameter in operation.said["parameters"].as_array().into_iter().flatten() {
        let name = parameter["name"].as_str().unwrap();
        if parameter["in"] == "query" && names_an_id(name) {
            positions.insert(Position::Query(name.to_owned()));
        }
    }
    for content in
        operation.said["requestBody"]["content"].as_object().into_iter().flatten().map(|(_, content)| content)
    {
        fields(&content["schema"], "", &mut positions);
    }
    positions
}

fn fields(schema: &Value, at: &str, positions: &mut BTreeSet<Position>) {
    let schema = resolved(schema);
    for (name, field) in fields_of(schema).0 {
        let path = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
        if names_an_id(&name) {
            positions.insert(Position::Body(path.clone()));
        }
        fields(&field, &path, positions);
    }
    for choice in ["oneOf", "anyOf"].iter().filter_map(|either| schema[*either].as_array()).flatten() {
        fields(choice, at, positions);
    }
    if schema["items"].is_object() {
        fields(&schema["items"], at, positions);
    }
}

/// A request, ready to be sent by anybody.
#[derive(Clone)]
struct Shot {
    name: String,
    method: Method,
    path: String,
    body: Option<Value>,
    is_form: bool,
}

impl Shot {
    async fn by(&self, client: &Client) -> Answer {
        let request = client.request(self.method.clone(), &self.path);
        Answer::of(match &self.body {
            None => request,
            Some(body) if self.is_form => {
                let fields = body.as_object().unwrap().iter();
                request.multipart(fields.fold(Form::new(), |form, (name, value)| {
                    let text = value.as_str().unwrap().to_owned();
                    if name == "file" {
                        form.part("file", Part::text(text).file_name("swept.txt"))
                    } else {
                        form.text(name.clone(), text)
                    }
                }))
            }
            Some(body) => request.json(body),
        })
        .await
    }
}

/// The places of an example's ids in a body: path of the field and the thing whose own id is there.
fn places(body: &Value, own: &Rows, at: &str) -> Vec<(String, &'static str)> {
    match body {
        Value::String(text) => {
            let thing = own.0.iter().find(|(_, id)| *id == text);
            thing.map(|(thing, _)| (at.to_owned(), *thing)).into_iter().collect()
        }
        Value::Array(items) => items.iter().flat_map(|item| places(item, own, at)).collect(),
        Value::Object(map) => {
            let path = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
            map.iter().flat_map(|(name, value)| places(value, own, &path(name))).collect()
        }
        _ => Vec::new(),
    }
}

fn replaced(body: &Value, at: &str, from: &str, to: &str) -> Value {
    match body {
        Value::String(text) if at.is_empty() && text == from => json!(to),
        Value::Array(items) => items.iter().map(|item| replaced(item, at, from, to)).collect(),
        Value::Object(map) => {
            let (head, rest) = at.split_once('.').unwrap_or((at, ""));
            map.iter()
                .map(|(name, value)| {
                    (name.clone(), if name == head { replaced(value, rest, from, to) } else { value.clone() })
                })
                .collect()
        }
        other => other.clone(),
    }
}

impl Example {
    fn method_and_path(&self) -> (Method, &'static str) {
        let (method, path) = self.operation.split_once(' ').unwrap();
        (method.parse().unwrap(), path)
    }

    /// The address with the ids of the path, one of them perhaps from elsewhere.
    fn address(&self, own: &Rows, other: &Rows, foreign: Option<usize>) -> String {
        let (_, path) = self.method_and_path();
        let mut things = self.path.iter().enumerate();
        let segments = path.split('/').map(|segment| {
            if !segment.starts_with('{') {
                return segment.to_owned();
            }
            let (index, thing) = things
                .next()
                .unwrap_or_else(|| panic!("{}: a place of the path has no thing; {EXTEND}", self.operation));
            if foreign == Some(index) { other[thing].clone() } else { own[thing].clone() }
        });
        segments.collect::<Vec<_>>().join("/")
    }

    fn shot(&self, name: &str, path: String, body: Option<Value>) -> Shot {
        Shot {
            name: format!("{} {name}", self.operation),
            method: self.method_and_path().0,
            path,
            body,
            is_form: self.is_form,
        }
    }

    /// Valid requests with own rows only.
    fn own(&self, own: &Rows) -> Vec<Shot> {
        let path = self.address(own, own, None);
        if self.bodies.is_empty() {
            return vec![self.shot("own", path, None)];
        }
        self.bodies.iter().map(|body| self.shot("own", path.clone(), Some(body(own)))).collect()
    }

    /// Requests with one foreign row each.
    fn foreign(&self, own: &Rows, other: &Rows) -> Vec<(Position, Shot)> {
        let body = self.bodies.first().map(|body| body(own));
        let mut shots = Vec::new();
        for index in 0..self.path.len() {
            let path = self.address(own, other, Some(index));
            shots.push((Position::Path(index), self.shot(&format!("path {index}"), path, body.clone())));
        }
        let path = self.address(own, own, None);
        for (name, thing) in &self.queries {
            let path = format!("{path}?{name}={}", other[thing]);
            let name = name.rsplit('&').next().unwrap_or(name);
            shots.push((Position::Query(name.to_owned()), self.shot(name, path, body.clone())));
        }
        for body in self.bodies.iter().map(|body| body(own)) {
            for (at, thing) in places(&body, own, "") {
                let foreign = replaced(&body, &at, &own[thing], &other[thing]);
                shots.push((Position::Body(at.clone()), self.shot(&at, path.clone(), Some(foreign))));
            }
        }
        shots
    }
}

/// What must not be in any answer: texts and ids of the other workspace.
struct Secrets(Vec<String>);

impl Secrets {
    #[track_caller]
    fn expect_none_in(&self, name: &str, text: &str) {
        for secret in &self.0 {
            assert!(!text.contains(secret), "{name} shows {secret}: {text}");
        }
    }
}

/// What an answer says. One about many rows names each as it was asked for, which tells nothing.
fn without_echo(position: &Position, answer: &Answer) -> String {
    let mut body = answer.body.clone();
    match (position, body["results"].as_array_mut()) {
        (Position::Body(field), Some(results)) if field == "ids" => {
            results.iter_mut().for_each(|one| one["id"] = Value::Null);
            body.to_string()
        }
        _ => answer.text.clone(),
    }
}

/// A field without the places in lists: `a.b` of `a[0].b`.
fn without_places(field: &str) -> String {
    let parts = field.split('[').map(|part| part.split_once(']').map_or(part, |(_, rest)| rest));
    parts.collect()
}

#[track_caller]
fn expect_unknown(name: &str, position: &Position, answer: &Answer) {
    let told = |field: &str| {
        let errors = answer.body["errors"].as_array().into_iter().flatten();
        errors.into_iter().any(|error| without_places(error["field"].as_str().unwrap()).starts_with(field))
    };
    let fits = match position {
        Position::Path(_) => answer.status == 404,
        Position::Query(field) => {
            answer.status == 404
                || (answer.status == 422 && told(field))
                || (answer.status == 200 && answer.body["items"] == json!([]))
                || (answer.status == 200
                    && answer.header("content-type").starts_with("text/csv")
                    && answer.text.lines().count() == 1)
        }
        // Of many rows each has an outcome of its own.
        Position::Body(field) if field == "ids" && answer.status == 200 => {
            let results = answer.body["results"].as_array().unwrap();
            results.len() == 1 && results[0]["ok"] == false && results[0]["code"] == "not_found"
        }
        Position::Body(field) => answer.status == 404 || (answer.status == 422 && told(field)),
    };
    assert!(fits, "{name}: another workspace's row must be unknown, but: {} {}", answer.status, answer.text);
}

/// The example of each operation; fails when one is missing, too much, or has not every place of an id.
fn covered(own: &Rows, other: &Rows) -> Vec<Example> {
    let examples = examples();
    let mut missing = Vec::new();
    for operation in operations() {
        let name = format!("{} {}", operation.method, operation.path);
        let Some(example) = examples.iter().find(|example| example.operation == name) else {
            missing.push(format!("{name} has no example"));
            continue;
        };
        let shot: BTreeSet<Position> = example.foreign(own, other).into_iter().map(|(position, _)| position).collect();
        for position in documented(&operation).difference(&shot) {
            let is_none = matches!(position, Position::Body(name) | Position::Query(name) if example.no_ids.contains(&name.as_str()));
            if !is_none {
                missing.push(format!("{name}: nothing is tried at {position:?}"));
            }
        }
    }
    assert!(missing.is_empty(), "the sweep does not cover everything; {EXTEND}:\n  {}", missing.join("\n  "));
    let known: Vec<String> = operations().iter().map(|one| format!("{} {}", one.method, one.path)).collect();
    for example in &examples {
        assert!(
            known.iter().any(|name| name == example.operation),
            "{} is no operation any more: take it out of examples()",
            example.operation
        );
    }
    examples
}

#[expect(clippy::print_stdout, reason = "the figures of the sweep, for whoever asks for a test's output")]
async fn nobody_sees_anothers_data(engine: Engine) {
    let world = World::new(engine).await;
    let (north, south) = (world.admin().await, world.foreigner().await);
    let other = Rows::create(&world, &north, "north", CANARY).await;
    let own = Rows::create(&world, &south, "south", "Harmless9").await;
    let examples = covered(&own, &other);
    let secrets = Secrets(CANARIES.iter().map(|word| (*word).to_owned()).chain(other.0.values().cloned()).collect());
    let callers = [
        (Least::Admin, south.clone()),
        (Least::Agent, world.sign_in("agent@south.test").await),
        (Least::Viewer, world.sign_in("viewer@south.test").await),
    ];
    let mut socket = Socket::listening(&world, &south, &["tickets", "calls", "metrics"]).await;

    let mut shots = 0;
    for example in examples.iter().filter(|example| example.least != Least::Socket) {
        for (role, client) in &callers {
            for (position, shot) in example.foreign(&own, &other) {
                let answer = shot.by(client).await;
                let name = format!("{} by a foreign {role:?}", shot.name);
                secrets.expect_none_in(&name, &without_echo(&position, &answer));
                if *role < example.least {
                    assert_eq!(answer.status, 403, "{name}: {}", answer.text);
                } else {
                    expect_unknown(&name, &position, &answer);
                }
                shots += 1;
            }
            if *role < example.least {
                for shot in example.own(&own) {
                    assert_eq!(shot.by(client).await.status, 403, "{} by an own {role:?}", shot.name);
                    shots += 1;
                }
            }
        }
    }

    // Whoever has no token, a wrong one, or one that is over.
    let ended = world.sign_in("viewer@south.test").await;
    ended.post("/api/auth/logout", json!({})).await;
    let nobody = [
        ("no token", world.stranger()),
        ("garbage", world.stranger().with_token(Some("garbage"))),
        ("an ended session", ended),
    ];
    for example in examples.iter().filter(|example| example.least != Least::Public) {
        for (what, client) in &nobody {
            for shot in example.own(&other).into_iter().chain(example.own(&own)) {
                let answer = shot.by(client).await;
                assert_eq!(answer.status, 401, "{} with {what}: {}", shot.name, answer.text);
                secrets.expect_none_in(&shot.name, &answer.text);
                shots += 1;
            }
        }
    }

    // The control: with own rows the very same requests succeed, so that the refusals above were for the right reason.
    let is_delete = |example: &&Example| example.operation.starts_with("DELETE");
    let (last, first): (Vec<_>, Vec<_>) = examples
        .iter()
        .filter(|example| example.least != Least::Socket && example.operation != "POST /api/auth/logout")
        .partition(is_delete);
    for example in first.into_iter().chain(last) {
        let client = &callers.iter().rev().find(|(role, _)| *role >= example.least).unwrap().1;
        for shot in example.own(&own) {
            let answer = shot.by(client).await;
            let fits = !example.succeeds || answer.status < 400 || answer.status == 409;
            assert!(fits, "{} is not a valid example: {} {}; {EXTEND}", shot.name, answer.status, answer.text);
            // Only the carrier signs what it asks.
            let is_carrier = example.operation.contains(" /twilio/");
            assert_eq!(answer.status == 403, is_carrier, "{} by the least role: {}", shot.name, answer.status);
            secrets.expect_none_in(&shot.name, &answer.text);
            shots += 1;
        }
    }

    // The socket heard of all that, and of what happens elsewhere meanwhile it hears nothing.
    let answer = socket.subscribe_to_unknown(&format!("tickets:{}", other["ticket"])).await;
    assert_eq!(answer, json!({"type": "error", "code": "unknown_topic"}));
    let path = format!("/api/tickets/{}/messages", other["ticket"]);
    north.post(&path, json!({"body": CANARY})).await.expect(201);
    south.ticket("The last one", "x").await;
    for frame in socket.heard("ticket.created").await {
        secrets.expect_none_in("the socket", &frame.to_string());
    }

    // A token that is over opens nothing.
    world.clock.forward(16 * MINUTE);
    for example in examples.iter().filter(|example| example.least != Least::Public) {
        for shot in example.own(&own) {
            assert_eq!(shot.by(&callers[0].1).await.status, 401, "{} with an expired token", shot.name);
            shots += 1;
        }
    }
    println!("{} operations, {shots} requests, nothing seen", examples.len());
    world.stop().await;
}
