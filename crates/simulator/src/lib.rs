//! Patchcord simulator.
