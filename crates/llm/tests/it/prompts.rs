//! The rendered prompts, as snapshots: whoever changes a prompt sees in the review what a model will read.

use patchcord_domain::copilot::Kind;
use patchcord_domain::snapshot::Snapshot;
use patchcord_domain::transcript::turns;
use patchcord_llm::{Prompts, strict_schema};

use super::{redactor, source, task, ticket};

#[test]
fn rendered() {
    for kind in Kind::ALL {
        let mut snapshot = match kind {
            Kind::Summarize => Snapshot {
                messages: turns("Caller: my VPN drops, I am ana@example.com\nAgent: I opened a ticket."),
                ..Snapshot::default()
            },
            _ => ticket("VPN drops every hour", "The VPN drops. Write to ana@example.com about it."),
        };
        if matches!(kind, Kind::NextSteps | Kind::DraftReply | Kind::Chat) {
            snapshot.sources.push(source("art-1", "The VPN drops", "Renew the certificate.", 0.5));
        }
        let task = redactor().task(task(*kind, snapshot));
        let schema = strict_schema(*kind);
        let prompt = Prompts::embedded().render(&task, Some(&schema)).unwrap();
        assert!(!prompt.user.contains("ana@example.com"));
        insta::assert_snapshot!(kind.as_str(), format!("{}\n=== user ===\n{}", prompt.system, prompt.user));
    }
}
