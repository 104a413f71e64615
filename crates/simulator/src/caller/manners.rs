//! What anybody answers to the usual questions of a service desk, when the scenario has nothing of its own to say.

use super::ears::{matches, question};
use super::scenario::Persona;

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// These words.
    Say(String),
    /// The code, keyed in.
    Keys(String),
    /// What the caller wanted to tell anyway.
    Tell,
    /// They are asked whether that was all: what is left is told, or these words are said.
    TellOr(String),
    /// What they said last, once more.
    Again,
    /// They wait.
    Wait,
    /// The other side has said goodbye: they wait for the end.
    Goodbye,
    /// They are at a loss: these words.
    Lost(String),
}

/// What the caller says of themselves: German or English.
fn either(persona: &Persona, english: &str, german: &str) -> String {
    if persona.language.starts_with("de") { german } else { english }.to_owned()
}

/// A code as it is spoken: its digits one by one.
pub(crate) fn spoken(code: &str) -> String {
    code.chars().map(String::from).collect::<Vec<_>>().join(" ")
}

const WAITING: &str = "one moment | just a moment | let me | hold on | a second | please hold | connect you | connecting | \
    putting you through | transfer | einen moment | einen augenblick | ich verbinde | ich schaue | ich sehe | bitte warten | looking";

/// What the caller answers to what they heard.
pub(crate) fn answer(persona: &Persona, heard: &str) -> Answer {
    let asked = question(heard);
    let is_question = asked.trim_end().ends_with('?');
    let hears = |pattern: &str| matches(pattern, asked);
    let wants_code = "code | customer number | company number | kundennummer | firmennummer | nummer ihrer firma";
    if hears("still there | are you there | can you hear | noch da | hören sie mich") {
        return Answer::Say(either(persona, "Yes, I am still here.", "Ja, ich bin noch da."));
    }
    if is_question && hears("say it again | say that again | das bitte noch einmal sagen") {
        return Answer::Again;
    }
    if is_question
        && hears("is that right | is that correct | correct | did i get | ist das richtig | stimmt das | richtig")
    {
        return Answer::Say(either(persona, "Yes, that is right.", "Ja, das stimmt."));
    }
    if is_question && hears("anything else | something else | what else | sonst noch | noch etwas") {
        return Answer::TellOr(either(persona, "No, that is all, thank you.", "Nein, das ist alles, vielen Dank."));
    }
    if (is_question || hears("please | bitte")) && hears(wants_code) {
        return match persona.ue_code.as_str() {
            "" => Answer::Say(either(persona, "I do not have a code.", "Ich habe keinen Code.")),
            code if persona.keys_code && persona.no_hash => Answer::Keys(code.to_owned()),
            code if persona.keys_code => Answer::Keys(format!("{code}#")),
            code => Answer::Say(either(
                persona,
                &format!("It is {}.", spoken(code)),
                &format!("Er lautet {}.", spoken(code)),
            )),
        };
    }
    if is_question
        && hears(
            "your name | who am i speaking | speaking with | your full name | ihr name | wie heißen | mit wem spreche",
        )
    {
        return Answer::Say(either(
            persona,
            &format!("My name is {}.", persona.name),
            &format!("Mein Name ist {}.", persona.name),
        ));
    }
    if is_question
        && hears("company | organization | organisation | business | where do you work | firma | unternehmen")
    {
        return match persona.company.as_str() {
            "" => Answer::Say(either(persona, "I would rather not say.", "Das möchte ich nicht sagen.")),
            company => {
                Answer::Say(either(persona, &format!("I am with {company}."), &format!("Ich rufe von {company} an.")))
            }
        };
    }
    if is_question
        && hears(
            "which device | which computer | which printer | which laptop | which phone | which machine | device name | \
            name of the | what is it called | asset | label | sticker | welches gerät | welcher | welchen | wie heißt das gerät",
        )
    {
        return match persona.device.as_str() {
            "" => Answer::Say(either(persona, "I do not know its name.", "Den Namen kenne ich nicht.")),
            device => Answer::Say(either(persona, &format!("It is {device}."), &format!("Es ist {device}."))),
        };
    }
    if is_question
        && hears(
            "other people | others | anyone else | everyone | only you | just you | your colleagues | andere | nur sie | ihre kollegen",
        )
    {
        return Answer::Say(either(persona, "Only me, as far as I know.", "Nur mich, soweit ich weiß."));
    }
    if is_question
        && hears(
            "ticket | note it | pass it on | a colleague | call you back | call back | callback | rückruf | ein kollege | \
            would you like | shall i | should i | do you want | may i | is it okay | is that okay | soll ich | möchten sie | darf ich",
        )
    {
        return Answer::Say(either(persona, "Yes, please.", "Ja, bitte."));
    }
    if is_question && hears("which number | what number | best number | reach you | welche nummer | erreichen") {
        return Answer::Say(either(persona, "This number is fine.", "Diese Nummer ist gut."));
    }
    if is_question
        && hears(
            "does it work | is it working | did that | has that | does that | any better | solved | fixed | works now | \
            what happens | funktioniert | hat das geholfen | geht es jetzt | behoben",
        )
    {
        return Answer::Say(match persona.solved {
            true => either(persona, "Yes, it works now.", "Ja, jetzt geht es."),
            false => either(persona, "No, it is still the same.", "Nein, es ist noch genauso."),
        });
    }
    if is_question
        && hears(
            "how can i help | how may i help | what can i do | what is it about | what is the problem | \
            what is going on | what happened | tell me | describe | what seems | what is wrong | what would you like | \
            wie kann ich | was kann ich | worum geht | was ist passiert | was ist das problem | erzählen",
        )
    {
        return Answer::Tell;
    }
    if is_question && hears("since when | how long | when did | seit wann | wann") {
        return Answer::Say(either(persona, "Since this morning.", "Seit heute Morgen."));
    }
    if hears("goodbye | bye | have a nice day | have a good day | auf wiederhören | tschüss | schönen tag")
        && !is_question
    {
        return Answer::Goodbye;
    }
    if !is_question && matches(WAITING, heard) {
        return Answer::Wait;
    }
    if hears(
        "try | restart | switch | unplug | turn | press | check | open | close | click | look | pull | go to | starten | \
        versuchen | schalten | prüfen | öffnen | drücken | ziehen | schauen",
    ) {
        return Answer::Say(match persona.solved {
            true => {
                either(persona, "All right, I did that. It works now.", "Gut, das habe ich gemacht. Jetzt geht es.")
            }
            false => {
                either(persona, "I did that, but it did not help.", "Das habe ich gemacht, aber es hat nicht geholfen.")
            }
        });
    }
    if is_question {
        return Answer::Lost(either(persona, "I am not sure.", "Da bin ich nicht sicher."));
    }
    Answer::Tell
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mara() -> Persona {
        Persona {
            name: "Mara Lindqvist".into(),
            phone: "+14105550111".into(),
            company: "Halden Logistics".into(),
            ue_code: "4471".into(),
            device: "HAL-LT-014".into(),
            ..Persona::default()
        }
    }

    fn said(persona: &Persona, heard: &str) -> String {
        match answer(persona, heard) {
            Answer::Say(text) | Answer::TellOr(text) | Answer::Lost(text) => text,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn the_usual_questions() {
        let mara = mara();
        for (heard, expected) in [
            ("Welcome to Northwind IT. How can I help you today?", "Tell"),
            ("Could you tell me your company's code?", "It is 4 4 7 1."),
            ("Please say or key in your customer code.", "It is 4 4 7 1."),
            ("I heard 4, 4, 7, 1. Is that right?", "Yes, that is right."),
            ("And what is your name?", "My name is Mara Lindqvist."),
            ("Which company are you calling from?", "I am with Halden Logistics."),
            ("Which printer is it?", "It is HAL-LT-014."),
            ("Shall I open a ticket for you?", "Yes, please."),
            ("Did that help?", "No, it is still the same."),
            ("Please switch it off and on again.", "I did that, but it did not help."),
            ("Is there anything else I can do?", "No, that is all, thank you."),
            ("Can your colleagues print on it?", "Only me, as far as I know."),
            ("I did not hear what you said. Could you say it again, please?", "Again"),
            ("Are you still there?", "Yes, I am still here."),
            ("One moment, let me look that up.", "Wait"),
            ("Thank you for calling. Goodbye.", "Goodbye"),
            ("Would pigs fly?", "I am not sure."),
        ] {
            assert_eq!(said(&mara, heard), expected, "{heard}");
        }
        let keyed = Persona { keys_code: true, ..mara.clone() };
        assert_eq!(answer(&keyed, "What is your code?"), Answer::Keys("4471#".into()));
        let lena = Persona { language: "de".into(), ..mara };
        assert_eq!(said(&lena, "Wie lautet Ihre Kundennummer?"), "Er lautet 4 4 7 1.");
    }
}
