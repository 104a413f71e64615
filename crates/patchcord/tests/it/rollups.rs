//! Figures that are kept are those of a plain count, whatever happened, in whichever time zone.

use patchcord_domain::days::Zone;
use patchcord_domain::id::{WorkspaceId, new_id};
use patchcord_domain::time::{DAY, HOUR, MINUTE, from_rfc3339, to_rfc3339};
use patchcord_store::StoreError;
use patchcord_store::metrics;
use patchcord_store::rows::UsageLog;
use serde_json::json;

use crate::harness::{self, Client, Engine, Random, World, both_engines, change, number, texts};
use crate::rollups_naive::{Base, Kept, kept};

both_engines!(
    figures_are_those_of_a_plain_count,
    another_time_zone_gives_other_days,
    a_lost_figure_is_found_by_counting_again,
    jobs_count_what_is_marked_and_tell_listeners,
    two_who_count_at_once_agree,
);

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let sides = from.len() as u64;
        &from[self.roll(sides) as usize]
    }
}

/// A desk, somebody who works there with a token that does not end, and what there is so far.
struct Story<'w> {
    world: &'w World,
    client: Client,
    dice: Dice,
    tickets: Vec<String>,
    suggestions: Vec<String>,
    agents: Vec<String>,
}

impl<'w> Story<'w> {
    async fn new(world: &'w World, seed: u64) -> Self {
        let admin = world.admin().await;
        let token = admin.post("/api/tokens", json!({"name": "story"})).await.expect(201);
        for (priority, minutes) in [("MEDIUM", 30), ("HIGH", 300)] {
            let policy =
                json!({"priority": priority, "firstResponseMinutes": minutes, "resolutionMinutes": 2 * minutes});
            admin.post("/api/sla-policies", policy).await.expect(201);
        }
        let agents = admin.get("/api/support-agents").await.expect(200);
        let agents = agents["items"].as_array().unwrap().iter().map(|agent| agent["id"].as_str().unwrap().to_owned());
        Self {
            world,
            client: admin.with_token(token["token"].as_str()),
            dice: Dice(seed),
            tickets: Vec::new(),
            suggestions: Vec::new(),
            agents: agents.collect(),
        }
    }

