//! Next steps and replies: a playbook and the best sources, filled with the ticket's own facts.

use patchcord_domain::copilot::{Sentiment, Tone, Urgency};
use patchcord_domain::snapshot::{Snapshot, Source, SourceKind};
use patchcord_domain::text::fold;

use super::fit;
use super::playbooks::{Playbook, Playbooks};
use super::reading::{Reading, Sentence, Text, says};
use super::sentences::{bare_subject, words};
use super::triage::{self, Triage};

/// Sources below this are not worth citing.
const GOOD: f32 = 0.3;

/// The steps of a playbook that the conversation does not already tell of.
pub(super) fn steps_left(playbook: &Playbook, reading: &Reading<'_>) -> Vec<String> {
    let done: Vec<_> = reading
        .messages()
        .flat_map(|(_, text)| text.sentences())
        .filter(|sentence| sentence.says(DONE))
        .map(Sentence::words)
        .collect();
    let left = playbook.steps.iter().filter(|step| {
        let step = words(&fold(step));
        !done.iter().any(|done| step.intersection(done).count() * 10 >= step.len() * 6)
    });
    left.cloned().collect()
}

/// Words that tell of something done.
const DONE: &[&str] = &[
    "tried",
    "already",
    "have done",
    "i did",
    "we did",
    "checked",
    "restarted",
    "reinstalled",
    "replaced",
    "swapped",
    "cleared",
];

/// Steps for the engineer, and what they come from.
pub(super) fn next_steps(playbooks: &Playbooks, reading: &Reading<'_>) -> (Vec<String>, Vec<String>) {
    let snapshot = reading.snapshot;
    let triage = triage::triage(playbooks, reading);
    let playbook = playbooks.best(reading, Some(&triage.category));
    let mut steps = Vec::new();
    let mut citations = Vec::new();
    if is_thanks(&triage, playbook) {
        steps.push("Pass the thanks on to the colleague who helped.".to_owned());
        steps.push("Close the ticket if nothing else was asked.".to_owned());
        return (steps, citations);
    }
    if triage.urgency == Urgency::Critical {
        steps.push("Tell the lead on duty and telephone the customer; this reads as a major incident.".to_owned());
    }
    if let Some(source) = best_source(snapshot, SourceKind::Ticket) {
        steps.push(format!("Compare with {}, which was resolved and is similar.", fit(&source.title, 120, "")));
        citations.push(source.id.clone());
    }
    if let Some(source) = best_source(snapshot, SourceKind::Article) {
        steps.push(format!("Follow the article “{}”.", fit(&source.title, 140, "")));
        citations.push(source.id.clone());
    }
    match playbook {
        Some(playbook) => steps.extend(steps_left(playbook, reading)),
        None if triage.urgency == Urgency::Low => steps.extend(REQUEST_STEPS.map(str::to_owned)),
        None => steps.extend(general_steps(snapshot)),
    }
    steps.truncate(5);
    (steps, citations)
}

/// What to do about a request that no playbook knows.
const REQUEST_STEPS: [&str; 3] = [
    "Check whether the request is complete, and who must approve it.",
    "Do it, or plan it with a date.",
    "Tell the customer what was done.",
];

/// Whether a ticket says thanks and nothing else.
fn is_thanks(triage: &Triage, playbook: Option<&Playbook>) -> bool {
    triage.category == "general"
        && triage.urgency == Urgency::Low
        && triage.sentiment == Sentiment::Positive
        && playbook.is_none()
}

fn general_steps(snapshot: &Snapshot) -> Vec<String> {
    let mut steps = vec![
        "Ask what exactly happens, since when, and what was tried already.".to_owned(),
        "Find out whether one person or several are affected.".to_owned(),
        "Try to reproduce it, and note the exact message.".to_owned(),
    ];
    if let Some(device) = &snapshot.device {
        steps.push(format!(
            "Check the state of {} and what changed on it recently.",
            fit(&device.name, 80, "the device")
        ));
    }
    steps
}

