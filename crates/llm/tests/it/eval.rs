//! The evaluation: the built-in model reaches its goals on the compiled-in cases, answers that look at no ticket do not.

use patchcord_domain::copilot::Outcome;
use patchcord_llm::builtin::{Builtin, Playbooks};
use patchcord_llm::eval::{self, Answers, Case, Goals, Half, Report};

use super::redactor;

async fn asked(cases: &[Case]) -> Vec<Answers> {
    eval::ask(&Builtin::new(Playbooks::embedded()), &redactor(), cases).await
}

fn scored(cases: &[Case], answers: &[Answers]) -> Report {
    let playbooks = Playbooks::embedded();
    eval::score(cases, answers, &playbooks.texts())
}

/// Names of the goals that were missed.
fn missed(report: &Report) -> Vec<&'static str> {
    let verdicts = report.verdicts(&Goals::default());
    verdicts.into_iter().filter(|verdict| !verdict.reached).map(|verdict| verdict.name).collect()
}

#[tokio::test]
async fn the_built_in_model_reaches_its_goals_on_both_halves() {
    let cases = eval::embedded(&redactor());
    for half in [Half::Development, Half::HeldOut] {
        let cases: Vec<Case> = cases.iter().filter(|case| case.half() == half).cloned().collect();
        let report = scored(&cases, &asked(&cases).await);
        // The cases of the held-out half stay unread: only the figures are shown.
        let worst = if half == Half::Development { 100 } else { 0 };
        let table = eval::table(&format!("{half:?}"), &report, &Goals::default(), worst);
        println!("{table}\n");
        assert!(report.passes(&Goals::default()), "{table}");
    }
}

#[tokio::test]
async fn answers_that_look_at_no_ticket_fail() {
    let cases = eval::embedded(&redactor());
    let report = scored(&cases, &eval::constant(&cases));
    assert!(!report.passes(&Goals::default()));
    let constant = missed(&report);
    for name in ["category", "priority, exact", "URGENT found", "sentiment", "facts that had to be said"] {
        assert!(constant.contains(&name), "{name} is reached by a constant answer: {constant:?}");
    }

    let report = scored(&cases, &eval::shuffled(asked(&cases).await));
    assert!(!report.passes(&Goals::default()));
    let shuffled = missed(&report);
    for name in [
        "category",
        "priority, exact",
        "URGENT found",
        "sentiment",
        "answers that fit their schema",
        "facts that had to be said",
        "texts with something from nowhere",
    ] {
        assert!(shuffled.contains(&name), "{name} is reached by shuffled answers: {shuffled:?}");
    }
}

#[tokio::test]
async fn a_single_invented_fact_misses_the_goal() {
    let cases = eval::embedded(&redactor());
    let cases = &cases[..4];
    let honest = asked(cases).await;
    for (invented, expect) in [
        ("\nWe look at it on Saturday, 31 December.", "date from nowhere: december"),
        ("\nYour contact is Bartholomew Quux.", "name from nowhere: Quux"),
        ("\nIt will be fixed.", "promise from nowhere: will be fixed"),
        ("\nWrite to quux@desk.example.", "address from nowhere: quux@desk.example."),
    ] {
        let mut answers = honest.clone();
        let Ok(Outcome::DraftReply(draft)) = &mut answers[0].outcomes[2] else { panic!("not a draft") };
        draft.reply.push_str(invented);
        let report = scored(cases, &answers);
        assert!(!report.passes(&Goals::default()), "{invented}");
        let lines: Vec<&String> =
            report.wrong.iter().filter(|w| w.key == cases[0].key).flat_map(|w| &w.lines).collect();
        assert!(lines.iter().any(|line| line.contains(expect)), "{invented}: {lines:?}");
    }
}

#[tokio::test]
async fn no_case_is_no_success() {
    assert!(!scored(&[], &[]).passes(&Goals::default()));
}