    fn workspace(&self) -> &'w WorkspaceId {
        &self.world.town.north.workspace
    }

    fn ticket(&mut self) -> String {
        self.dice.pick(&self.tickets.clone()).clone()
    }

    async fn open(&mut self) {
        let priority = *self.dice.pick(&["LOW", "MEDIUM", "HIGH", "URGENT"]);
        let mut body =
            json!({"subject": "It is broken", "message": "I am very angry, it fails again!", "priority": priority});
        if self.dice.roll(2) == 0 {
            body["contactId"] = json!(self.world.town.north.contact);
        }
        let ticket = self.client.post("/api/tickets", body).await.expect(201);
        self.tickets.push(ticket["id"].as_str().unwrap().to_owned());
    }

    /// Something happens; what is not allowed just now is refused, and nothing happened.
    async fn happen(&mut self) {
        let ticket = self.ticket();
        let path = format!("/api/tickets/{ticket}");
        match self.dice.roll(14) {
            0 | 1 => self.open().await,
            2 => drop(self.client.post(&format!("{path}/messages"), json!({"body": "We look into it."})).await),
            3 => {
                let body = json!({"body": "Thanks.", "authorType": "CUSTOMER"});
                drop(self.client.post(&format!("{path}/messages"), body).await);
            }
            4 => drop(
                self.client.post(&format!("{path}/messages"), json!({"body": "A note.", "isInternal": true})).await,
            ),
            5..=7 => {
                let to = *self.dice.pick(&["RESOLVED", "CLOSED", "OPEN", "IN_PROGRESS", "WAITING_ON_CUSTOMER"]);
                drop(self.client.patch(&format!("{path}/status"), json!({"status": to})).await);
            }
            8 => {
                let into = self.ticket();
                drop(self.client.post(&format!("{path}/merge"), json!({"intoTicketId": into})).await);
            }
            9 => {
                let body = match self.dice.roll(4) {
                    0 => json!({}),
                    _ => json!({"supportAgentId": self.dice.pick(&self.agents)}),
                };
                drop(self.client.post(&format!("{path}/assign"), body).await);
            }
            10 => {
                let action = *self.dice.pick(&["analyze", "suggest"]);
                let asked = self.client.post(&format!("/api/copilot/v1/{action}"), json!({"ticketId": ticket})).await;
                // A merged ticket takes none.
                self.suggestions.extend(asked.body["data"]["suggestionId"].as_str().map(str::to_owned));
                self.world.app.work_once().await.unwrap();
            }
            11 => self.judge().await,
            12 => self.breach(&ticket).await,
            _ => self.spend().await,
        }
    }

    async fn judge(&mut self) {
        if self.suggestions.is_empty() {
            return;
        }
        let id = self.dice.pick(&self.suggestions.clone()).clone();
        let verdict = *self.dice.pick(&["accepted", "edited", "rejected"]);
        let body = json!({"verdict": verdict, "finalText": "x"});
        drop(self.client.post(&format!("/api/copilot/v1/feedback/{id}"), body).await);
    }

    /// As the clocks of service levels do.
    async fn breach(&mut self, ticket: &str) {
        let now = self.world.app.clock.now();
        let set = match self.dice.roll(4) {
            0 => format!("sla_breached_at = {}", now - 7 * MINUTE),
            1 => "sla_breached_at = NULL".to_owned(),
            _ => format!("resolution_due_at = {now}"),
        };
        change(&self.world.store, &format!("UPDATE tickets SET {set} WHERE id = '{ticket}'")).await;
    }

    async fn spend(&mut self) {
        let workspace = self.workspace().clone();
        let log = UsageLog {
            workspace_id: String::new(),
            id: new_id(&Random),
            call_id: None,
            suggestion_id: None,
            provider: "openai".into(),
            model: (*self.dice.pick(&["small", "large"])).into(),
            purpose: (*self.dice.pick(&["analysis", "chat"])).into(),
            input_tokens: self.dice.roll(900) as i64,
            cached_input_tokens: self.dice.roll(90) as i64,
            output_tokens: self.dice.roll(90) as i64,
            audio_input_tokens: 0,
            audio_output_tokens: 0,
            cost_usd: self.dice.roll(5_000) as i64,
            latency_ms: 5,
            error: (self.dice.roll(5) == 0).then(|| "timeout".into()),
            created_at: self.world.app.clock.now(),
        };
        let added: Result<(), StoreError> =
            self.world.store.write(move |tx| Box::pin(async move { tx.tenant(&workspace).add(log).await })).await;
        added.unwrap();
    }

    /// Time passes: minutes mostly, at times most of a day, and once in a while the clock is put back.
    fn wait(&mut self) {
        let by = match self.dice.roll(12) {
            0 => -(self.dice.roll(90) as i64) * MINUTE,
            1 | 2 => self.dice.roll(20) as i64 * HOUR,
            _ => self.dice.roll(95) as i64 * MINUTE + self.dice.roll(60_000) as i64,
        };
        self.world.clock.forward(by);
    }

    async fn expect(&self, zone: Zone, what: &str) -> (Base, Kept) {
        let base = Base::read(&self.world.store, self.workspace()).await;
        let (found, expected) = (kept(&self.world.store, self.workspace()).await, base.count(zone));
        assert_eq!(found.hours, expected.hours, "{what}");
        assert_eq!(found.days, expected.days, "{what}");
        assert_eq!(found.agents, expected.agents, "{what}");
        assert_eq!(found.usage, expected.usage, "{what}");
        assert_eq!(found.customers, expected.customers, "{what}");
        (base, found)
    }
}

async fn desk(engine: Engine) -> World {
    let world = World::with(engine, harness::Setup { worker: false, ..Default::default() }).await;
    world.clock.stand_still();
    world
}