fn best_source(snapshot: &Snapshot, kind: SourceKind) -> Option<&Source> {
    let good = snapshot.sources.iter().filter(|source| source.kind == kind && source.score >= GOOD);
    good.max_by(|a, b| a.score.total_cmp(&b.score))
}

/// A reply to the customer, and what it comes from. Nothing of internal notes, no promise, no name but the contact's own.
pub(super) fn reply(playbooks: &Playbooks, reading: &Reading<'_>, tone: Tone) -> (String, Vec<String>) {
    let snapshot = reading.snapshot;
    let triage = triage::triage(playbooks, reading);
    let playbook = playbooks.best(reading, Some(&triage.category));
    let urgency = triage.urgency;
    let mut manner = Manner::of(tone);
    let mut parts = vec![greeting(snapshot, tone)];
    if is_thanks(&triage, playbook) {
        parts.push("Thank you for your kind words; it is good to hear that you are content.".to_owned());
        parts.push(manner.farewell.to_owned());
        return (parts.join("\n\n"), Vec::new());
    }
    if urgency == Urgency::Low {
        // Who asks for something has reported nothing and is in no trouble.
        manner.thanks = manner.thanks_for_a_request;
        manner.before_steps = manner.before_notes;
        manner.before_questions = manner.before_details;
    }
    parts.push(opening(snapshot, &manner));
    let mut citations = Vec::new();
    if let Some(solved) = solved_words(snapshot) {
        parts.push(solved.to_owned());
    } else {
        match playbook {
            Some(playbook) => {
                let steps: Vec<&String> = playbook.customer.iter().take(manner.steps).collect();
                if !steps.is_empty() {
                    parts.push(format!("{}\n{}", manner.before_steps, list(&steps)));
                }
                let questions: Vec<&String> = playbook.questions.iter().take(manner.questions).collect();
                parts.push(format!("{}\n{}", manner.before_questions, list(&questions)));
            }
            None if urgency == Urgency::Low => parts.push(format!(
                "{}\n- By when do you need it?\n- Is there anything else that we should know about it?",
                manner.before_questions
            )),
            None => parts.push(format!(
                "{}\n- What exactly happens, and is there a message?\n- Since when, and did anything change then?",
                manner.before_questions
            )),
        }
        if let Some(article) = best_source(snapshot, SourceKind::Article)
            && tone != Tone::Concise
        {
            parts.push(format!("{} “{}”.", manner.before_article, fit(&article.title, 140, "")));
            citations.push(article.id.clone());
        }
    }
    if !manner.closing.is_empty() {
        parts.push(manner.closing.to_owned());
    }
    parts.push(manner.farewell.to_owned());
    (parts.join("\n\n"), citations)
}

struct Manner {
    thanks: &'static str,
    thanks_for_a_request: &'static str,
    before_notes: &'static str,
    before_details: &'static str,
    before_steps: &'static str,
    before_questions: &'static str,
    before_article: &'static str,
    closing: &'static str,
    farewell: &'static str,
    steps: usize,
    questions: usize,
}

