//! Points at which a test can stop the whole process: before and after each statement. Only debug builds have them.

use std::sync::Arc;
#[cfg(debug_assertions)]
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts the statements and stops the process at the chosen point. In release builds it is empty and does nothing.
#[derive(Clone, Default)]
pub(crate) struct Faults {
    #[cfg(debug_assertions)]
    inner: Option<Arc<Inner>>,
    #[cfg(not(debug_assertions))]
    _inner: Option<Arc<()>>,
}

#[cfg(debug_assertions)]
struct Inner {
    passed: AtomicU64,
    stop_at: u64,
}

impl Faults {
    /// Stops at the `stop_at`-th point, counted from 0; `None` never stops.
    #[cfg_attr(not(debug_assertions), allow(unused_variables))]
    pub(crate) fn new(stop_at: Option<u64>) -> Self {
        #[cfg(debug_assertions)]
        return Self { inner: stop_at.map(|stop_at| Arc::new(Inner { passed: AtomicU64::new(0), stop_at })) };
        #[cfg(not(debug_assertions))]
        return Self::default();
    }

    /// Marks one point. Aborting skips every destructor and buffer, as a `kill -9` would.
    pub(crate) fn point(&self) {
        #[cfg(debug_assertions)]
        if let Some(inner) = &self.inner
            && inner.passed.fetch_add(1, Ordering::SeqCst) == inner.stop_at
        {
            std::process::abort();
        }
    }
}