async fn figures_are_those_of_a_plain_count(engine: Engine) {
    let world = desk(engine).await;
    let mut story = Story::new(&world, 7).await;
    for (seed, zone, from) in [
        (1, "UTC", "2026-12-01T00:00:00Z"),
        (2, "Europe/Berlin", "2027-03-27T20:00:00Z"),
        (3, "Australia/Lord_Howe", "2027-04-03T08:00:00Z"),
        (4, "Asia/Kolkata", "2027-05-01T17:00:00Z"),
        (5, "Australia/Lord_Howe", "2027-10-02T06:00:00Z"),
        (6, "America/New_York", "2027-11-06T22:00:00Z"),
    ] {
        // The token was made earlier; people's sessions would be over.
        let patch = json!({"timezone": zone});
        world.clock.forward(from_rfc3339(from).unwrap() - world.app.clock.now());
        story.client.patch("/api/workspace", patch).await.expect(200);
        story.dice = Dice(seed);
        story.open().await;
        for step in 0..70 {
            story.happen().await;
            story.wait();
            if story.dice.roll(9) == 0 {
                world.app.roll_up(story.workspace()).await.unwrap();
                story.expect(Zone::named(zone), &format!("{zone}, step {step}")).await;
            }
        }
        world.app.roll_up(story.workspace()).await.unwrap();
        let zone = Zone::named(zone);
        let (base, _) = story.expect(zone, zone.name()).await;

        // Spans that begin and end anywhere.
        let (now, tenant) = (world.app.clock.now(), world.store.tenant(story.workspace()));
        for _ in 0..20 {
            let from = now - story.dice.roll(6 * DAY as u64) as i64;
            let to = from + story.dice.roll(3 * DAY as u64) as i64;
            let what = format!("{} {}", to_rfc3339(from), to_rfc3339(to));
            assert_eq!(metrics::desk(tenant, from, to).await.unwrap(), base.within(from..to), "{what}");
            let agents = metrics::agents(tenant, from, to).await.unwrap();
            assert_eq!(agents, base.agents_within(from..to), "{what}");
        }
    }
    let resolved = number(&world.store, "SELECT CAST(SUM(tickets_resolved) AS BIGINT) FROM hourly_metrics").await;
    let judged = "SELECT CAST(SUM(suggestions_accepted + suggestions_edited) AS BIGINT) FROM hourly_metrics";
    assert!(resolved > 5 && number(&world.store, judged).await > 2, "the stories are too dull");
}

async fn another_time_zone_gives_other_days(engine: Engine) {
    let world = desk(engine).await;
    let mut story = Story::new(&world, 11).await;
    story.open().await;
    for _ in 0..40 {
        story.happen().await;
        story.wait();
    }
    world.app.roll_up(story.workspace()).await.unwrap();
    let (_, before) = story.expect(Zone::named("UTC"), "UTC").await;
    story.client.patch("/api/workspace", json!({"timezone": "Asia/Kathmandu"})).await.expect(200);
    // The change itself is what begins the job.
    assert_eq!(world.app.begin_roll_ups().await.unwrap(), 1);
    while world.app.work_once().await.unwrap() > 0 {}
    let (_, after) = story.expect(Zone::named("Asia/Kathmandu"), "Kathmandu").await;
    assert_ne!(before.days, after.days);
    assert_eq!(before.hours, after.hours);
}

async fn a_lost_figure_is_found_by_counting_again(engine: Engine) {
    let world = desk(engine).await;
    let mut story = Story::new(&world, 13).await;
    story.open().await;
    for _ in 0..40 {
        story.happen().await;
        story.wait();
    }
    world.app.roll_up(story.workspace()).await.unwrap();
    let (_, right) = story.expect(Zone::named("UTC"), "at first").await;
    let again = world.app.rebuild_metrics("north", None, None, |_, _| {}).await.unwrap();
    assert_eq!(again.corrected, 0);
    story.expect(Zone::named("UTC"), "counted again").await;
    for sql in [
        "UPDATE hourly_metrics SET tickets_created = tickets_created + 1",
        "DELETE FROM agent_hourly_metrics",
        "DELETE FROM customer_metrics",
        "DELETE FROM daily_metrics",
        "INSERT INTO usage_hourly_metrics SELECT workspace_id, bucket_start, 'p', 'm', 'q', 1, 1, 1, 1, 1, 1 FROM hourly_metrics",
    ] {
        change(&world.store, sql).await;
    }
    let mut heard = Vec::new();
    let rebuilt = world.app.rebuild_metrics("north", None, None, |done, of| heard.push((done, of))).await.unwrap();
    assert!(rebuilt.corrected > 0 && rebuilt.hours > 24, "{rebuilt:?}");
    assert_eq!(heard.last(), Some(&(rebuilt.hours, rebuilt.hours)));
    let (_, found) = story.expect(Zone::named("UTC"), "rebuilt").await;
    assert_eq!(found, right);
    // A part of it, and a workspace that is not there.
    let from = world.app.clock.now() - DAY;
    let part = world.app.rebuild_metrics("north", Some(from), None, |_, _| {}).await.unwrap();
    assert!(part.hours <= 25 && part.corrected == 0, "{part:?}");
    assert!(world.app.rebuild_metrics("nowhere", None, None, |_, _| {}).await.is_err());
    let empty = world.app.rebuild_metrics("south", None, None, |_, _| {}).await.unwrap();
    assert_eq!((empty.hours, empty.corrected), (0, 0));
}

