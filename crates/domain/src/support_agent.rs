//! Who works tickets: their kinds, the keys of the voice agents, and how much they take.

/// The keys of the eleven voice agents.
pub const AGENT_KEYS: [&str; 11] = [
    "triage_agent",
    "email_agent",
    "computer_agent",
    "network_agent",
    "printer_agent",
    "phone_agent",
    "security_agent",
    "device_agent",
    "lookup_agent",
    "ticket_agent",
    "servicedesk_agent",
];

/// Longest name, in characters.
pub const NAME_MAX: usize = 80;
/// Longest specialty of a person, in characters.
pub const SPECIALTY_MAX: usize = 80;
/// Most open tickets that anybody can be set to.
pub const MAX_OPEN_TICKETS_MAX: i64 = 1_000;

/// Person or voice agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentKind {
    /// One of the voice agents.
    Bot,
    /// A person.
    Human,
}

impl AgentKind {
    /// Every value, for messages.
    pub const ALLOWED: &'static str = "BOT, HUMAN";

    /// As it is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            AgentKind::Bot => "BOT",
            AgentKind::Human => "HUMAN",
        }
    }

    /// Reads it in any case.
    pub fn parse(text: &str) -> Option<Self> {
        [AgentKind::Bot, AgentKind::Human].into_iter().find(|kind| kind.as_str().eq_ignore_ascii_case(text))
    }
}

/// One of the voice agents' keys, as it is written.
pub fn agent_key(text: &str) -> Option<&'static str> {
    AGENT_KEYS.into_iter().find(|key| *key == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_keys() {
        assert_eq!(AgentKind::parse("human"), Some(AgentKind::Human));
        assert_eq!(AgentKind::parse("robot"), None);
        assert_eq!(agent_key("network_agent"), Some("network_agent"));
        assert_eq!(agent_key("Network_Agent"), None);
    }
}