impl Manner {
    fn of(tone: Tone) -> Self {
        match tone {
            Tone::Professional => Self {
                thanks: "Thank you for reporting this.",
                thanks_for_a_request: "Thank you for your message.",
                before_notes: "Please note:",
                before_details: "So that we can take care of it, please tell us:",
                before_steps: "While we look into it, please try the following:",
                before_questions: "To help us find the cause, please tell us:",
                before_article: "You may also find this article helpful:",
                closing: "Please reply to this message with what you find.",
                farewell: "Kind regards",
                steps: 3,
                questions: 3,
            },
            Tone::Friendly => Self {
                thanks: "Thanks a lot for getting in touch!",
                thanks_for_a_request: "Thanks a lot for getting in touch!",
                before_notes: "Good to know:",
                before_details: "It would help us to know:",
                before_steps: "Here is what you could try in the meantime:",
                before_questions: "It would help us a lot to know:",
                before_article: "There is also a handy article on this:",
                closing: "Just reply here, we are happy to help.",
                farewell: "Best wishes",
                steps: 3,
                questions: 2,
            },
            Tone::Concise => Self {
                thanks: "Thanks for the report.",
                thanks_for_a_request: "Thanks for your message.",
                before_notes: "Please note:",
                before_details: "Please tell us:",
                before_steps: "Please try:",
                before_questions: "Please tell us:",
                before_article: "",
                closing: "",
                farewell: "Regards",
                steps: 2,
                questions: 1,
            },
            Tone::Empathetic => Self {
                thanks: "I am sorry for the trouble this is causing you, and I understand how much it gets in the way of your work.",
                thanks_for_a_request: "Thank you for writing to us; we are glad to help with this.",
                before_notes: "This may be good to know:",
                before_details: "If you can spare a moment, please tell us:",
                before_steps: "So that you can go on as soon as possible, please try this first:",
                before_questions: "If you can spare a moment, the following would help us to get to the bottom of it:",
                before_article: "This article may ease things for you meanwhile:",
                closing: "We are on it with you. Please reply here if anything is unclear or gets worse.",
                farewell: "Warm regards",
                steps: 3,
                questions: 2,
            },
            Tone::Formal => Self {
                thanks: "We acknowledge receipt of your message and thank you for bringing this matter to our attention.",
                thanks_for_a_request: "We acknowledge receipt of your request and thank you for it.",
                before_notes: "Please note the following:",
                before_details: "In order to attend to it, we require the following information:",
                before_steps: "We kindly ask you to carry out the following steps:",
                before_questions: "In order to investigate further, we require the following information:",
                before_article: "We would also like to refer you to the following article:",
                closing: "We thank you in advance for your cooperation.",
                farewell: "Yours sincerely",
                steps: 3,
                questions: 3,
            },
        }
    }
}

fn greeting(snapshot: &Snapshot, tone: Tone) -> String {
    let name = snapshot.contact.as_deref().map(str::trim).filter(|name| !name.is_empty() && !name.contains('['));
    let first = name.and_then(|name| name.split_whitespace().next()).map(|first| fit(first, 60, ""));
    let full = name.map(|name| fit(name, 100, ""));
    match (tone, first, full) {
        (Tone::Formal, _, Some(full)) => format!("Dear {full},"),
        (Tone::Formal, ..) => "Dear Sir or Madam,".to_owned(),
        (Tone::Professional, Some(first), _) => format!("Hello {first},"),
        (Tone::Professional, None, _) => "Hello,".to_owned(),
        (_, Some(first), _) => format!("Hi {first},"),
        _ => "Hi,".to_owned(),
    }
}

fn opening(snapshot: &Snapshot, manner: &Manner) -> String {
    let own = Text::new(bare_subject(&snapshot.subject));
    let about = own.own.trim();
    if about.is_empty() || about.contains('[') {
        return format!("{} It is ticket {} with us.", manner.thanks, snapshot.number);
    }
    format!("{} We have your message about “{}” as ticket {}.", manner.thanks, fit(about, 160, ""), snapshot.number)
}

/// What to say when the customer's last word is that it works.
fn solved_words(snapshot: &Snapshot) -> Option<&'static str> {
    let last = snapshot.messages.iter().rfind(|message| !message.is_internal && message.author == "CUSTOMER")?;
    let folded = fold(&last.body);
    let works = [
        "works now",
        "working now",
        "works again",
        "working again",
        "is fixed",
        "fixed now",
        "problem solved",
        "all good now",
        "you can close",
        "please close",
        "fermer le ticket",
        "tout est parfait",
        "funktioniert wieder",
        "ticket schließen",
        "ya funciona",
        "cerrar el ticket",
    ];
    let solved = says(&folded, &works)
        && !says(&folded, &["but", "still", "except"])
        && !format!(" {folded}").contains(" not working");
    solved.then_some("Good to hear that it works. If it comes back, please reply here and the ticket opens again.")
}

fn list(items: &[&String]) -> String {
    items.iter().map(|item| format!("- {item}")).collect::<Vec<_>>().join("\n")
}
