//! The chain that makes a ticket's audit trail tamper-evident.
//!
//! Each event carries `mac = HMAC-SHA-256(key, "event" ‖ ticket ‖ seq ‖ event ‖ mac before)`; the ticket keeps how many
//! there are and `head = HMAC-SHA-256(key, "head" ‖ ticket ‖ length ‖ last mac)`, so that a cut tail shows too. Every part
//! is preceded by its length: no two different events give the same bytes.

use aws_lc_rs::hmac;

/// The key of the audit chain. It is made for this purpose only and used for nothing else.
#[derive(Clone)]
pub struct AuditKey(hmac::Key);

/// The parts of an event that the chain protects.
#[derive(Debug, Clone, Copy)]
pub struct Sealed<'a> {
    /// Id of the ticket.
    pub ticket_id: &'a str,
    /// Place in the ticket's trail, 1 for the first.
    pub seq: i64,
    /// Id of the event.
    pub id: &'a str,
    /// Kind, as stored.
    pub kind: &'a str,
    /// Type of the actor, as stored.
    pub actor_type: &'a str,
    /// Id of the actor, empty when there is none.
    pub actor_id: &'a str,
    /// The payload as canonical JSON (keys in order, no white space).
    pub payload: &'a str,
    /// When it happened, in unix milliseconds.
    pub at: i64,
}

impl AuditKey {
    /// Takes 32 or more secret bytes.
    pub fn new(secret: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// The mac of an event, given the mac of the event before (empty for the first), as 64 hexadecimal digits.
    pub fn mac(&self, event: &Sealed<'_>, before: &str) -> String {
        let seq = event.seq.to_string();
        let at = event.at.to_string();
        self.sign(&[
            "event",
            event.ticket_id,
            &seq,
            event.id,
            event.kind,
            event.actor_type,
            event.actor_id,
            event.payload,
            &at,
            before,
        ])
    }

    /// What the ticket keeps about its trail, as 64 hexadecimal digits.
    pub fn head(&self, ticket_id: &str, length: i64, last_mac: &str) -> String {
        self.sign(&["head", ticket_id, &length.to_string(), last_mac])
    }

    fn sign(&self, parts: &[&str]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        hex(context.sign().as_ref())
    }
}

/// Lower-case hexadecimal digits of the bytes.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_counts() {
        let key = AuditKey::new(&[7; 32]);
        let event = Sealed {
            ticket_id: "t",
            seq: 1,
            id: "e",
            kind: "K",
            actor_type: "USER",
            actor_id: "u",
            payload: "{}",
            at: 5,
        };
        let mac = key.mac(&event, "");
        let changed = [
            key.mac(&Sealed { ticket_id: "x", ..event }, ""),
            key.mac(&Sealed { seq: 2, ..event }, ""),
            key.mac(&Sealed { id: "x", ..event }, ""),
            key.mac(&Sealed { kind: "x", ..event }, ""),
            key.mac(&Sealed { actor_type: "x", ..event }, ""),
            key.mac(&Sealed { actor_id: "x", ..event }, ""),
            key.mac(&Sealed { payload: "[]", ..event }, ""),
            key.mac(&Sealed { at: 6, ..event }, ""),
            key.mac(&Sealed { kind: "KU", actor_type: "SER", ..event }, ""),
            key.mac(&event, "before"),
            AuditKey::new(&[8; 32]).mac(&event, ""),
        ];
        assert_eq!(mac.len(), 64);
        assert!(changed.iter().all(|other| *other != mac));
        assert_ne!(key.head("t", 1, &mac), key.head("t", 2, &mac));
    }
}
