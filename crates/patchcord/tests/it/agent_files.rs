//! `patchcord agents check`: the files of the repository, and files with faults.

use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{patchcord, ran};

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).unwrap();
}

#[tokio::test]
async fn the_files_of_the_repository_are_right() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../agents");
    let shown = folder.to_string_lossy();
    let here = tempfile::tempdir().unwrap();
    let (code, out, err) = ran(patchcord(here.path(), &["agents", "check", &shown])).await;
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.starts_with("11 agents, nothing wrong: computer_agent, "), "{out}");
    assert_eq!(std::fs::read_dir(here.path()).unwrap().count(), 0, "nothing is written");
}

#[tokio::test]
async fn every_fault_is_told_with_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "manners.md", "Be kind, {{ nobody }}.\n");
    write(
        folder.path(),
        "a.md",
        "---\nname: triage_agent\ndescription: Answers.\ntools: [end_call, fly]\nhandoffs: [ghost_agent]\n---\nHello.\n",
    );
    write(folder.path(), "b.md", "---\nname: b_agent\ndescription: B.\nvoice: alloy\n---\nHello.\n");
    let shown = folder.path().to_string_lossy();
    let (code, out, _) = ran(patchcord(folder.path(), &["agents", "check", &shown])).await;
    assert_eq!(code, 1, "{out}");
    for part in ["a.md:4: there is no tool fly", "manners.md:1: names nobody"] {
        assert!(out.contains(part), "{part} is not in {out}");
    }
    write(folder.path(), "a.md", &std::fs::read_to_string(folder.path().join("a.md")).unwrap().replace(", fly", ""));
    let (code, out, _) = ran(patchcord(folder.path(), &["agents", "check", &shown, "--json"])).await;
    assert_eq!(code, 1, "{out}");
    let told: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(told["agents"], json!([]));
    let faults: Vec<String> = told["faults"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| {
            let file = Path::new(fault["file"].as_str().unwrap()).file_name().unwrap().to_string_lossy().into_owned();
            format!("{file}:{} {}", fault["line"], fault["message"].as_str().unwrap())
        })
        .collect();
    for part in ["a.md:5 hands over to ghost_agent", "b.md:2 no way leads", "b.md:4 only triage_agent", "manners.md:1"]
    {
        assert!(faults.iter().any(|fault| fault.starts_with(part)), "{part} is not in {faults:?}");
    }
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_told() {
    let here = tempfile::tempdir().unwrap();
    let (code, out, _) = ran(patchcord(here.path(), &["agents", "check", "/nowhere/at/all"])).await;
    assert_eq!(code, 1);
    assert!(out.starts_with("/nowhere/at/all"), "{out}");
    assert_eq!(ran(patchcord(here.path(), &["agents", "check"])).await.0, 2, "the folder is wanted");
}
