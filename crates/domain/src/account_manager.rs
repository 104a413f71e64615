//! Account managers: who owns the relation to an organization. Their fields follow the rules of contacts.

/// Longest name, in characters.
pub const NAME_MAX: usize = 200;
