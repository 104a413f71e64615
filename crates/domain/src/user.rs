//! People who sign in, and what their roles let them do.

use serde::{Deserialize, Serialize};

use crate::id::WorkspaceId;

/// What a user may do. The order is from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Role {
    /// Reads.
    Viewer,
    /// Also works tickets and the copilot.
    Agent,
    /// Also administers users, settings and everything else of the workspace.
    Admin,
}

impl Role {
    /// Every role, from most to least.
    pub const ALL: [Role; 3] = [Role::Admin, Role::Agent, Role::Viewer];

    /// The role as it is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Viewer => "VIEWER",
            Role::Agent => "AGENT",
            Role::Admin => "ADMIN",
        }
    }

    /// Reads a role in any case.
    pub fn parse(text: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.as_str().eq_ignore_ascii_case(text))
    }
}

/// Who acts: decided once by the server from a session or a token, then passed to every use case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The tenant whose rows the actor may see.
    pub workspace_id: WorkspaceId,
    /// The user behind the request.
    pub user_id: String,
    /// What the user may do.
    pub role: Role,
}

impl Actor {
    /// Whether the actor's role is at least the one that is needed.
    pub fn may(&self, needed: Role) -> bool {
        self.role >= needed
    }
}

/// Shortest password that is taken, in characters.
pub const PASSWORD_MIN: usize = 12;
/// Longest password that is taken, in characters: hashing must not be given megabytes.
pub const PASSWORD_MAX: usize = 200;
/// Longest email address that is taken, in characters (RFC 5321, 4.5.3.1.3).
pub const EMAIL_MAX: usize = 254;

/// Brings an email address to the form that is stored and compared: trimmed and in lower case.
pub fn normalize_email(email: &str) -> String {
    email.trim().to_lowercase()
}

/// Whether an address has the shape `local@domain.tld` and nothing that would not survive a header.
pub fn is_email(email: &str) -> bool {
    let Some((local, domain)) = email.rsplit_once('@') else { return false };
    email.len() <= EMAIL_MAX
        && !local.is_empty()
        && domain.contains('.')
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && !domain.contains("..")
        && domain.chars().all(|c| c.is_alphanumeric() || c == '.' || c == '-')
        && local.chars().all(|c| !c.is_whitespace() && !c.is_control() && !"@<>()[],;:\\\"".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_ordered_and_readable_in_any_case() {
        assert!(Role::Admin > Role::Agent && Role::Agent > Role::Viewer);
        assert_eq!(Role::parse("admin"), Some(Role::Admin));
        assert_eq!(Role::parse("owner"), None);
    }

    #[test]
    fn email_shapes() {
        for good in ["a@b.co", "first.last+tag@sub.example.test", "ü@exämple.test"] {
            assert!(is_email(good), "{good}");
        }
        for bad in ["", "a", "a@b", "@b.co", "a@.co", "a@b..co", "a b@c.de", "a@b.co\r\nBcc: x@y.z", "<a@b.co>"] {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
