//! A second node on the database of a desk, as on another machine: its own connections, listeners and worker.

use patchcord_app::live::Live;
use patchcord_app::{App, Inner};
use patchcord_store::Store;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Setup, World, calls_of};

/// A running node. It ends when it is dropped; the database is the other's.
pub(crate) struct Node {
    pub(crate) app: App,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl World {
    /// Another node on the same database; PostgreSQL only.
    pub(crate) async fn beside(&self, setup: Setup) -> Node {
        let store = Store::connect(self.store_options.clone()).await.unwrap();
        let app = App::new(Inner {
            store,
            model: setup.model,
            options: setup.options,
            live: Live::default(),
            calls: calls_of(setup.calls, setup.carrier),
            ..Inner::clone(&self.app)
        });
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        app.start_live(&tasks, stop.clone());
        app.start_calls(&tasks, &stop);
        if setup.worker {
            app.start_worker(&tasks, stop.clone());
        }
        Node { app, stop, tasks }
    }
}

impl Node {
    /// Ends the node as the program does.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.app.store.close().await;
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
