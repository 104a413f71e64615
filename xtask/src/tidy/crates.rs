//! Who may use whom among the crates, and which crate keeps a large dependency to itself.

use toml::de::{DeTable, DeValue};

use super::{Fault, File};

/// A crate and what it may use of the others. The picture is in ARCHITECTURE.md.
struct Layer {
    folder: &'static str,
    uses: &'static [&'static str],
    /// In its tests, besides.
    tests_use: &'static [&'static str],
}

const LAYERS: [Layer; 10] = [
    Layer { folder: "memory", uses: &[], tests_use: &[] },
    Layer { folder: "domain", uses: &[], tests_use: &[] },
    Layer { folder: "store", uses: &["domain"], tests_use: &[] },
    Layer { folder: "llm", uses: &["domain"], tests_use: &["simulator"] },
    Layer { folder: "agents", uses: &["domain", "llm"], tests_use: &["simulator"] },
    Layer { folder: "voice", uses: &["domain", "llm", "agents"], tests_use: &["simulator"] },
    Layer { folder: "app", uses: &["domain", "store", "llm", "agents"], tests_use: &[] },
    Layer { folder: "server", uses: &["domain", "app", "agents", "voice"], tests_use: &[] },
    Layer { folder: "simulator", uses: &["domain", "llm", "agents"], tests_use: &[] },
    Layer {
        folder: "patchcord",
        uses: &["domain", "memory", "store", "llm", "agents", "voice", "app", "server", "simulator"],
        tests_use: &[],
    },
];

/// Dependencies, by how their names begin, and who alone has them. Tests may use what they like.
const KEPT: [(&str, &[&str]); 15] = [
    ("sea-orm", &["store"]),
    ("sea-query", &["store"]),
    ("sqlx", &["store"]),
    ("reqwest", &["llm", "app", "voice"]),
    ("async-openai", &["llm"]),
    ("minijinja", &["llm", "agents"]),
    ("object_store", &["app"]),
    ("axum", &["server", "simulator"]),
    ("utoipa", &["server"]),
    ("rust-embed", &["server"]),
    ("tower-http", &["server"]),
    ("clap", &["patchcord"]),
    ("tracing-subscriber", &["patchcord"]),
    ("tracing-opentelemetry", &["patchcord"]),
    ("opentelemetry", &["patchcord"]),
];

pub(super) fn check(file: &File) -> Vec<Fault> {
    let Some(own) = file.path.strip_prefix("crates/").and_then(|rest| rest.strip_suffix("/Cargo.toml")) else {
        return Vec::new();
    };
    let Some(layer) = LAYERS.iter().find(|layer| layer.folder == own) else {
        let message = format!("crate `{own}` has no layer: say in xtask/src/tidy/crates.rs what it may use");
        return vec![Fault::new(&file.path, 1, message)];
    };
    let manifest = match DeTable::parse(&file.text) {
        Ok(manifest) => manifest.into_inner(),
        Err(error) => return vec![Fault::new(&file.path, 1, format!("this is not TOML: {}", error.message()))],
    };
    let mut faults = Vec::new();
    for (name, place, tests_only) in dependencies(&manifest) {
        let line = file.text[..place].matches('\n').count() + 1;
        if let Some(message) = judge(layer, &name, tests_only) {
            faults.push(Fault::new(&file.path, line, message));
        }
    }
    faults.sort_by_key(|fault| fault.line);
    faults
}

fn judge(layer: &Layer, name: &str, tests_only: bool) -> Option<String> {
    let own = layer.folder;
    if let Some(other) = LAYERS.iter().map(|layer| layer.folder).find(|folder| package(folder) == name) {
        let allowed = layer.uses.contains(&other) || (tests_only && (layer.tests_use.contains(&other) || other == own));
        return (!allowed).then(|| {
            let uses = if layer.uses.is_empty() { "no other crate".to_owned() } else { layer.uses.join(", ") };
            format!("`{own}` may use {uses}, not `{other}`: pass a trait or a channel down instead")
        });
    }
    let same = |a: &str, b: &str| a.replace('_', "-").starts_with(&b.replace('_', "-"));
    let (kept, keepers) = KEPT.iter().find(|(kept, _)| !tests_only && same(name, kept))?;
    (!keepers.contains(&own))
        .then(|| format!("`{kept}` stays inside {}: call what that crate offers", keepers.join(" and ")))
}

