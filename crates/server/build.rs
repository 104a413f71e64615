//! The page is built by npm; without it the server still builds, and says how to build the page.

use std::path::Path;

fn main() {
    let folder = Path::new("../../web/dist");
    println!("cargo:rerun-if-changed=../../web/dist");
    if !folder.join("index.html").exists() {
        std::fs::create_dir_all(folder).expect("web/dist can be made");
        let page = "<!doctype html><title>Patchcord</title><p>The page is not built. Run <code>make build</code>.</p>";
        std::fs::write(folder.join("index.html"), page).expect("web/dist can be written");
    }
}