async fn jobs_count_what_is_marked_and_tell_listeners(engine: Engine) {
    let world = desk(engine).await;
    assert_eq!(world.app.begin_roll_ups().await.unwrap(), 0, "an idle desk has nothing to count");
    let agent = world.agent().await;
    agent.ticket("One", "m").await;
    let jobs = "SELECT kind || ' ' || state FROM jobs ORDER BY kind, id";
    assert_eq!(world.app.begin_roll_ups().await.unwrap(), 1);
    assert_eq!(world.app.begin_roll_ups().await.unwrap(), 0, "one job at a time");
    assert_eq!(texts(&world.store, jobs).await, ["roll_up READY"]);
    while world.app.work_once().await.unwrap() > 0 {}
    assert_eq!(texts(&world.store, jobs).await, ["roll_up DONE"]);
    assert_eq!(number(&world.store, "SELECT COUNT(*) FROM hour_marks").await, 0);
    assert_eq!(number(&world.store, "SELECT CAST(SUM(tickets_created) AS BIGINT) FROM hourly_metrics").await, 1);
    let ticks = "SELECT COUNT(*) FROM events WHERE type = 'metrics.tick' AND topic = 'metrics'";
    assert_eq!(number(&world.store, ticks).await, 1);

    // The same five seconds bring no other job; a change that changes no figure brings a job, but no tick.
    agent.ticket("Two", "m").await;
    assert_eq!(world.app.begin_roll_ups().await.unwrap(), 0);
    world.clock.forward(5_000);
    assert_eq!(world.app.begin_roll_ups().await.unwrap(), 1);
    while world.app.work_once().await.unwrap() > 0 {}
    assert_eq!(number(&world.store, ticks).await, 2);
    change(
        &world.store,
        "INSERT INTO hour_marks (workspace_id, hour) SELECT id, 5 FROM workspaces WHERE slug = 'north'",
    )
    .await;
    world.clock.forward(5_000);
    assert_eq!(world.app.begin_roll_ups().await.unwrap(), 1);
    while world.app.work_once().await.unwrap() > 0 {}
    assert_eq!(number(&world.store, ticks).await, 2);
    assert_eq!(number(&world.store, "SELECT COUNT(*) FROM jobs").await, 1);

    // What is another workspace's stays there.
    world.foreigner().await.ticket("Foreign", "f").await;
    world.clock.forward(5_000);
    assert_eq!(world.app.begin_roll_ups().await.unwrap(), 1);
    while world.app.work_once().await.unwrap() > 0 {}
    let by = "SELECT CAST(SUM(tickets_created) AS TEXT) FROM hourly_metrics GROUP BY workspace_id ORDER BY 1";
    assert_eq!(texts(&world.store, by).await, ["1", "2"]);
}

async fn two_who_count_at_once_agree(engine: Engine) {
    let world = desk(engine).await;
    let other = world.second().await;
    let mut story = Story::new(&world, 17).await;
    story.open().await;
    let workspace = story.workspace().clone();
    for round in 0..12 {
        let counting = async {
            for _ in 0..6 {
                let both = tokio::join!(world.app.roll_up(&workspace), other.roll_up(&workspace));
                both.0.and(both.1).unwrap();
            }
        };
        let happening = async {
            for _ in 0..6 {
                story.happen().await;
            }
        };
        tokio::join!(counting, happening);
        story.wait();
        world.app.roll_up(&workspace).await.unwrap();
        story.expect(Zone::named("UTC"), &format!("round {round}")).await;
    }
}