fn package(folder: &str) -> String {
    if folder == "patchcord" { folder.to_owned() } else { format!("patchcord-{folder}") }
}

/// Every dependency as its package's name, its place in the file, and whether only tests have it. Tables of a target count
/// as well.
fn dependencies(manifest: &DeTable<'_>) -> Vec<(String, usize, bool)> {
    let mut all = Vec::new();
    let targets = manifest.get("target").and_then(|value| value.get_ref().as_table());
    let targets =
        targets.into_iter().flat_map(|targets| targets.values()).filter_map(|value| value.get_ref().as_table());
    for table in std::iter::once(manifest).chain(targets) {
        for (section, tests_only) in
            [("dependencies", false), ("build-dependencies", false), ("dev-dependencies", true)]
        {
            let Some(entries) = table.get(section).and_then(|value| value.get_ref().as_table()) else { continue };
            for (key, value) in entries {
                let renamed =
                    value.get_ref().as_table().and_then(|table| table.get("package")).map(|name| name.get_ref());
                let name = renamed.and_then(DeValue::as_str).unwrap_or(key.get_ref());
                all.push((name.to_owned(), key.span().start, tests_only));
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::*;

    fn found(folder: &str, manifest: &str) -> Vec<String> {
        check(&file(&format!("crates/{folder}/Cargo.toml"), manifest)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn edges() {
        for (folder, manifest, line) in [
            ("app", "[dependencies]\npatchcord-store.workspace = true\n", None),
            ("domain", "[dependencies]\nserde = \"1\"\npatchcord-store.workspace = true\n", Some(3)),
            ("store", "[dependencies]\npatchcord-app.workspace = true\n", Some(2)),
            ("server", "[dependencies]\n\npatchcord-store = { path = \"../store\" }\n", Some(3)),
            ("server", "[dependencies]\nquiet = { path = \"../store\", package = \"patchcord-store\" }\n", Some(2)),
            ("app", "[dependencies.patchcord-server]\npath = \"../server\"\n", Some(1)),
            ("app", "[target.'cfg(unix)'.dependencies]\npatchcord-server = \"0\"\n", Some(2)),
            ("app", "[build-dependencies]\npatchcord-server = \"0\"\n", Some(2)),
            ("llm", "[dev-dependencies]\npatchcord-simulator.workspace = true\n", None),
            ("llm", "[dependencies]\npatchcord-simulator.workspace = true\n", Some(2)),
            ("app", "[dev-dependencies]\npatchcord-simulator.workspace = true\n", Some(2)),
            ("patchcord", "[dev-dependencies]\npatchcord-simulator.workspace = true\n", None),
        ] {
            let faults = found(folder, manifest);
            assert_eq!(faults.len(), usize::from(line.is_some()), "{folder} {manifest} {faults:?}");
            if let Some(line) = line {
                assert!(faults[0].starts_with(&format!("crates/{folder}/Cargo.toml:{line}: ")), "{faults:?}");
            }
        }
    }

    #[test]
    fn kept_dependencies() {
        for (folder, dependency, faulty) in [
            ("store", "sea-orm", false),
            ("app", "sea-orm", true),
            ("app", "sqlx", true),
            ("app", "sqlx-core", true),
            ("server", "axum", false),
            ("server", "axum-extra", false),
            ("simulator", "axum", false),
            ("app", "axum", true),
            ("app", "utoipa", true),
            ("llm", "reqwest", false),
            ("app", "reqwest", false),
            ("server", "reqwest", true),
            ("app", "async-openai", true),
            ("app", "minijinja", true),
            ("patchcord", "clap", false),
            ("server", "clap", true),
            ("app", "object-store", false),
            ("server", "object_store", true),
            ("domain", "serde", false),
        ] {
            let manifest = format!("[dependencies]\n{dependency} = \"1\"\n");
            assert_eq!(found(folder, &manifest).len(), usize::from(faulty), "{folder} {dependency}");
            let manifest = format!("[dev-dependencies]\n{dependency} = \"1\"\n");
            assert_eq!(found(folder, &manifest), [""; 0], "{folder} {dependency} in tests");
        }
    }

    #[test]
    fn a_crate_without_a_layer_and_a_broken_manifest() {
        assert!(found("utils", "").concat().contains("crate `utils` has no layer"));
        assert!(found("app", "[dependencies\n").concat().contains("not TOML"));
    }
}
