//! What a process uses of its machine.

/// What was used up to a moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Use {
    /// Time of processors since the process began, in milliseconds: two busy cores use 2,000 a second.
    pub cpu_ms: i64,
    /// Memory that is held now, in bytes.
    pub memory_bytes: i64,
}

/// Reads it. The program passes the machine's figures; tests pass their own.
pub trait Gauges: Send + Sync {
    /// What was used up to now.
    fn read(&self) -> Use;
}

/// A process that tells nothing of its machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoGauges;

impl Gauges for NoGauges {
    fn read(&self) -> Use {
        Use::default()
    }
}
