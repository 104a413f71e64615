//! Patchcord llm.
