//! Features of the page never import each other: what two of them need is in `components`, `api`, `live` or `lib`.

use super::{Fault, File};

const FEATURES: &str = "web/src/features/";

pub(super) fn check(file: &File) -> Vec<Fault> {
    let Some((own, _)) = file.path.strip_prefix(FEATURES).and_then(|rest| rest.split_once('/')) else {
        return Vec::new();
    };
    let mut faults = Vec::new();
    for (line, text) in file.text.lines().enumerate() {
        for other in quoted(text).filter_map(|specifier| feature(&file.path, specifier)) {
            if other != own {
                let message = format!(
                    "feature `{own}` imports feature `{other}`: move what both need to web/src/components, api, live or lib"
                );
                faults.push(Fault::new(&file.path, line + 1, message));
            }
        }
    }
    faults
}

/// The texts between quotes of a line.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    ['"', '\'', '`'].into_iter().flat_map(move |quote| line.split(quote).skip(1).step_by(2))
}

/// The feature that an import in the file at `path` leads into.
fn feature(path: &str, specifier: &str) -> Option<String> {
    let target = match specifier.split_once('/')? {
        ("." | "..", _) => {
            let mut parts: Vec<&str> = path.split('/').collect();
            parts.pop();
            for part in specifier.split('/') {
                match part {
                    "." => {}
                    ".." => drop(parts.pop()),
                    part => parts.push(part),
                }
            }
            parts.join("/")
        }
        ("@" | "~" | "src" | "", rest) => format!("web/src/{}", rest.strip_prefix("src/").unwrap_or(rest)),
        _ => return None,
    };
    let rest = target.strip_prefix(FEATURES)?;
    Some(rest.split('/').next().unwrap_or(rest).to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::*;

    #[test]
    fn imports() {
        for (line, faulty) in [
            ("import { Panel } from \"../copilot/panel\";", true),
            ("import { Panel } from '../copilot';", true),
            ("const panel = await import(`../../features/copilot/panel`);", true),
            ("import { Panel } from \"@/features/copilot/panel\";", true),
            ("import { Panel } from \"~/features/copilot/panel\";", true),
            ("import { Panel } from \"/src/features/copilot/panel\";", true),
            ("import \"../copilot/panel.css\";", true),
            ("import { Row } from \"./row\";", false),
            ("import { Row } from \"../tickets/row\";", false),
            ("import { Dot } from \"../../components/dot\";", false),
            ("import { useQuery } from \"@tanstack/react-query\";", false),
            ("const words = \"in/out\";", false),
        ] {
            let faults = check(&file("web/src/features/tickets/list.tsx", &format!("// A list.\n{line}\n")));
            assert_eq!(
                faults.iter().map(|fault| fault.line).collect::<Vec<_>>(),
                if faulty { vec![2] } else { vec![] },
                "{line}"
            );
        }
        assert_eq!(check(&file("web/src/routes/ticket.tsx", "import \"../features/copilot/panel\";")), []);
    }
}
