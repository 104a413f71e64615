//! Where callers are passed on to, by many ways of saying it.

use super::tests::{Desk, play};

const SAID: &[(&str, &str)] = &[
    ("email_agent", "my inbox is empty although people say they wrote to me"),
    ("email_agent", "Outlook asks for credentials every five minutes"),
    ("email_agent", "messages I send come back undelivered"),
    ("email_agent", "I can't open the attachment somebody mailed me"),
    ("email_agent", "the shared calendar doesn't show my appointments"),
    ("email_agent", "our newsletter lands in everybody's spam"),
    ("email_agent", "Ich bekomme seit gestern keine Mails mehr"),
    ("email_agent", "Outlook fragt ständig nach der Anmeldung"),
    ("email_agent", "der Anhang lässt sich nicht öffnen, den mir jemand gemailt hat"),
    ("computer_agent", "my notebook takes twenty minutes to start"),
    ("computer_agent", "there's a blue screen with some stop code"),
    ("computer_agent", "Excel closes itself whenever I save"),
    ("computer_agent", "the second monitor stays black"),
    ("computer_agent", "my keyboard types the wrong letters"),
    ("computer_agent", "the PC won't turn on after the update"),
    ("computer_agent", "the desktop is terribly slow since Monday"),
    ("computer_agent", "Mein Laptop fährt nicht mehr hoch"),
    ("computer_agent", "Der Bildschirm flackert die ganze Zeit"),
    ("computer_agent", "das Programm für die Buchhaltung stürzt ab"),
    ("network_agent", "I cannot get online at all"),
    ("network_agent", "the wireless keeps dropping in the meeting room, wifi is gone"),
    ("network_agent", "VPN says authentication timed out"),
    ("network_agent", "the S drive has disappeared, the network drive I mean"),
    ("network_agent", "no web pages load on any computer in the office, internet is down"),
    ("network_agent", "Wir haben kein Internet im ganzen Haus"),
    ("network_agent", "Ich komme von zu Hause nicht ins VPN"),
    ("network_agent", "das Netzlaufwerk ist verschwunden"),
    ("printer_agent", "the label printer in the warehouse prints half a label"),
    ("printer_agent", "scans no longer arrive in the folder"),
    ("printer_agent", "there is paper stuck somewhere in the copier"),
    ("printer_agent", "everything comes out of the printer with grey stripes"),
    ("printer_agent", "we're out of toner"),
    ("printer_agent", "Der Drucker zieht kein Papier ein"),
    ("printer_agent", "Beim Scannen kommt immer eine Fehlermeldung"),
    ("printer_agent", "Der Toner ist leer"),
    ("phone_agent", "my extension doesn't ring when people call"),
    ("phone_agent", "the headset crackles during calls"),
    ("phone_agent", "I can't get at my voicemail"),
    ("phone_agent", "calls get cut off after a minute on the desk phone"),
    ("phone_agent", "my company smartphone has no data"),
    ("phone_agent", "Mein Headset knackt beim Telefonieren"),
    ("phone_agent", "Die Rufumleitung funktioniert nicht"),
    ("phone_agent", "Das Diensthandy hat kein Guthaben und keine Daten mehr"),
    ("security_agent", "I think I fell for a phishing message"),
    ("security_agent", "someone phoned and is now controlling my computer"),
    ("security_agent", "my account is locked after too many attempts"),
    ("security_agent", "I lost my work phone on the train"),
    ("security_agent", "there's a ransom note on my screen"),
    ("security_agent", "my antivirus found a trojan"),
    ("security_agent", "the boss wrote that I should buy gift cards, that's suspicious"),
    ("security_agent", "Ich habe auf einen komischen Link geklickt"),
    ("security_agent", "Mein Konto ist gesperrt"),
    ("security_agent", "Mir wurde der Laptop gestohlen"),
    ("device_agent", "until when is there warranty on my laptop"),
    ("device_agent", "which devices are registered for me"),
    ("device_agent", "Wie lange hat mein Rechner noch Garantie"),
    ("device_agent", "Welche Geräte haben wir bei Ihnen"),
    ("ticket_agent", "I want to know how my ticket is doing"),
    ("ticket_agent", "any news on ticket 42"),
    ("ticket_agent", "I'm calling about TKT-0042"),
    ("ticket_agent", "Wie ist der Stand bei meinem Ticket"),
    ("ticket_agent", "Ich möchte mein Ticket schließen"),
    ("lookup_agent", "what did I call about last week, what was my last call"),
    ("lookup_agent", "who is our contact person on record"),
    ("lookup_agent", "Wer ist unser Ansprechpartner bei Ihnen"),
    ("servicedesk_agent", "I'd like to order two new chairs"),
    ("servicedesk_agent", "your last invoice is wrong"),
    ("servicedesk_agent", "a new colleague starts on the first and needs everything"),
    ("servicedesk_agent", "I want to complain about the service"),
    ("servicedesk_agent", "Wir brauchen drei zusätzliche Lizenzen"),
    ("servicedesk_agent", "Mit der letzten Rechnung stimmt etwas nicht"),
];

#[test]
fn fields_are_found() {
    let mut missed = Vec::new();
    for (agent, line) in SAID {
        let call = play(Desk::new(), &["4821", line]);
        let at = call.agents.last().cloned().unwrap_or_default();
        if at != *agent {
            missed.push(format!("{line} -> {at}, not {agent}"));
        }
    }
    assert!(missed.len() * 20 <= SAID.len(), "{} of {}:\n{}", missed.len(), SAID.len(), missed.join("\n"));
}
